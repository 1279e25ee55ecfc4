import TensorCore

/// An optimizer's rule with what it keeps between steps: for each trainable parameter one `float32` tensor a name, or the
/// estimates of the last steps, from which a descent makes the state anew as it goes over the parameters.
///
/// Both are shared by copies of the value, as a parameter set's tensors are.
public struct OptimizerState: Sendable {
  /// nil: an optimizer of moves alone, which keeps nothing.
  public let rule: (any UpdateRule)?
  /// nil: tensors are kept.
  let recent: RecentEstimates?
  /// Steps that the state is made of; 0: it is kept.
  public var window: Int { recent?.window ?? 0 }
  /// By parameter, in the order of the rule's names.
  private let kept: [ParameterPath: [Tensor]]
  /// In the order of the parameters.
  private let paths: [ParameterPath]

  /// Nought, for the trainable ones of `parameters` in `support`.
  ///
  /// - Parameter window: steps, the one that is made among them, whose estimates the state is made of in every step, from
  ///   nought: the state as it is where no step came before them. 0: the state is kept. A window that reaches back to
  ///   the first step gives the bits of the kept state.
  public init(
    rule: (any UpdateRule)?, for parameters: ParameterSet, in support: Support = .everything, window: Int = 0
  ) throws {
    precondition(window >= 0, "OptimizerState: a window of \(window) steps")
    self.rule = rule
    recent = window == 0 ? nil : RecentEstimates(window: window)
    let parameters = window == 0 ? parameters.trainable(in: support) : []
    paths = parameters.map(\.path)
    kept = try Dictionary(
      uniqueKeysWithValues: parameters.map { parameter in
        (parameter.path, try (rule?.stateNames ?? []).map { _ in try Tensor(zeros: parameter.tensor.shape) })
      })
  }

  /// Of an optimizer of moves alone.
  public static let none = OptimizerState()

  private init() { (rule, recent, kept, paths) = (nil, nil, [:], []) }

  /// What checkpoints hold, by name: `exp_avg.model.norm.weight`.
  public var tensors: [(name: String, tensor: Tensor)] {
    guard let rule else { return [] }
    return paths.flatMap { path in zip(rule.stateNames, kept[path] ?? []).map { ("\($0).\(path)", $1) } }
  }

  public var byteCount: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }

  /// Takes up a descent that an earlier session made, which no tensor tells of.
  public func remember(_ update: StepUpdate) { _ = recent?.append(update) }

  /// The descents that the next one's state is made of; none where tensors are kept.
  public var remembered: [StepUpdate] {
    get { recent?.updates ?? [] }
    nonmutating set { recent?.updates = newValue }
  }

  func tensors(of parameter: Parameter) -> [Tensor] {
    guard let tensors = kept[parameter.path] else {
      preconditionFailure("OptimizerState: '\(parameter.path)' did not train when the state was made")
    }
    return tensors
  }
}

/// A piece of each of a parameter's state tensors, or of what stands for them while a piece of the parameter is in the
/// cache.
public struct StatePiece {
  private enum Place {
    case kept([Tensor], Range<Int>)
    case passing(UnsafeMutableBufferPointer<Float>, count: Int)
  }

  private let place: Place

  init(_ tensors: [Tensor], _ range: Range<Int>) { place = .kept(tensors, range) }

  /// - Parameter values: of one name after the other, `count` of each.
  init(passing values: UnsafeMutableBufferPointer<Float>, count: Int) { place = .passing(values, count: count) }

  /// Of the name at `index` among the rule's.
  public subscript(index: Int) -> UnsafeMutableBufferPointer<Float> {
    switch place {
    case .kept(let tensors, let range): UnsafeMutableBufferPointer(rebasing: tensors[index].mutableFloats[range])
    case .passing(let values, let count):
      UnsafeMutableBufferPointer(rebasing: values[index * count..<(index + 1) * count])
    }
  }
}
