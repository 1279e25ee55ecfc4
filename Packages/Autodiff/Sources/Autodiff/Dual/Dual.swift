import TensorCore
import TuningCore

/// Forward mode: carries beside each activation its derivatives along directions of the trainable parameters.
///
///     (x, ẋ)  →  (f(x), f′(x) ẋ),   W's own derivative along z being z, generated as it is read
///
/// No direction and no gradient is ever held; what depends on no trainable parameter carries no derivative.
///
/// - Cost: of a layer that trains 1 + 2q products, of one that does not 1 + q, where something below it trains; 1 + q
///   times the activations.
public final class Dual: Evaluator {
  /// An activation with its derivative along each direction; none where it depends on nothing that trains.
  public struct Value {
    public let primal: EagerEvaluator.Value
    /// One for each direction.
    public let tangents: [EagerEvaluator.Value]?

    var rows: Int { primal.rows }
    var columns: Int { primal.columns }
    var count: Int { primal.rows * primal.columns }
  }

  let eager: EagerEvaluator
  let directions: [Direction]

  /// - Parameter eager: computes the operations; of one lane without displacement.
  public init(_ eager: EagerEvaluator, along directions: [Direction]) {
    self.eager = eager
    self.directions = directions
  }

  var threads: Threads { eager.threads }

  /// Whether any direction has a part in `parameter`.
  func moves(_ parameter: Parameter) -> Bool {
    parameter.isTrainable && directions.contains { $0.support.includes(parameter.path) }
  }

  /// `body` makes the derivative along direction `index`.
  func value(
    _ primal: EagerEvaluator.Value, isMoving: Bool, _ body: (_ index: Int) -> EagerEvaluator.Value
  ) -> Value {
    Value(primal: primal, tangents: isMoving ? directions.indices.map(body) : nil)
  }

  // MARK: Operations by row and by element

  public func embedding(_ tokens: [Int32], table: Parameter) -> Value {
    let width = table.tensor.rowLength
    return value(eager.embedding(tokens, table: table), isMoving: moves(table)) { index in
      let tangent = eager.uninitialized(rows: tokens.count, columns: width)
      threads.forEachRange(of: tokens.count, piece: 16) { rows, _ in
        for row in rows {
          let place = UnsafeMutableBufferPointer(start: tangent.mutableFloats + row * width, count: width)
          directions[index].fill(place, of: table.path, start: Int(tokens[row]) * width)
        }
      }
      return tangent
    }
  }

  public func gather(_ x: Value, rows: [Int]) -> Value {
    Value(primal: eager.gather(x.primal, rows: rows), tangents: x.tangents?.map { eager.gather($0, rows: rows) })
  }

  public func concatenate(_ a: Value, _ b: Value) -> Value {
    value(
      eager.concatenate(a.primal, b.primal), isMoving: a.tangents != nil || b.tangents != nil
    ) { index in
      eager.concatenate(tangent(of: a, index), tangent(of: b, index))
    }
  }

  /// A derivative that is there for an operation of several values: zeros for one that does not move.
  private func tangent(of x: Value, _ index: Int) -> EagerEvaluator.Value {
    x.tangents?[index] ?? eager.zeros(rows: x.rows, columns: x.columns)
  }

  public func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value {
    let a = a
    return value(
      eager.add(a.primal, b.primal, scale: scale), isMoving: a.tangents != nil || b.tangents != nil
    ) { index in
      guard let second = b.tangents?[index] else { return a.tangents![index] }
      return eager.add(a.tangents?[index] ?? eager.zeros(rows: b.rows, columns: b.columns), second, scale: scale)
    }
  }

  public func activate(_ activation: Activation, _ x: consuming Value) -> Value {
    let x = x
    return Value(
      primal: eager.activate(activation, x.primal),
      tangents: x.tangents?.map { slope(activation, at: x.primal, times: $0) })
  }

  public func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value {
    let gate = gate
    return value(
      eager.activate(activation, gate: gate.primal, up: up.primal),
      isMoving: gate.tangents != nil || up.tangents != nil
    ) { index in
      let first = gate.tangents.map {
        eager.activate(.linear, gate: slope(activation, at: gate.primal, times: $0[index]), up: up.primal)
      }
      guard let second = up.tangents.map({ eager.activate(activation, gate: gate.primal, up: $0[index]) }) else {
        return first!
      }
      return first.map { eager.add($0, second, scale: 1) } ?? second
    }
  }

  /// f′(x) · tangent
  private func slope(
    _ activation: Activation, at x: EagerEvaluator.Value, times tangent: EagerEvaluator.Value
  ) -> EagerEvaluator.Value {
    let out = eager.uninitialized(rows: x.rows, columns: x.columns)
    threads.forEachRange(of: x.rows * x.columns, piece: Tape.piece) { range, _ in
      let start = range.lowerBound
      GradientOperations.activation(
        activation, count: range.count, x: x.mutableFloats + start, gradient: tangent.mutableFloats + start,
        out: out.mutableFloats + start)
    }
    return out
  }

  public func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value {
    let x = x
    return Value(
      primal: eager.rotary(x.primal, heads: heads, angles: angles),
      tangents: x.tangents?.map { eager.rotary($0, heads: heads, angles: angles) })
  }

  public func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value {
    norm(
      x, eager.rmsNorm(x.primal, weight: weight, epsilon: epsilon), weight: weight, bias: nil
    ) { rows, ones, tangent, normed, out in
      let start = rows.lowerBound * x.columns
      GradientOperations.rmsNorm(
        rows: rows.count, columns: x.columns, x: x.primal.mutableFloats + start, weight: ones,
        gradient: tangent + start, epsilon: epsilon, normed: normed + start, dx: out + start)
    }
  }

  public func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value {
    norm(
      x, eager.layerNorm(x.primal, weight: weight, bias: bias, epsilon: epsilon), weight: weight, bias: bias
    ) { rows, ones, tangent, normed, out in
      let start = rows.lowerBound * x.columns
      GradientOperations.layerNorm(
        rows: rows.count, columns: x.columns, x: x.primal.mutableFloats + start, weight: ones,
        gradient: tangent + start, epsilon: epsilon, normed: normed + start, dx: out + start)
    }
  }

  /// Norming's derivative is a symmetric matrix, so what takes slopes back takes tangents forward: with n the normed
  /// rows and ṅ what `body` makes of ẋ, the derivative is w ṅ + ẇ n + ḃ.
  private func norm(
    _ x: Value, _ primal: EagerEvaluator.Value, weight: Parameter?, bias: Parameter?,
    _ body: (
      Range<Int>, _ ones: UnsafePointer<Float>, _ tangent: UnsafePointer<Float>, _ normed: UnsafeMutablePointer<Float>,
      _ out: UnsafeMutablePointer<Float>
    ) -> Void
  ) -> Value {
    let columns = x.columns
    let ones = eager.uninitialized(rows: 1, columns: columns)
    ones.mutableFloats.update(repeating: 1, count: columns)
    let weights = weight.map { eager.floats(of: $0) } ?? ones
    let isMoving = x.tangents != nil || weight.map(moves) == true || bias.map(moves) == true
    return value(primal, isMoving: isMoving) { index in
      let tangent = x.tangents?[index] ?? eager.zeros(rows: x.rows, columns: columns)
      let normed = eager.uninitialized(rows: x.rows, columns: columns)
      let out = eager.uninitialized(rows: x.rows, columns: columns)
      let weightNoise = noise(of: weight, index), biasNoise = noise(of: bias, index)
      threads.forEachRange(of: x.rows, piece: max(1, Tape.piece / max(1, columns))) { rows, _ in
        body(rows, ones.mutableFloats, tangent.mutableFloats, normed.mutableFloats, out.mutableFloats)
        for row in rows {
          let line = out.mutableFloats + row * columns
          RowOperations.activate(.linear, count: columns, gate: line, up: weights.mutableFloats, out: line)
          if let weightNoise {
            GradientOperations.multiplyAdd(
              count: columns, normed.mutableFloats + row * columns, weightNoise.mutableFloats, out: line)
          }
          if let biasNoise { RowOperations.add(count: columns, line, biasNoise.mutableFloats, out: line) }
        }
      }
      return out
    }
  }

  /// A vector's part of a direction; nil where it does not train.
  func noise(of parameter: Parameter?, _ index: Int) -> EagerEvaluator.Value? {
    guard let parameter, moves(parameter) else { return nil }
    let z = eager.uninitialized(rows: 1, columns: parameter.tensor.count)
    directions[index].fill(
      UnsafeMutableBufferPointer(start: z.mutableFloats, count: parameter.tensor.count), of: parameter.path, start: 0)
    return z
  }
}
