import TensorCore
import TuningCore

/// Reverse mode: runs a model's operations in `float32` and remembers, of those that a trainable parameter takes part
/// in, what their derivatives need; `backward` then goes through them from the end.
///
/// What depends on no trainable parameter leaves no trace, so frozen layers below the first trainable one cost what
/// inference costs. Results do not depend on the number of threads.
///
/// - Cost: a forward, and about two more in products where all parameters train; activations of every operation that
///   is remembered, 4 bytes a number.
public final class Tape: Evaluator {
  /// An activation: [T, C].
  public struct Value {
    /// Its numbers.
    public let primal: EagerEvaluator.Value
    let node: Node?

    var rows: Int { primal.rows }
    var columns: Int { primal.columns }
    var count: Int { primal.rows * primal.columns }
    var pointer: UnsafePointer<Float> { UnsafePointer(primal.mutableFloats) }
  }

  /// A place for the gradient of an activation that depends on a trainable parameter.
  final class Node {
    var gradient: EagerEvaluator.Value?
  }

  let eager: EagerEvaluator
  /// Where gradients of parameters are added up.
  let sums: GradientSums
  /// Of the loss by each log-probability; nil: not known before `backward`.
  let foreseenSlopes: [Float]?
  private var steps: [(output: Node, backward: (EagerEvaluator.Value) -> Void)] = []

  /// - Parameters:
  ///   - eager: computes the operations; of one lane without displacement.
  ///   - sums: receives the gradients of the parameters that it has room for; the others count as frozen.
  ///   - slopes: of the loss by the log-probabilities, where they are known beforehand; `backward` is then asked with
  ///     these. Logits are so computed once, their gradients while they are there.
  public init(_ eager: EagerEvaluator, into sums: GradientSums, foreseeing slopes: [Float]? = nil) {
    self.eager = eager
    self.sums = sums
    foreseenSlopes = slopes
  }

  var threads: Threads { eager.threads }

  /// Whether anything was remembered.
  public var isEmpty: Bool { steps.isEmpty }

  /// An activation from elsewhere. Where `tracked`, `gradient(of:)` tells its gradient after `backward`.
  public func leaf(_ primal: EagerEvaluator.Value, tracked: Bool) -> Value {
    Value(primal: primal, node: tracked ? Node() : nil)
  }

  /// Whether `value` depends on a trainable parameter or on a tracked leaf.
  public func isTracked(_ value: Value) -> Bool { value.node != nil }

  /// Adds the gradient of Σ slopes · value to the sums, and forgets what was remembered.
  ///
  /// - Parameter slopes: dL / d(value), in the shape of `value`; may be written to.
  public func backward(from value: Value, slopes: EagerEvaluator.Value) {
    precondition(
      slopes.rows == value.rows && slopes.columns == value.columns,
      "backward: slopes [\(slopes.rows), \(slopes.columns)] for [\(value.rows), \(value.columns)]")
    value.node?.gradient = slopes
    while let step = steps.popLast() {
      guard let gradient = step.output.gradient else { continue }
      step.output.gradient = nil
      step.backward(gradient)
    }
  }

  /// Lets go of what was remembered. What is remembered holds the tape that remembers it, so a tape that is not gone back
  /// along, or not to its beginning, must be told.
  public func forget() { steps = [] }

  /// The gradient of a tracked leaf after `backward`; nil where nothing depended on it.
  public func gradient(of leaf: Value) -> EagerEvaluator.Value? { leaf.node?.gradient }

  // MARK: For the operations

  /// A result that `backward` continues from, with what to do then; a plain value where `isTracked` is false.
  func result(
    _ primal: EagerEvaluator.Value, isTracked: Bool, _ backward: @escaping (EagerEvaluator.Value) -> Void
  ) -> Value {
    guard isTracked else { return Value(primal: primal, node: nil) }
    let node = Node()
    steps.append((node, backward))
    return Value(primal: primal, node: node)
  }

  /// Adds `slopes`, whose memory is given away, to the gradient at `node`.
  func add(_ slopes: EagerEvaluator.Value, to node: Node?) {
    guard let node else { return }
    guard let gradient = node.gradient else {
      node.gradient = slopes
      return
    }
    add(slopes, into: gradient.mutableFloats, count: gradient.rows * gradient.columns)
  }

  private func add(_ slopes: EagerEvaluator.Value, into target: UnsafeMutablePointer<Float>, count: Int) {
    nonisolated(unsafe) let target = target
    threads.forEachRange(of: count, piece: Tape.piece) { range, _ in
      let place = target + range.lowerBound
      RowOperations.add(count: range.count, place, slopes.mutableFloats + range.lowerBound, out: place)
    }
  }

  /// Elements that one thread takes at a time.
  static let piece = 1 << 15
}
