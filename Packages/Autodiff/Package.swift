// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Autodiff",
  products: [
    .library(name: "Autodiff", type: .dynamic, targets: ["Autodiff"])
  ],
  dependencies: [.package(path: "../Tensor"), .package(path: "../TuningCore")],
  targets: [
    .target(
      name: "Autodiff",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "AutodiffTests",
      dependencies: [
        "Autodiff", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
