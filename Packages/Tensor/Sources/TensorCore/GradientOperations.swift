import CTensorKernels

/// Derivatives of `RowOperations`, each on the calling thread. Pointers come from one evaluator's own memory.
public enum GradientOperations {
  /// out[i] = f′(x[i]) · gradient[i]; `out` may be one of both. In a corner of f the slope is torch's.
  @inline(__always)
  public static func activation(
    _ activation: Activation, count: Int, x: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    out: UnsafeMutablePointer<Float>
  ) { zt_activation_gradient(activation.kernel, count, x, gradient, out) }

  /// With r = 1 / sqrt(mean x² + epsilon) and h = weight · gradient: dx = r h − x r³ mean(h x), and normed = x r.
  @inline(__always)
  public static func rmsNorm(
    rows: Int, columns: Int, x: UnsafePointer<Float>, weight: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    epsilon: Float, normed: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
  ) { zt_rms_norm_gradient(rows, columns, x, weight, gradient, epsilon, normed, dx) }

  /// With n = (x − mean) r, r = 1 / sqrt(variance + epsilon) and h = weight · gradient:
  /// dx = r (h − mean h − n mean(h n)), and normed = n.
  @inline(__always)
  public static func layerNorm(
    rows: Int, columns: Int, x: UnsafePointer<Float>, weight: UnsafePointer<Float>, gradient: UnsafePointer<Float>,
    epsilon: Float, normed: UnsafeMutablePointer<Float>, dx: UnsafeMutablePointer<Float>
  ) { zt_layer_norm_gradient(rows, columns, x, weight, gradient, epsilon, normed, dx) }

  /// slopes[i] ← factor · p[i] · (slopes[i] − Σ p · slopes): through a softmax with probabilities p.
  @inline(__always)
  public static func softmax(
    count: Int, factor: Float, p: UnsafePointer<Float>, slopes: UnsafeMutablePointer<Float>
  ) { zt_softmax_gradient(count, factor, p, slopes) }

  /// x[i] ← factor · exp(x[i] − shift)
  @inline(__always)
  public static func scaledExponential(count: Int, factor: Float, shift: Float, x: UnsafeMutablePointer<Float>) {
    zt_scaled_exponential(count, factor, shift, x)
  }

  /// Σ exp(x[i] − shift) · y[i]
  @inline(__always)
  public static func exponentialDot(
    count: Int, shift: Float, x: UnsafePointer<Float>, _ y: UnsafePointer<Float>
  ) -> Double { zt_exponential_dot(count, shift, x, y) }

  /// out[i] += a[i] · b[i]
  @inline(__always)
  public static func multiplyAdd(
    count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, out: UnsafeMutablePointer<Float>
  ) { zt_multiply_add(count, a, b, out) }
}
