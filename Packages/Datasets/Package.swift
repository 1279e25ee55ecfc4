// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Datasets",
  products: [
    .library(name: "Datasets", type: .dynamic, targets: ["Datasets"])
  ],
  dependencies: [
    .package(path: "../Tensor"), .package(path: "../TuningCore"), .package(path: "../Tokenizer"),
    .package(path: "../Bundle"), .package(path: "../Configuration"),
  ],
  targets: [
    .target(
      name: "Datasets",
      dependencies: [
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "Tokenizers", package: "Tokenizer"), .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "DatasetsTests",
      dependencies: [
        "Datasets",
        .product(name: "TensorCore", package: "Tensor"), .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "Tokenizers", package: "Tokenizer"), .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
