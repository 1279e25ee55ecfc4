import Foundation
import TensorCore
import Testing
import TuningCore

/// The operations' formulas in double precision, as plainly as they can be written.
struct Matrix {
  var rows: Int
  var columns: Int
  var values: [Double]

  init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns)
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  init(_ tensor: Tensor) {
    self.init(rows: tensor.rowCount, columns: tensor.rowLength, values: tensor.values.map(Double.init))
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  static func zeros(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
  }

  /// x Wᵀ + b
  func linear(_ weight: Matrix, bias: [Double]? = nil) -> Matrix {
    var out = Matrix.zeros(rows, weight.rows)
    for row in 0..<rows {
      for o in 0..<weight.rows {
        out[row, o] = (0..<columns).reduce(bias?[o] ?? 0) { $0 + self[row, $1] * weight[o, $1] }
      }
    }
    return out
  }

  func rmsNorm(_ weight: [Double], epsilon: Double) -> Matrix {
    var out = self
    for row in 0..<rows {
      let mean = (0..<columns).reduce(0) { $0 + self[row, $1] * self[row, $1] } / Double(columns)
      for c in 0..<columns { out[row, c] = self[row, c] / (mean + epsilon).squareRoot() * weight[c] }
    }
    return out
  }

  func layerNorm(_ weight: [Double]?, bias: [Double]?, epsilon: Double) -> Matrix {
    var out = self
    for row in 0..<rows {
      let mean = (0..<columns).reduce(0) { $0 + self[row, $1] } / Double(columns)
      let variance = (0..<columns).reduce(0) { $0 + (self[row, $1] - mean) * (self[row, $1] - mean) } / Double(columns)
      for c in 0..<columns {
        out[row, c] = (self[row, c] - mean) / (variance + epsilon).squareRoot() * (weight?[c] ?? 1) + (bias?[c] ?? 0)
      }
    }
    return out
  }

  func logSoftmax() -> Matrix {
    var out = self
    for row in 0..<rows {
      let greatest = (0..<columns).map { self[row, $0] }.max()!
      let sum = (0..<columns).reduce(0) { $0 + exp(self[row, $1] - greatest) }
      for c in 0..<columns { out[row, c] = self[row, c] - greatest - log(sum) }
    }
    return out
  }

  /// softmax(q kᵀ / √D) v over the keys that `sees(query, key)`, head by head.
  static func attention(
    _ q: Matrix, _ k: Matrix, _ v: Matrix, heads: AttentionHeads, sees: (Int, Int) -> Bool
  ) -> Matrix {
    var out = Matrix.zeros(q.rows, q.columns)
    let d = heads.dimension
    for head in 0..<heads.queries {
      let group = head * heads.groups / heads.queries
      for row in 0..<q.rows {
        let seen = (0..<k.rows).filter { sees(row, $0) }
        let scores = seen.map { key in
          (0..<d).reduce(0) { $0 + q[row, head * d + $1] * k[key, group * d + $1] } / Double(d).squareRoot()
        }
        let greatest = scores.max()!
        let weights = scores.map { exp($0 - greatest) }, sum = weights.reduce(0, +)
        for i in 0..<d {
          out[row, head * d + i] =
            zip(seen, weights).reduce(0) { $0 + v[$1.0, group * d + i] * $1.1 } / sum
        }
      }
    }
    return out
  }
}

/// Records the first element that is further than `tolerance` · (largest expected magnitude) from the expected one.
func expectClose(
  _ got: some Collection<Float>, _ expected: [Double], tolerance: Double = 2e-6, _ what: String = "",
  at location: SourceLocation = #_sourceLocation
) {
  #expect(got.count == expected.count, "\(what)", sourceLocation: location)
  let bound = tolerance * (expected.map(abs).max() ?? 0) + 1e-30
  for (i, (g, e)) in zip(got, expected).enumerated() where !(abs(Double(g) - e) <= bound) {
    Issue.record("\(what) [\(i)]: \(g), not \(e) ± \(bound)", sourceLocation: location)
    return
  }
}

/// Records the first place where two long lists differ. (`#expect` would look for the shortest edit between them.)
func expectSame<T: Equatable>(
  _ got: [T], _ expected: [T], _ what: String = "", at location: SourceLocation = #_sourceLocation
) {
  #expect(got.count == expected.count, "\(what)", sourceLocation: location)
  guard let i = zip(got, expected).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else { return }
  Issue.record("\(what) [\(i)]: \(got[i]), not \(expected[i])", sourceLocation: location)
}

extension Sequence<Float> {
  var bits: [UInt32] { map(\.bitPattern) }
}

extension EagerEvaluator {
  /// `values` as an activation that every lane shares: rows of a table that does not train.
  func activation(_ values: Tensor) -> Value {
    let table = Parameter(path: "test.activation", tensor: values, role: .embedding)
    return embedding((0..<Int32(values.rowCount)).map { $0 }, table: table)
  }
}

extension EagerEvaluator.Value {
  /// The elements of lane `lane`.
  func array(lane: Int = 0) -> [Float] { Array(floats(lane: lane)) }
}

extension Direction {
  /// Elements 0 ..< count of `path`.
  func elements(of path: ParameterPath, count: Int) -> [Float] {
    var z = [Float](repeating: .nan, count: count)
    z.withUnsafeMutableBufferPointer { fill($0, of: path, start: 0) }
    return z
  }
}

extension Parameter {
  /// The parameter with Σ aᵢ zᵢ added as docs/noise.md says, in `float32`, not training any more.
  func displaced(by terms: [Term]) throws -> Parameter {
    var values = tensor.values
    for term in terms {
      let z = term.direction.elements(of: path, count: values.count)
      for i in values.indices { values[i] = values[i].addingProduct(term.coefficient, z[i]) }
    }
    return Parameter(path: path, tensor: try Tensor(values, shape: tensor.shape), role: role)
  }
}
