import TensorCore

/// An update with what addresses it in its run.
public struct StepUpdate: Sendable {
  public var update: ParameterUpdate
  /// From 0.
  public var step: Int
  /// What may change: other elements keep their bits, and the state's.
  public var support: Support
  /// Addresses the stochastic rounding of `float16` and `bfloat16` parameters.
  public var roundingSeed: UInt64

  public init(_ update: ParameterUpdate, step: Int = 0, support: Support = .everything, roundingSeed: UInt64 = 0) {
    self.update = update
    self.step = step
    self.support = support
    self.roundingSeed = roundingSeed
  }
}

extension ParameterSet {
  /// Applies updates to the trainable parameters, one after the other; per element, in `float32`:
  ///
  ///     a move     see `Move`
  ///     a descent  ĝ = Σ cⱼ zⱼ, a fused multiply-add a term from 0, in their order; or c ∇L
  ///                where λ is coupled ĝ ← fma(λ, θ, ĝ)
  ///                u = the rule's
  ///                θ ← fma(−η, u, (1 − ηλ) θ), without the factor where λ is coupled; not at all where η is 0
  ///
  /// each rounded once to the parameter's dtype. λ leaves norms and biases alone.
  ///
  /// - Parameter state: of these parameters; brought on by descents.
  /// - Cost: one pass over the trainable parameters and their state, however many updates there are, and one generation
  ///   of each direction; 24 KiB a thread. Where the state is not kept, a generation of all directions of its window for
  ///   each descent, and 8 KiB a thread and name.
  public func apply(
    _ updates: [StepUpdate], state: OptimizerState = .none, rounding: Rounding = .stochastic, threads: Threads
  ) {
    let windows = updates.map { state.recent?.append($0) ?? [$0] }
    for parameter in trainable {
      let changes = zip(updates, windows).compactMap { ParameterChange($0, after: $1, of: parameter, state: state) }
      guard !changes.isEmpty else { continue }
      let pieces = ParameterPieces(of: parameter, rounding: rounding)
      threads.forEachRange(of: parameter.tensor.count, piece: 1 << 16) { range, _ in
        pieces.forEach(in: range) { piece in
          for change in changes { change.take(piece) }
        }
      }
    }
  }

  /// Applies one update.
  public func apply(
    _ update: ParameterUpdate, step: Int, support: Support = .everything, state: OptimizerState,
    rounding: Rounding = .stochastic, roundingSeed: UInt64 = 0, threads: Threads
  ) {
    apply(
      [StepUpdate(update, step: step, support: support, roundingSeed: roundingSeed)], state: state, rounding: rounding,
      threads: threads)
  }

  /// Applies one move.
  public func apply(
    _ move: Move, support: Support = .everything, rounding: Rounding = .stochastic, roundingSeed: UInt64 = 0,
    threads: Threads
  ) {
    apply([StepUpdate(.move(move), support: support, roundingSeed: roundingSeed)], rounding: rounding, threads: threads)
  }
}

/// What one update does to one parameter.
private struct ParameterChange {
  private enum Kind {
    case move(terms: [Term], keep: Float)
    case descent(Descent)
  }

  private let kind: Kind
  private let path: ParameterPath
  private let support: Support
  private let mask: ElementMask
  private let roundingSeed: UInt64

  /// nil: nothing.
  ///
  /// - Parameter window: the descents that the state is made of, this one at their end.
  init?(_ update: StepUpdate, after window: [StepUpdate], of parameter: Parameter, state: OptimizerState) {
    guard let mask = update.support.mask(of: parameter.path) else { return nil }
    self.mask = mask
    path = parameter.path
    support = update.support
    roundingSeed = update.roundingSeed
    switch update.update {
    case .move(let move):
      guard !move.terms.isEmpty || move.decay != 0 else { return nil }
      kind = .move(
        terms: move.terms.filter { $0.coefficient != 0 }, keep: parameter.role.decays ? 1 - move.decay : 1)
    case .descent(_, let rate):
      kind = .descent(Descent(of: parameter, through: window, rate: rate, state: state, step: update.step + 1))
    }
  }

  func take(_ piece: ParameterPieces.Piece) {
    switch kind {
    case .move(let terms, let keep):
      piece.change(writes: true, roundingSeed: roundingSeed) { values in
        let elements = piece.start..<piece.start + values.count
        let (old, noise) = piece.halves(values.count)
        mask.withPiece(of: elements, pathHash: path.hash) { mask in
          mask.confine(values, saving: old) {
            if keep != 1 { values.scale(by: keep) }
            for term in terms {
              term.direction.add(
                term.coefficient, to: values, of: path, start: piece.start, confined: support, noise: noise)
            }
          }
        }
      }
    case .descent(let descent):
      piece.change(writes: descent.rate != 0, roundingSeed: roundingSeed) { values in
        descent.take(values, of: piece)
      }
    }
  }
}

extension ParameterPieces.Piece {
  /// Two scratches of `count` elements.
  fileprivate func halves(_ count: Int) -> (UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) {
    (
      UnsafeMutableBufferPointer(rebasing: scratch[..<count]),
      UnsafeMutableBufferPointer(rebasing: scratch[count..<2 * count])
    )
  }
}

/// A step by a rule along an estimate of the gradient, on one parameter.
private struct Descent {
  /// What one step knows of the gradient, and where.
  private struct Estimate {
    let pieces: GradientEstimate.Pieces
    let support: Support
    let mask: ElementMask
  }

  let rate: Float
  private let pathHash: UInt64
  /// Of this step, and before it those that its state is made of.
  private let estimates: [Estimate]
  private let rule: any UpdateRule
  /// λ as it joins the estimate, and 1 − ηλ.
  private let coupledDecay: Float
  private let keep: Float
  /// nil: made of the estimates.
  private let state: [Tensor]?
  private let step: Int

  /// - Parameters:
  ///   - window: this descent, and before it those that the state is made of where it is not kept.
  ///   - step: from 1.
  init(of parameter: Parameter, through window: [StepUpdate], rate: Float, state: OptimizerState, step: Int) {
    guard let rule = state.rule else { preconditionFailure("a descent, and the optimizer has no rule") }
    pathHash = parameter.path.hash
    estimates = window.compactMap { update in
      guard case .descent(let estimate, _) = update.update, let mask = update.support.mask(of: parameter.path) else {
        return nil
      }
      return Estimate(pieces: estimate.pieces(of: parameter.path), support: update.support, mask: mask)
    }
    self.rate = rate
    self.rule = rule
    let decay = parameter.role.decays ? rule.weightDecay : .none
    coupledDecay = decay.isCoupled ? decay.strength : 0
    keep = decay.isCoupled ? 1 : 1 - rate * decay.strength
    self.state = state.recent == nil ? state.tensors(of: parameter) : nil
    self.step = step
    precondition(
      self.state != nil || coupledDecay == 0, "a decay that joins the estimate needs the weights of earlier steps")
  }

  func take(_ values: UnsafeMutableBufferPointer<Float>, of piece: ParameterPieces.Piece) {
    let (gradient, z) = piece.halves(values.count)
    let elements = piece.start..<piece.start + values.count
    if let state {
      read(estimates[0], gradient, elements, values: values, noise: z)
      let state = StatePiece(state, elements)
      estimates[0].mask.withPiece(of: elements, pathHash: pathHash) { transform(gradient, state, $0, step: step) }
    } else {
      makeState(gradient, elements, values: values, noise: z)
    }
    estimates[estimates.count - 1].mask.withPiece(of: elements, pathHash: pathHash) { mask in
      // z is done with.
      mask.confine(values, saving: z) {
        if keep != 1 { values.scale(by: keep) }
        values.add(-rate, UnsafeBufferPointer(gradient))
      }
    }
  }

  /// u of the last estimate, through a state that begins with the first.
  private func makeState(
    _ gradient: UnsafeMutableBufferPointer<Float>, _ elements: Range<Int>, values: UnsafeMutableBufferPointer<Float>,
    noise: UnsafeMutableBufferPointer<Float>
  ) {
    let names = rule.stateNames.count
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, names * elements.count)) { memory in
      memory.update(repeating: 0)
      let state = StatePiece(passing: memory, count: elements.count)
      for (number, estimate) in estimates.enumerated() {
        read(estimate, gradient, elements, values: values, noise: noise)
        estimate.mask.withPiece(of: elements, pathHash: pathHash) {
          transform(gradient, state, $0, step: number + 1)
        }
      }
    }
  }

  private func read(
    _ estimate: Estimate, _ gradient: UnsafeMutableBufferPointer<Float>, _ elements: Range<Int>,
    values: UnsafeMutableBufferPointer<Float>, noise: UnsafeMutableBufferPointer<Float>
  ) {
    estimate.pieces.write(gradient, start: elements.lowerBound, confined: estimate.support, noise: noise)
    if coupledDecay != 0 { gradient.add(coupledDecay, UnsafeBufferPointer(values)) }
  }

  /// The rule's step, and the state brought on where the mask has a part.
  private func transform(
    _ gradient: UnsafeMutableBufferPointer<Float>, _ state: StatePiece, _ mask: ElementMask.Piece, step: Int
  ) {
    let names = rule.stateNames.indices, count = gradient.count
    guard !mask.includesAll, !names.isEmpty else { return rule.transform(gradient, state: state, step: step) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: names.count * count) { old in
      func before(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: old[index * count..<(index + 1) * count])
      }
      for index in names { _ = before(index).update(fromContentsOf: state[index]) }
      rule.transform(gradient, state: state, step: step)
      for index in names { mask.restore(state[index], from: UnsafeBufferPointer(before(index))) }
    }
  }
}

extension ElementMask.Piece {
  /// Runs `body`, which changes `values`, and takes back what it did where the mask has no part.
  ///
  /// - Parameter old: room for as many.
  @inline(__always)
  fileprivate func confine(
    _ values: UnsafeMutableBufferPointer<Float>, saving old: UnsafeMutableBufferPointer<Float>, _ body: () -> Void
  ) {
    if includesAll { return body() }
    _ = old.update(fromContentsOf: values)
    body()
    restore(values, from: UnsafeBufferPointer(old))
  }
}
