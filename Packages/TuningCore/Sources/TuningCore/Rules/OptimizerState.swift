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

extension ParameterSet {
  /// Applies what came of a step to the trainable parameters; per element, in `float32`:
  ///
  ///     a move     see `Move`
  ///     a descent  ĝ = Σ cⱼ zⱼ, a fused multiply-add a term from 0, in their order; or c ∇L
  ///                where λ is coupled ĝ ← fma(λ, θ, ĝ)
  ///                u = the rule's
  ///                θ ← fma(−η, u, (1 − ηλ) θ), without the factor where λ is coupled; not at all where η is 0
  ///
  /// and rounded once to the parameter's dtype. λ leaves norms and biases alone.
  ///
  /// - Parameters:
  ///   - step: from 0.
  ///   - support: what may change: other elements keep their bits, and the state's.
  ///   - state: of these parameters; brought on by a descent.
  ///   - roundingSeed: addresses the stochastic rounding of `float16` and `bfloat16` parameters.
  /// - Cost: one pass over the trainable parameters and their state, one generation of each direction; 16 KiB a thread.
  public func apply(
    _ update: ParameterUpdate, step: Int, support: Support = .everything, state: OptimizerState,
    rounding: Rounding = .stochastic, roundingSeed: UInt64 = 0, threads: Threads
  ) {
    switch update {
    case .move(let move):
      apply(move, support: support, rounding: rounding, roundingSeed: roundingSeed, threads: threads)
    case .descent(let estimate, let rate):
      guard let rule = state.rule else { preconditionFailure("a descent, and the optimizer has no rule") }
      for (parameter, mask) in masked(by: support) {
        let pieces = ParameterPieces(of: parameter, rounding: rounding, roundingSeed: roundingSeed)
        let descent = Descent(
          parameter: parameter, mask: mask, estimate: estimate.pieces(of: parameter.path), rate: rate, rule: rule,
          state: state.tensors(of: parameter), step: step + 1)
        threads.forEachRange(of: parameter.tensor.count, piece: 1 << 16) { range, _ in
          pieces.forEach(in: range, writes: rate != 0) { values, gradient, start in
            descent.take(values, gradient, start: start)
          }
        }
      }
    }
  }
}

/// A step by a rule along an estimate of the gradient, on one parameter.
private struct Descent {
  let pathHash: UInt64
  let mask: ElementMask
  let estimate: GradientEstimate.Pieces
  let rate: Float
  let rule: any UpdateRule
  /// λ as it joins the estimate, and 1 − ηλ.
  let coupledDecay: Float
  let keep: Float
  let state: [Tensor]
  let step: Int

  init(
    parameter: Parameter, mask: ElementMask, estimate: GradientEstimate.Pieces, rate: Float, rule: any UpdateRule,
    state: [Tensor], step: Int
  ) {
    pathHash = parameter.path.hash
    self.mask = mask
    self.estimate = estimate
    self.rate = rate
    self.rule = rule
    let decay = parameter.role.decays ? rule.weightDecay : .none
    coupledDecay = decay.isCoupled ? decay.strength : 0
    keep = decay.isCoupled ? 1 : 1 - rate * decay.strength
    self.state = state
    self.step = step
  }

  func take(_ values: UnsafeMutableBufferPointer<Float>, _ scratch: UnsafeMutableBufferPointer<Float>, start: Int) {
    let count = values.count
    let gradient = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
    let z = UnsafeMutableBufferPointer(rebasing: scratch[count..<2 * count])
    estimate.write(gradient, start: start, noise: z)
    if coupledDecay != 0 { gradient.add(coupledDecay, UnsafeBufferPointer(values)) }
    let elements = start..<start + count
    mask.withPiece(of: elements, pathHash: pathHash) { mask in
      transform(gradient, elements, mask)
      // z is done with.
      mask.confine(values, saving: z) {
        if keep != 1 { values.scale(by: keep) }
        values.add(-rate, UnsafeBufferPointer(gradient))
      }
    }
  }

  /// The rule's step, and the state brought on where the mask has a part.
  private func transform(
    _ gradient: UnsafeMutableBufferPointer<Float>, _ elements: Range<Int>, _ mask: ElementMask.Piece
  ) {
    let piece = StatePiece(state, elements), count = elements.count
    guard !mask.includesAll, !state.isEmpty else { return rule.transform(gradient, state: piece, step: step) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: state.count * count) { old in
      for index in state.indices {
        _ = UnsafeMutableBufferPointer(rebasing: old[index * count..<(index + 1) * count])
          .update(fromContentsOf: piece[index])
      }
      rule.transform(gradient, state: piece, step: step)
      for index in state.indices {
        mask.restore(piece[index], from: UnsafeBufferPointer(rebasing: old[index * count..<(index + 1) * count]))
      }
    }
  }
}
