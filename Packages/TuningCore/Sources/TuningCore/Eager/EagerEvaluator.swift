import TensorCore

/// Runs a model's operations at once, in `float32`, at several displacements of its parameters side by side.
///
/// Each displacement is a *lane* of every activation. A weight is read once for all lanes: a panel of its rows is
/// brought into cache, each lane's a·z is added there, and the products of all lanes follow. Parameters are never
/// written. Lanes stay one as long as nothing displaced has been read, so what lies below the first trainable
/// parameter is computed once.
///
/// Results do not depend on the number of threads: work is cut by shape alone and every sum has one order.
public final class EagerEvaluator: Evaluator {
  /// An activation: `lanes` × [rows, columns]. One lane stands for all of them while they are equal.
  public struct Value {
    var buffer: ActivationBuffer
    public let lanes: Int
    public let rows: Int
    public let columns: Int

    /// [rows, columns] of lane `lane`, which may be any of the evaluation's lanes.
    public func floats(lane: Int = 0) -> UnsafeBufferPointer<Float> {
      UnsafeBufferPointer(start: pointer(lane: lane), count: rows * columns)
    }

    func pointer(lane: Int) -> UnsafeMutablePointer<Float> {
      buffer.floats + (lanes == 1 ? 0 : lane) * rows * columns
    }

    var count: Int { rows * columns }
  }

  public let threads: Threads
  public let workspace: Workspace
  let plan: DisplacementPlan

  /// - Parameters:
  ///   - displacements: one lane each.
  ///   - workspace: nil: one of its own.
  public init(
    threads: Threads = .available, displacements: [Displacement] = [.none], workspace: Workspace? = nil
  ) {
    precondition(!displacements.isEmpty, "EagerEvaluator: no displacement to evaluate at")
    self.threads = threads
    self.workspace = workspace ?? Workspace(isIdle: threads.isIdle)
    plan = DisplacementPlan(displacements)
  }

  func make(lanes: Int, rows: Int, columns: Int) -> Value {
    Value(
      buffer: ActivationBuffer(count: lanes * rows * columns, in: workspace), lanes: lanes, rows: rows,
      columns: columns)
  }

  /// Elements of an elementwise operation that one thread takes at a time.
  static let piece = 1 << 15

  // MARK: Operations by row and by element

  public func embedding(_ tokens: [Int32], table: Parameter) -> Value {
    let width = table.tensor.rowLength, vocabulary = table.tensor.rowCount
    let displaced = plan.displaces(table)
    let out = make(lanes: displaced ? plan.laneCount : 1, rows: tokens.count, columns: width)
    let scratch = workspace.scratch(workers: threads.count, count: width + DisplacementPlan.piece)
    threads.forEachRange(of: tokens.count, piece: 16) { rows, worker in
      let source = scratch[worker], noise = source + width
      for row in rows {
        let token = Int(tokens[row])
        precondition(token >= 0 && token < vocabulary, "embedding: token \(token) of a table of \(vocabulary) rows")
        table.tensor.load(from: token * width, into: UnsafeMutableBufferPointer(start: source, count: width))
        for lane in 0..<out.lanes { (out.pointer(lane: lane) + row * width).update(from: source, count: width) }
        if displaced {
          plan.displace(
            source, count: width, path: table.path, start: token * width, out: out.pointer(lane: 0) + row * width,
            laneStride: out.count, noise: noise)
        }
      }
    }
    return out
  }

  public func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value {
    precondition(weight.tensor.count == x.columns, "rmsNorm: [\(x.rows), \(x.columns)] by \(weight.tensor.shape)")
    let weights = vector(weight)
    let out = make(lanes: max(x.lanes, weights.lanes), rows: x.rows, columns: x.columns)
    forEachRow(of: out) { lane, rows in
      RowOperations.rmsNorm(
        rows: rows.count, columns: x.columns, x: x.pointer(lane: lane) + rows.lowerBound * x.columns,
        weight: weights.pointer(lane: lane), epsilon: epsilon,
        out: out.pointer(lane: lane) + rows.lowerBound * x.columns)
    }
    return out
  }

  public func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value {
    for parameter in [weight, bias].compactMap({ $0 }) {
      precondition(
        parameter.tensor.count == x.columns,
        "layerNorm: [\(x.rows), \(x.columns)] by '\(parameter.path)' \(parameter.tensor.shape)")
    }
    let weights = weight.map { vector($0) } ?? constant(1, count: x.columns)
    let biases = bias.map { vector($0) } ?? constant(0, count: x.columns)
    let out = make(lanes: max(x.lanes, weights.lanes, biases.lanes), rows: x.rows, columns: x.columns)
    forEachRow(of: out) { lane, rows in
      RowOperations.layerNorm(
        rows: rows.count, columns: x.columns, x: x.pointer(lane: lane) + rows.lowerBound * x.columns,
        weight: weights.pointer(lane: lane), bias: biases.pointer(lane: lane), epsilon: epsilon,
        out: out.pointer(lane: lane) + rows.lowerBound * x.columns)
    }
    return out
  }

  public func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value {
    precondition(
      a.rows == b.rows && a.columns == b.columns, "add: [\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)]")
    let out = target(reusing: &a, lanes: max(a.lanes, b.lanes))
    let a = a
    forEachPiece(of: out) { lane, piece in
      let x = a.pointer(lane: lane) + piece.lowerBound, y = b.pointer(lane: lane) + piece.lowerBound
      let z = out.pointer(lane: lane) + piece.lowerBound
      if scale == 1 {
        RowOperations.add(count: piece.count, x, y, out: z)
      } else {
        RowOperations.add(count: piece.count, x, scale: scale, y, out: z)
      }
    }
    return out
  }

  public func activate(_ activation: Activation, _ x: consuming Value) -> Value {
    let out = target(reusing: &x, lanes: x.lanes)
    let x = x
    forEachPiece(of: out) { lane, piece in
      RowOperations.activate(
        activation, count: piece.count, x: x.pointer(lane: lane) + piece.lowerBound,
        out: out.pointer(lane: lane) + piece.lowerBound)
    }
    return out
  }

  public func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value {
    precondition(
      gate.rows == up.rows && gate.columns == up.columns,
      "activate: a gate [\(gate.rows), \(gate.columns)] for [\(up.rows), \(up.columns)]")
    let out = target(reusing: &gate, lanes: max(gate.lanes, up.lanes))
    let gate = gate
    forEachPiece(of: out) { lane, piece in
      RowOperations.activate(
        activation, count: piece.count, gate: gate.pointer(lane: lane) + piece.lowerBound,
        up: up.pointer(lane: lane) + piece.lowerBound, out: out.pointer(lane: lane) + piece.lowerBound)
    }
    return out
  }

  public func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value {
    let rows = x.rows, columns = x.columns
    precondition(
      columns == heads * angles.half * 2, "rotary: \(columns) columns for \(heads) heads of \(angles.half * 2)")
    precondition(
      angles.cosines.count == rows * angles.half,
      "rotary: angles for \(angles.cosines.count / angles.half) of \(rows) rows")
    let out = target(reusing: &x, lanes: x.lanes)
    let x = x
    angles.cosines.withUnsafeBufferPointer { cosines in
      angles.sines.withUnsafeBufferPointer { sines in
        forEachRow(of: out) { lane, range in
          for row in range {
            let target = out.pointer(lane: lane) + row * columns
            if x.buffer !== out.buffer { target.update(from: x.pointer(lane: lane) + row * columns, count: columns) }
            RowOperations.rotary(
              heads: heads, dimension: angles.half * 2, cosines: cosines.baseAddress! + row * angles.half,
              sines: sines.baseAddress! + row * angles.half, x: target)
          }
        }
      }
    }
    return out
  }

  public func gather(_ x: Value, rows: [Int]) -> Value {
    let out = make(lanes: x.lanes, rows: rows.count, columns: x.columns)
    for lane in 0..<x.lanes {
      for (i, row) in rows.enumerated() {
        precondition(row >= 0 && row < x.rows, "gather: row \(row) of \(x.rows)")
        (out.pointer(lane: lane) + i * x.columns).update(
          from: x.pointer(lane: lane) + row * x.columns, count: x.columns)
      }
    }
    return out
  }

  public func concatenate(_ a: Value, _ b: Value) -> Value {
    precondition(a.columns == b.columns, "concatenate: [\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)]")
    let out = make(lanes: max(a.lanes, b.lanes), rows: a.rows + b.rows, columns: a.columns)
    for lane in 0..<out.lanes {
      out.pointer(lane: lane).update(from: a.pointer(lane: lane), count: a.count)
      (out.pointer(lane: lane) + a.count).update(from: b.pointer(lane: lane), count: b.count)
    }
    return out
  }

  // MARK: Shared by the operations

  /// A vector parameter in `float32`, displaced in each lane.
  func vector(_ parameter: Parameter) -> Value {
    let count = parameter.tensor.count
    let displaced = plan.displaces(parameter)
    let out = make(lanes: displaced ? plan.laneCount : 1, rows: 1, columns: count)
    for lane in 0..<out.lanes {
      parameter.tensor.load(from: 0, into: UnsafeMutableBufferPointer(start: out.pointer(lane: lane), count: count))
    }
    if displaced {
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count + DisplacementPlan.piece) { scratch in
        let source = scratch.baseAddress!
        source.update(from: out.pointer(lane: 0), count: count)
        plan.displace(
          source, count: count, path: parameter.path, start: 0, out: out.pointer(lane: 0), laneStride: count,
          noise: source + count)
      }
    }
    return out
  }

  private func constant(_ value: Float, count: Int) -> Value {
    let out = make(lanes: 1, rows: 1, columns: count)
    out.pointer(lane: 0).update(repeating: value, count: count)
    return out
  }

  /// `value`'s own memory where nobody else reads it and it has as many lanes as the result; new memory otherwise.
  private func target(reusing value: inout Value, lanes: Int) -> Value {
    if value.lanes == lanes, isKnownUniquelyReferenced(&value.buffer) { return value }
    return make(lanes: lanes, rows: value.rows, columns: value.columns)
  }

  private func forEachPiece(of value: Value, _ body: (_ lane: Int, _ piece: Range<Int>) -> Void) {
    let pieces = (value.count + EagerEvaluator.piece - 1) / EagerEvaluator.piece
    threads.forEach(value.lanes * pieces) { index, _ in
      let start = index % pieces * EagerEvaluator.piece
      body(index / pieces, start..<min(value.count, start + EagerEvaluator.piece))
    }
  }

  private func forEachRow(of value: Value, _ body: (_ lane: Int, _ rows: Range<Int>) -> Void) {
    let rowsEach = max(1, EagerEvaluator.piece / max(1, value.columns))
    let pieces = (value.rows + rowsEach - 1) / rowsEach
    threads.forEach(value.lanes * pieces) { index, _ in
      let start = index % pieces * rowsEach
      body(index / pieces, start..<min(value.rows, start + rowsEach))
    }
  }
}
