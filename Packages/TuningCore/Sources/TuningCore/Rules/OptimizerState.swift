import TensorCore

/// An optimizer's rule with what it keeps between steps: for each trainable parameter one `float32` tensor a name.
///
/// The tensors are shared by copies of the value, as a parameter set's are.
public struct OptimizerState: Sendable {
  /// nil: an optimizer of moves alone, which keeps nothing.
  public let rule: (any UpdateRule)?
  /// By parameter, in the order of the rule's names.
  private let kept: [ParameterPath: [Tensor]]
  /// In the order of the parameters.
  private let paths: [ParameterPath]

  /// Nought, for the trainable ones of `parameters` in `support`.
  public init(rule: (any UpdateRule)?, for parameters: ParameterSet, in support: Support = .everything) throws {
    self.rule = rule
    let parameters = parameters.trainable(in: support)
    paths = parameters.map(\.path)
    kept = try Dictionary(
      uniqueKeysWithValues: parameters.map { parameter in
        (parameter.path, try (rule?.stateNames ?? []).map { _ in try Tensor(zeros: parameter.tensor.shape) })
      })
  }

  /// Of an optimizer of moves alone.
  public static let none = OptimizerState()

  private init() { (rule, kept, paths) = (nil, [:], []) }

  /// What checkpoints hold, by name: `exp_avg.model.norm.weight`.
  public var tensors: [(name: String, tensor: Tensor)] {
    guard let rule else { return [] }
    return paths.flatMap { path in zip(rule.stateNames, kept[path] ?? []).map { ("\($0).\(path)", $1) } }
  }

  public var byteCount: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }

  func tensors(of parameter: Parameter) -> [Tensor] {
    guard let tensors = kept[parameter.path] else {
      preconditionFailure("OptimizerState: '\(parameter.path)' did not train when the state was made")
    }
    return tensors
  }
}

/// A piece of each of a parameter's state tensors.
public struct StatePiece {
  private let tensors: [Tensor]
  private let range: Range<Int>

  init(_ tensors: [Tensor], _ range: Range<Int>) {
    self.tensors = tensors
    self.range = range
  }

  /// Of the name at `index` among the rule's.
  public subscript(index: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: tensors[index].mutableFloats[range])
  }
}
