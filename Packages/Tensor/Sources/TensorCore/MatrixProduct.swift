import COpenBLAS

/// Single-precision matrix products through OpenBLAS, each on the calling thread: threading is ours, above it.
public enum MatrixProduct {
  /// OpenBLAS would otherwise start threads of its own in every call.
  private static let singleThreaded: Void = openblas_set_num_threads(1)

  /// out[m, n] = Σ_k x[m, k] · w[n, k]: rows of `x` against rows of `w`, as a linear layer stores them.
  ///
  /// Strides count elements between rows.
  @inline(__always)
  public static func rowsByRows(
    m: Int, n: Int, k: Int, x: UnsafePointer<Float>, xStride: Int, w: UnsafePointer<Float>, wStride: Int,
    out: UnsafeMutablePointer<Float>, outStride: Int, scale: Float = 1, accumulate: Bool = false
  ) {
    _ = singleThreaded
    // A product of one row is bound by reading w; the matrix-vector routine reads it at the speed of memory.
    if m == 1 {
      cblas_sgemv(
        CblasRowMajor, CblasNoTrans, blasint(n), blasint(k), scale, w, blasint(wStride), x, 1, accumulate ? 1 : 0, out,
        1)
      return
    }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(n), blasint(k), scale, x, blasint(xStride), w,
      blasint(wStride), accumulate ? 1 : 0, out, blasint(outStride))
  }

  /// out[m, n] = Σ_k x[m, k] · w[k, n].
  @inline(__always)
  public static func rowsByColumns(
    m: Int, n: Int, k: Int, x: UnsafePointer<Float>, xStride: Int, w: UnsafePointer<Float>, wStride: Int,
    out: UnsafeMutablePointer<Float>, outStride: Int, accumulate: Bool = false
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, x, blasint(xStride), w,
      blasint(wStride), accumulate ? 1 : 0, out, blasint(outStride))
  }

  /// out[m, n] = Σ_k x[k, m] · w[k, n]: the gradient of a linear layer's weight from rows of slopes and of inputs.
  @inline(__always)
  public static func columnsByColumns(
    m: Int, n: Int, k: Int, x: UnsafePointer<Float>, xStride: Int, w: UnsafePointer<Float>, wStride: Int,
    out: UnsafeMutablePointer<Float>, outStride: Int, accumulate: Bool = false
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, x, blasint(xStride), w,
      blasint(wStride), accumulate ? 1 : 0, out, blasint(outStride))
  }
}
