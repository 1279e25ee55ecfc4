import TensorCore
import TuningCore

/// Operations by row and by element.
extension Tape {
  public func embedding(_ tokens: [Int32], table: Parameter) -> Value {
    let sum = sums.place(of: table), width = table.tensor.rowLength
    return result(eager.embedding(tokens, table: table), isTracked: sum != nil) { slopes in
      guard let sum else { return }
      // In the order of the rows: a token may occur several times.
      for (row, token) in tokens.enumerated() {
        let place = sum + Int(token) * width
        RowOperations.add(count: width, place, slopes.mutableFloats + row * width, out: place)
      }
    }
  }

  public func gather(_ x: Value, rows: [Int]) -> Value {
    result(eager.gather(x.primal, rows: rows), isTracked: x.node != nil) { [self, node = x.node] slopes in
      let whole = eager.zeros(rows: x.rows, columns: x.columns)
      for (i, row) in rows.enumerated() {
        let place = whole.mutableFloats + row * x.columns
        RowOperations.add(count: x.columns, place, slopes.mutableFloats + i * x.columns, out: place)
      }
      add(whole, to: node)
    }
  }

  public func concatenate(_ a: Value, _ b: Value) -> Value {
    let (first, second) = (a.node, b.node), (upper, lower) = (a.rows, b.rows), columns = a.columns
    return result(
      eager.concatenate(a.primal, b.primal), isTracked: first != nil || second != nil
    ) { [self] slopes in
      func give(_ rows: Int, from row: Int, to node: Node?) {
        guard node != nil else { return }
        let part = eager.uninitialized(rows: rows, columns: columns)
        part.mutableFloats.update(from: slopes.mutableFloats + row * columns, count: rows * columns)
        add(part, to: node)
      }
      give(upper, from: 0, to: first)
      give(lower, from: upper, to: second)
    }
  }

  public func add(_ a: consuming Value, _ b: Value, scale: Float) -> Value {
    let (first, second) = (a.node, b.node)
    return result(
      eager.add(a.primal, b.primal, scale: scale), isTracked: first != nil || second != nil
    ) { [self] slopes in
      if second != nil {
        // The first addend takes the memory of `slopes`, the second one of its own.
        let scaled = eager.uninitialized(rows: slopes.rows, columns: slopes.columns)
        forEachPiece(slopes.rows * slopes.columns) { range in
          let place = scaled.mutableFloats + range.lowerBound
          place.update(from: slopes.mutableFloats + range.lowerBound, count: range.count)
          if scale != 1 { RowOperations.scale(count: range.count, by: scale, x: place) }
        }
        add(scaled, to: second)
      }
      add(slopes, to: first)
    }
  }

  public func activate(_ activation: Activation, _ x: consuming Value) -> Value {
    let x = x
    return result(eager.activate(activation, x.primal), isTracked: x.node != nil) { [self] slopes in
      forEachPiece(x.count) { range in
        let place = slopes.mutableFloats + range.lowerBound
        GradientOperations.activation(
          activation, count: range.count, x: x.pointer + range.lowerBound, gradient: place, out: place)
      }
      add(slopes, to: x.node)
    }
  }

  public func activate(_ activation: Activation, gate: consuming Value, up: Value) -> Value {
    let gate = gate
    return result(
      eager.activate(activation, gate: gate.primal, up: up.primal), isTracked: gate.node != nil || up.node != nil
    ) { [self] slopes in
      if up.node != nil {
        let upward = eager.uninitialized(rows: up.rows, columns: up.columns)
        forEachPiece(up.count) { range in
          let start = range.lowerBound
          RowOperations.activate(
            activation, count: range.count, gate: gate.pointer + start, up: slopes.mutableFloats + start,
            out: upward.mutableFloats + start)
        }
        add(upward, to: up.node)
      }
      guard gate.node != nil else { return }
      forEachPiece(gate.count) { range in
        let place = slopes.mutableFloats + range.lowerBound
        RowOperations.activate(
          .linear, count: range.count, gate: place, up: up.pointer + range.lowerBound, out: place)
        GradientOperations.activation(
          activation, count: range.count, x: gate.pointer + range.lowerBound, gradient: place, out: place)
      }
      add(slopes, to: gate.node)
    }
  }

  public func rotary(_ x: consuming Value, heads: Int, angles: RotaryAngles) -> Value {
    let node = x.node
    return result(eager.rotary(x.primal, heads: heads, angles: angles), isTracked: node != nil) { [self] slopes in
      // A rotation's transpose turns back.
      add(eager.rotary(slopes, heads: heads, angles: angles.reversed), to: node)
    }
  }

  public func rmsNorm(_ x: Value, weight: Parameter, epsilon: Float) -> Value {
    let primal = eager.rmsNorm(x.primal, weight: weight, epsilon: epsilon)
    let sum = sums.place(of: weight)
    return result(primal, isTracked: x.node != nil || sum != nil) { [self] slopes in
      let weights = eager.floats(of: weight)
      normBackward(x, slopes, weight: sum, bias: nil) { rows, normed, dx in
        let start = rows.lowerBound * x.columns
        GradientOperations.rmsNorm(
          rows: rows.count, columns: x.columns, x: x.pointer + start, weight: weights.mutableFloats,
          gradient: slopes.mutableFloats + start, epsilon: epsilon, normed: normed + start, dx: dx + start)
      }
    }
  }

  public func layerNorm(_ x: Value, weight: Parameter?, bias: Parameter?, epsilon: Float) -> Value {
    let primal = eager.layerNorm(x.primal, weight: weight, bias: bias, epsilon: epsilon)
    let (weightSum, biasSum) = (sums.place(of: weight), sums.place(of: bias))
    return result(primal, isTracked: x.node != nil || weightSum != nil || biasSum != nil) { [self] slopes in
      let weights = weight.map { eager.floats(of: $0) } ?? eager.ones(columns: x.columns)
      normBackward(x, slopes, weight: weightSum, bias: biasSum) { rows, normed, dx in
        let start = rows.lowerBound * x.columns
        GradientOperations.layerNorm(
          rows: rows.count, columns: x.columns, x: x.pointer + start, weight: weights.mutableFloats,
          gradient: slopes.mutableFloats + start, epsilon: epsilon, normed: normed + start, dx: dx + start)
      }
    }
  }

  /// `body` writes, for a range of rows, the normed rows and the input's slopes.
  private func normBackward(
    _ x: Value, _ slopes: EagerEvaluator.Value, weight: UnsafeMutablePointer<Float>?,
    bias: UnsafeMutablePointer<Float>?,
    _ body: (Range<Int>, _ normed: UnsafeMutablePointer<Float>, _ dx: UnsafeMutablePointer<Float>) -> Void
  ) {
    let normed = eager.uninitialized(rows: x.rows, columns: x.columns)
    let dx = eager.uninitialized(rows: x.rows, columns: x.columns)
    threads.forEachRange(of: x.rows, piece: max(1, Tape.piece / max(1, x.columns))) { rows, _ in
      body(rows, normed.mutableFloats, dx.mutableFloats)
    }
    if let weight { addColumnSums(of: slopes, times: normed, to: weight) }
    if let bias { addColumnSums(of: slopes, to: bias) }
    add(dx, to: x.node)
  }

  func forEachPiece(_ count: Int, _ body: (Range<Int>) -> Void) {
    threads.forEachRange(of: count, piece: Tape.piece) { range, _ in body(range) }
  }

  /// sum[c] += Σ_r x[r, c] · factor[r, c], row after row.
  func addColumnSums(
    of x: EagerEvaluator.Value, times factor: EagerEvaluator.Value? = nil, to sum: UnsafeMutablePointer<Float>
  ) {
    nonisolated(unsafe) let sum = sum
    threads.forEachRange(of: x.columns, piece: 128) { columns, _ in
      let place = sum + columns.lowerBound
      for row in 0..<x.rows {
        let start = row * x.columns + columns.lowerBound
        if let factor {
          GradientOperations.multiplyAdd(
            count: columns.count, x.mutableFloats + start, factor.mutableFloats + start, out: place)
        } else {
          RowOperations.add(count: columns.count, place, x.mutableFloats + start, out: place)
        }
      }
    }
  }
}

extension EagerEvaluator {
  fileprivate func ones(columns: Int) -> Value {
    let value = uninitialized(rows: 1, columns: columns)
    value.mutableFloats.update(repeating: 1, count: columns)
    return value
  }
}
