// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmark",
  products: [
    .library(name: "Benchmarks", type: .dynamic, targets: ["Benchmarks"])
  ],
  dependencies: [
    .package(path: "../Bundle"),
    .package(path: "../Configuration"),
    .package(path: "../Eval"),
    .package(path: "../Training"),
    .package(path: "../TuningCore"),
  ],
  targets: [
    .target(
      name: "Benchmarks",
      dependencies: [
        .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
        .product(name: "Training", package: "Training"),
        .product(name: "TuningCore", package: "TuningCore"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "BenchmarksTests",
      dependencies: [
        "Benchmarks",
        .product(name: "Bundles", package: "Bundle"),
        .product(name: "Configurations", package: "Configuration"),
        .product(name: "Evaluation", package: "Eval"),
        .product(name: "Training", package: "Training"),
        .product(name: "TuningCore", package: "TuningCore"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
