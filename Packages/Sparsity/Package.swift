// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Sparsity",
  products: [
    .library(name: "Sparsity", type: .dynamic, targets: ["Sparsity"])
  ],
  dependencies: [.package(path: "../Tensor"), .package(path: "../TuningCore")],
  targets: [
    .target(
      name: "Sparsity",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "SparsityTests",
      dependencies: [
        "Sparsity", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
