import CTensorKernels

/// Which kernels are in use: AVX2 + FMA + F16C where the processor has them, portable ones elsewhere.
public enum KernelPath {
  /// `avx2` or `portable`.
  public static var name: String { zt_uses_avx2() != 0 ? "avx2" : "portable" }
  public static var processorHasAVX2: Bool { zt_has_avx2() != 0 }
  /// Uses the portable kernels everywhere, as a processor without AVX2 would. Process-wide; for tests and comparisons.
  public static func forcePortable(_ portable: Bool) { zt_force_portable(portable ? 1 : 0) }
}
