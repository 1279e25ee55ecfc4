import Testing
import TuningCore
import ZOEstimators

/// The package's optimizers as recipes make them.
enum Optimizers {
  static func registry() throws -> Registry<any Optimizer> {
    var registry = Registry<any Optimizer>(kind: "optimizer")
    try registry.register(ZOSGD.componentDescription, origin: "tests") { ZOSGD(options: $0) }
    try registry.register(ZOSGDSign.componentDescription, origin: "tests") { ZOSGDSign(options: $0) }
    try registry.register(ZOSGDMomentum.componentDescription, origin: "tests") { ZOSGDMomentum(options: $0) }
    try registry.register(ZOSGDConservative.componentDescription, origin: "tests") { ZOSGDConservative(options: $0) }
    try registry.register(ZOAdam.componentDescription, origin: "tests") { ZOAdam(options: $0) }
    return registry
  }

  /// Each in every form, with few queries and a λ that shows.
  static let forms: [Form] = [
    Form("zo-sgd"), Form("zo-sgd-sign"), Form("zo-sgd-sign", ["sign": .text("scalar")]), Form("zo-sgd-mmt"),
    Form("zo-sgd-mmt", ["coupled_decay": .boolean(true)]), Form("zo-sgd-cons"), Form("zo-adam"),
    Form("zo-adam", ["amsgrad": .boolean(true), "coupled_decay": .boolean(true)]),
  ]

  struct Form: Sendable, CustomTestStringConvertible {
    var name: String
    var options: [String: OptionValue]

    init(_ name: String, _ options: [String: OptionValue] = [:]) {
      self.name = name
      self.options = options
    }

    var testDescription: String { "\(name) \(options)" }

    func make(_ more: [String: OptionValue] = [:]) throws -> any Optimizer {
      try Optimizers.registry().make(name, options: options.merging(more) { $1 })
    }
  }
}
