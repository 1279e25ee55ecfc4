/// The mathematics of a first-order method on one tensor: what step u to take, given an estimate ĝ of the gradient and
/// what was kept of earlier ones.
///
///     θ ← (1 − η λ) θ − η u(ĝ, state)
///
/// A rule sees pieces of a few thousand elements and treats each element alone, so any order of pieces on any number of
/// threads gives the same bits. Pieces, dtypes, rounding, weight decay and which parameters train are the caller's:
/// see `ParameterSet.apply`. Only +, −, ×, ÷ and √ of `Float`, each correctly rounded, may touch the elements, so that
/// a ledger replays to the same bits on any machine.
public protocol UpdateRule: Sendable {
  /// The tensors that are kept for each trainable parameter, by their names in checkpoints: of its shape, `float32`,
  /// nought before the first step.
  var stateNames: [String] { get }

  var weightDecay: WeightDecay { get }

  /// Turns ĝ into u in place, and brings the state on.
  ///
  /// - Parameters:
  ///   - gradient: a piece of ĝ; of u on return.
  ///   - state: the same piece of each of `stateNames`.
  ///   - step: from 1.
  func transform(_ gradient: UnsafeMutableBufferPointer<Float>, state: StatePiece, step: Int)
}

/// A pull of the weights towards 0. It leaves norms and biases alone.
public struct WeightDecay: Hashable, Sendable {
  /// λ
  public var strength: Float
  /// Whether λθ joins the estimate before the rule sees it, rather than shrinking θ beside the rule's step by ηλ.
  public var isCoupled: Bool

  public static let none = WeightDecay()

  public init(_ strength: Float = 0, isCoupled: Bool = false) {
    precondition(strength >= 0 && strength.isFinite, "WeightDecay: \(strength)")
    self.strength = strength
    self.isCoupled = isCoupled
  }
}

/// A rule of plain descent: u = ĝ.
public struct PlainDescent: UpdateRule, Hashable {
  public var weightDecay: WeightDecay
  public var stateNames: [String] { [] }

  public init(weightDecay: WeightDecay = .none) { self.weightDecay = weightDecay }

  public func transform(_: UnsafeMutableBufferPointer<Float>, state _: StatePiece, step _: Int) {}
}
