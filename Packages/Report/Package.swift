// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Report",
  products: [
    .library(name: "Reports", type: .dynamic, targets: ["Reports"])
  ],
  dependencies: [
    .package(path: "../Tensor"), .package(path: "../TuningCore"), .package(path: "../Bundle"),
    .package(path: "../Eval"), .package(path: "../Plot"), .package(path: "../Training"),
  ],
  targets: [
    .target(
      name: "Reports",
      dependencies: [
        .product(name: "Bundles", package: "Bundle"), .product(name: "Evaluation", package: "Eval"),
        .product(name: "Plots", package: "Plot"), .product(name: "Training", package: "Training"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Reports", .product(name: "Training", package: "Training"), .product(name: "Plots", package: "Plot"),
        .product(name: "Evaluation", package: "Eval"), .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "TensorCore", package: "Tensor"),
      ],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
