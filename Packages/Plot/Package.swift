// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Plot",
  products: [
    .library(name: "Plots", type: .dynamic, targets: ["Plots"])
  ],
  targets: [
    .target(name: "Plots", swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(name: "PlotsTests", dependencies: ["Plots"]),
  ],
  swiftLanguageModes: [.v6]
)
