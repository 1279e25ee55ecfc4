// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "TuningCore",
  products: [
    .library(name: "TuningCore", type: .dynamic, targets: ["TuningCore", "CZerothPlugin"])
  ],
  dependencies: [.package(path: "../Tensor")],
  targets: [
    .target(name: "CZerothPlugin"),
    .target(
      name: "TuningCore",
      dependencies: ["CZerothPlugin", .product(name: "TensorCore", package: "Tensor")],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "TuningCoreTests",
      dependencies: ["TuningCore", .product(name: "TensorCore", package: "Tensor")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
