// swift-tools-version: 6.2
import PackageDescription

/// A package in Packages/ by its folder and module, and what its tests import beside it.
struct House {
  var folder: String
  var module: String
  var tests: [String]
  var goldens = false
  var excluded: [String] = []
}

let houses = [
  House(folder: "Tensor", module: "TensorCore", tests: [], goldens: true),
  House(folder: "Tokenizer", module: "Tokenizers", tests: [], excluded: ["Fixtures"]),
  House(folder: "Bundle", module: "Bundles", tests: [], goldens: true),
  House(folder: "TuningCore", module: "TuningCore", tests: ["TensorCore"]),
  House(folder: "Configuration", module: "Configurations", tests: ["TuningCore"]),
  House(
    folder: "Transformer", module: "Transformers",
    tests: ["TensorCore", "TuningCore", "Autodiff", "FirstOrder", "PEFT"],
    goldens: true),
  House(
    folder: "Datasets", module: "Datasets",
    tests: ["TuningCore", "TensorCore", "Tokenizers", "Bundles", "Configurations"],
    goldens: true),
  House(folder: "Autodiff", module: "Autodiff", tests: ["TensorCore", "TuningCore"], goldens: true),
  House(folder: "ZOEstimators", module: "ZOEstimators", tests: ["TensorCore", "TuningCore"], goldens: true),
  House(folder: "FirstOrder", module: "FirstOrder", tests: ["TensorCore", "TuningCore"]),
  House(folder: "PEFT", module: "PEFT", tests: ["TensorCore", "TuningCore"], goldens: true),
  House(folder: "Sparsity", module: "Sparsity", tests: ["TensorCore", "TuningCore"]),
  House(folder: "Eval", module: "Evaluation", tests: ["TensorCore", "TuningCore"], goldens: true),
  House(folder: "Plot", module: "Plots", tests: []),
  House(folder: "Training", module: "Training", tests: ["TensorCore", "TuningCore", "Bundles", "Configurations"]),
  House(
    folder: "Benchmark", module: "Benchmarks",
    tests: ["Training", "TuningCore", "Bundles", "Configurations", "Evaluation"]),
  House(
    folder: "Report", module: "Reports", tests: ["Training", "Plots", "Evaluation", "TuningCore", "TensorCore"],
    goldens: true),
]

func product(_ module: String) -> Target.Dependency {
  .product(name: module, package: houses.first { $0.module == module }!.folder)
}

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// In-tree plugins: the folder in Plugins/ and the package that holds the method.
let plugins = [
  ("ZOSGD", "ZOEstimators"), ("ZOSGDSign", "ZOEstimators"), ("ZOSGDMomentum", "ZOEstimators"),
  ("ZOSGDConservative", "ZOEstimators"), ("ZOAdam", "ZOEstimators"), ("ForwardGradient", "ZOEstimators"),
  ("FOSGD", "FirstOrder"), ("FOAdam", "FirstOrder"),
  ("FOAdamW", "FirstOrder"), ("RandomMask", "Sparsity"), ("MagnitudeMask", "Sparsity"), ("Blockwise", "Sparsity"),
  ("Hybrid", "Sparsity"), ("FullTuning", "PEFT"), ("LoRA", "PEFT"),
  ("BitFit", "PEFT"), ("HeadTuning", "PEFT"), ("PromptTuning", "PEFT"), ("PrefixTuning", "PEFT"),
]

let package = Package(
  name: "zeroth",
  products: [
    .executable(name: "zeroth", targets: ["zeroth"]), .executable(name: "zeroth-fuzz", targets: ["zeroth-fuzz"]),
    .executable(name: "zeroth-kill", targets: ["zeroth-kill"]),
    // Loaded before other libraries into a process that is to be killed.
    .library(name: "KillPoints", type: .dynamic, targets: ["CKillPoints"]),
  ]
    + plugins.map { .library(name: "\($0.0)Plugin", type: .dynamic, targets: ["\($0.0)Plugin"]) },
  dependencies: houses.map { .package(path: "Packages/\($0.folder)") } + [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .executableTarget(
      name: "zeroth",
      dependencies: [
        product("Training"), product("TuningCore"), product("TensorCore"), product("Bundles"), product("Evaluation"),
        product("Configurations"), product("Transformers"), product("Benchmarks"), product("Reports"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tools/zeroth", swiftSettings: strict),
    .target(name: "CFuzzMemory", path: "Tools/fuzz/CFuzzMemory"),
    .executableTarget(
      name: "zeroth-fuzz",
      dependencies: ["CFuzzMemory"]
        + ["Transformers", "Tokenizers", "Datasets", "Training", "Bundles", "TensorCore", "TuningCore"].map(product),
      path: "Tools/fuzz/zeroth-fuzz", swiftSettings: strict),
    .target(name: "CKillPoints", path: "Tools/kill/CKillPoints"),
    .executableTarget(name: "zeroth-kill", path: "Tools/kill/zeroth-kill", swiftSettings: strict),
  ]
    + plugins.map {
      .target(
        name: "\($0.0)Plugin", dependencies: [product("TuningCore"), product($0.1)],
        path: "Plugins/\($0.0)/Sources/\($0.0)Plugin", swiftSettings: strict)
    }
    + houses.map { house in
      .testTarget(
        name: "\(house.module)Tests", dependencies: ([house.module] + house.tests).map(product),
        path: "Packages/\(house.folder)/Tests/\(house.module)Tests", exclude: house.excluded,
        resources: house.goldens ? [.copy("Goldens")] : [])
    } + [
      // The program and the plugins are products, built before any test runs and found beside the test program.
      .testTarget(
        name: "ZerothTests",
        dependencies: [
          "Training", "TuningCore", "TensorCore", "Transformers", "Tokenizers", "Datasets", "Evaluation", "Bundles",
          "Benchmarks",
        ].map(product), exclude: ["Goldens"])
    ],
  swiftLanguageModes: [.v6]
)
