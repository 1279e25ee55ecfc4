// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Training",
  products: [
    .library(name: "Training", type: .dynamic, targets: ["Training"])
  ],
  dependencies: [
    .package(path: "../Tensor"),
    .package(path: "../TuningCore"),
    .package(path: "../Autodiff"),
    .package(path: "../Bundle"),
    .package(path: "../Configuration"),
    .package(path: "../Tokenizer"),
    .package(path: "../Transformer"),
    .package(path: "../Datasets"),
    .package(path: "../Eval"),
    .package(path: "../Plot"),
  ],
  targets: [
    .target(
      name: "Training",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "Autodiff", package: "Autodiff"),
        .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
        .product(name: "Tokenizers", package: "Tokenizer"),
        .product(name: "Transformers", package: "Transformer"),
        .product(name: "Datasets", package: "Datasets"),
        .product(name: "Evaluation", package: "Eval"),
        .product(name: "Plots", package: "Plot"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training",
        .product(name: "TensorCore", package: "Tensor"),
        .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
