// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Tokenizer",
  products: [
    .library(name: "Tokenizers", type: .dynamic, targets: ["Tokenizers"])
  ],
  targets: [
    .target(name: "Tokenizers", swiftSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "TokenizersTests", dependencies: ["Tokenizers"], exclude: ["Fixtures"]),
  ],
  swiftLanguageModes: [.v6]
)
