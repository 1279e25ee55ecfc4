// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Transformer",
  products: [
    .library(name: "Transformers", type: .dynamic, targets: ["Transformers"])
  ],
  dependencies: [
    .package(path: "../Tensor"), .package(path: "../TuningCore"),
    // Of the tests alone: gradients of whole models, and steps along them.
    .package(path: "../Autodiff"), .package(path: "../FirstOrder"), .package(path: "../PEFT"),
  ],
  targets: [
    .target(
      name: "Transformers",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "TransformersTests",
      dependencies: [
        "Transformers", .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"), .product(name: "Autodiff", package: "Autodiff"),
        .product(name: "FirstOrder", package: "FirstOrder"), .product(name: "PEFT", package: "PEFT"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
