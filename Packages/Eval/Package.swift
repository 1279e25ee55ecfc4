// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Eval",
  products: [
    .library(name: "Evaluation", type: .dynamic, targets: ["Evaluation"])
  ],
  dependencies: [.package(path: "../Tensor"), .package(path: "../TuningCore")],
  targets: [
    .target(
      name: "Evaluation",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "Evaluation", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
