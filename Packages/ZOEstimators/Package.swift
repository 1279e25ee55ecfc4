// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ZOEstimators",
  products: [
    .library(name: "ZOEstimators", type: .dynamic, targets: ["ZOEstimators"])
  ],
  dependencies: [.package(path: "../Tensor"), .package(path: "../TuningCore")],
  targets: [
    .target(
      name: "ZOEstimators",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "ZOEstimatorsTests",
      dependencies: [
        "ZOEstimators", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
