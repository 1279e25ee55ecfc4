import CTensorKernels

/// Operations on rows of activations, each on the calling thread. Pointers come from one evaluator's own memory.
public enum RowOperations {
  /// out[r, c] = weight[c] · x[r, c] / sqrt(mean_c x[r, c]² + epsilon)
  @inline(__always)
  public static func rmsNorm(
    rows: Int, columns: Int, x: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    out: UnsafeMutablePointer<Float>
  ) { zt_rms_norm(rows, columns, x, weight, epsilon, out) }

  /// out[r, c] = (x[r, c] − mean_c) / sqrt(variance_c + epsilon) · weight[c] + bias[c]
  @inline(__always)
  public static func layerNorm(
    rows: Int, columns: Int, x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    epsilon: Float, out: UnsafeMutablePointer<Float>
  ) { zt_layer_norm(rows, columns, x, weight, bias, epsilon, out) }

  /// out[i] = f(x[i]); `out` may be `x`.
  @inline(__always)
  public static func activate(
    _ activation: Activation, count: Int, x: UnsafePointer<Float>, out: UnsafeMutablePointer<Float>
  ) { zt_activation(activation.kernel, count, x, out) }

  /// out[i] = f(gate[i]) · up[i]; `out` may be one of both.
  @inline(__always)
  public static func activate(
    _ activation: Activation, count: Int, gate: UnsafePointer<Float>, up: UnsafePointer<Float>,
    out: UnsafeMutablePointer<Float>
  ) { zt_gated_activation(activation.kernel, count, gate, up, out) }

  /// out[i] = a[i] + b[i]
  @inline(__always)
  public static func add(
    count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, out: UnsafeMutablePointer<Float>
  ) { zt_add(count, a, b, out) }

  /// out[i] = fma(scale, b[i], a[i])
  @inline(__always)
  public static func add(
    count: Int, _ a: UnsafePointer<Float>, scale: Float, _ b: UnsafePointer<Float>, out: UnsafeMutablePointer<Float>
  ) { zt_axpy_into(count, scale, b, a, out) }

  /// Adds `bias` to each of `rows` rows of `columns` elements that lie `stride` apart.
  @inline(__always)
  public static func addBias(
    rows: Int, columns: Int, stride: Int, bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>
  ) { zt_add_bias(rows, columns, stride, bias, x) }

  /// Turns (x[i], x[i + D/2]) of each head by the angle with the given cosine and sine, i < D/2.
  @inline(__always)
  public static func rotary(
    heads: Int, dimension: Int, cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>,
    x: UnsafeMutablePointer<Float>
  ) { zt_rotary(heads, dimension, cosines, sines, x) }

  /// x[i] ← exp(scale · x[i] − max(scale · x)); returns their sum. `scale` > 0.
  @inline(__always)
  public static func softmaxNumerators(count: Int, scale: Float, x: UnsafeMutablePointer<Float>) -> Float {
    zt_softmax_numerators(count, scale, x)
  }

  /// x[i] ← factor · x[i]
  @inline(__always)
  public static func scale(count: Int, by factor: Float, x: UnsafeMutablePointer<Float>) { zt_scale(count, factor, x) }

  /// The greatest element and Σ exp(x[i] − greatest).
  @inline(__always)
  public static func logSumExpParts(count: Int, x: UnsafePointer<Float>) -> (max: Float, sum: Double) {
    var max: Float = 0, sum = 0.0
    zt_log_sum_exp_parts(count, x, &max, &sum)
    return (max, sum)
  }
}
