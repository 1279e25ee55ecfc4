// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Tensor",
  products: [
    .library(name: "TensorCore", type: .dynamic, targets: ["TensorCore"])
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    // Kernels are compiled optimised in every configuration: at -O0 they are a hundred times slower and tests would crawl.
    // Contraction is off because the noise contract fixes each rounding: an fma stands only where it is written.
    .target(
      name: "CTensorKernels",
      cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno", "-Werror", "-Wall"])]
    ),
    .target(
      name: "TensorCore",
      dependencies: ["CTensorKernels", "COpenBLAS"],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(name: "TensorCoreTests", dependencies: ["TensorCore"], resources: [.copy("Goldens")]),
  ],
  swiftLanguageModes: [.v6]
)
