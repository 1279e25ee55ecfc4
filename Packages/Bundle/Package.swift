// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Bundle",
  products: [
    .library(name: "Bundles", type: .dynamic, targets: ["Bundles"])
  ],
  dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")],
  targets: [
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .target(
      name: "Bundles",
      dependencies: ["CArchive", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: [.treatAllWarnings(as: .error)]
    ),
    .testTarget(
      name: "BundlesTests",
      dependencies: ["Bundles"],
      resources: [.copy("Goldens")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
