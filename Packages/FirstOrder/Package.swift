// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "FirstOrder",
  products: [
    .library(name: "FirstOrder", type: .dynamic, targets: ["FirstOrder"])
  ],
  dependencies: [.package(path: "../Tensor"), .package(path: "../TuningCore")],
  targets: [
    .target(
      name: "FirstOrder",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "FirstOrderTests",
      dependencies: [
        "FirstOrder", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
