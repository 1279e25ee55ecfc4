import TuningCore

/// Chooses linear layers by the ends of their module names: `q_proj` takes every layer's `...self_attn.q_proj`.
public struct TargetModules: Sendable, Equatable {
  public static let allLinear = "all-linear"
  public let names: [String]

  public init(_ names: [String]) { self.names = names }

  /// The layers' weights in the model's order.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a name takes no layer: none is left out in silence.
  public func layers(of parameters: ParameterSet) throws -> [Parameter] {
    let linear = parameters.parameters.filter { $0.role == .linear && $0.path.name.hasSuffix(".weight") }
    let modules = linear.map { String($0.path.name.dropLast(".weight".count)) }
    if names == [TargetModules.allLinear] {
      // The head turns states into logits; PEFT's "all-linear" leaves it out too.
      return zip(linear, modules).filter { $1.contains(".") }.map(\.0)
    }
    let endings = Set(modules.compactMap { $0.split(separator: ".").last.map(String.init) }).sorted()
    for name in names where !modules.contains(where: { TargetModules.matches($0, name) }) {
      throw TuningError(
        .unmatchedTarget,
        "target '\(name)' matches none of the model's \(linear.count) linear layers."
          + "\(NearName.hint(for: name, among: endings)) Their names end in \(endings.joined(separator: ", ")).")
    }
    return zip(linear, modules).filter { _, module in names.contains { TargetModules.matches(module, $0) } }.map(\.0)
  }

  static func matches(_ module: String, _ name: String) -> Bool { module == name || module.hasSuffix("." + name) }
}
