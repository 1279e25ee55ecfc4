// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Configuration",
  products: [
    .library(name: "Configurations", type: .dynamic, targets: ["Configurations"])
  ],
  dependencies: [
    .package(path: "../TuningCore"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(
      name: "Configurations",
      dependencies: [
        .product(name: "TuningCore", package: "TuningCore"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "ConfigurationsTests",
      dependencies: [
        "Configurations",
        .product(name: "TuningCore", package: "TuningCore"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
