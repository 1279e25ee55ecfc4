import Foundation
import TensorCore
import TuningCore

extension Dual {
  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    guard x.tangents != nil || moves(table) || bias.map(moves) == true else {
      let primal = eager.logProbabilities(x.primal, table: table, bias: bias, targets: targets)
      return Value(primal: primal, tangents: nil)
    }
    let head = HeadForward(self, x, table: table, bias: bias, targets: targets)
    return head.run(eager)
  }
}

/// Log-probabilities and their derivatives l̇[token] − Σ p l̇, a panel of words after the other: of each panel and row
/// stay the greatest logit m, Σ exp(l − m) and Σ exp(l − m) l̇.
private struct HeadForward {
  private let x: Dual.Value
  private let table: Parameter
  private let targets: [PackedBatch.Target]
  private let directions: [Direction]
  /// Whether any direction has a part in the table.
  private let tableMoves: Bool
  private let biases: EagerEvaluator.Value?
  /// ḃ by direction.
  private let biasNoises: [EagerEvaluator.Value?]

  /// Words of a panel.
  private static let words = 256

  init(_ dual: Dual, _ x: Dual.Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]) {
    self.x = x
    self.table = table
    self.targets = targets
    directions = dual.directions
    tableMoves = dual.moves(table)
    biases = bias.map { dual.eager.floats(of: $0) }
    biasNoises = dual.directions.indices.map { dual.noise(of: bias, $0) }
  }

  private var width: Int { x.columns }

  func run(_ eager: EagerEvaluator) -> Dual.Value {
    let words = table.tensor.rowCount, panels = (words + Self.words - 1) / Self.words
    let primal = eager.uninitialized(rows: targets.count, columns: 1)
    let tangents = directions.map { _ in eager.uninitialized(rows: targets.count, columns: 1) }
    let sums = PanelSums(panels: panels, rows: x.rows, directions: directions.count)
    let byPanel = Dictionary(grouping: targets.indices) { Int(targets[$0].token) / Self.words }
    // Of a thread: logits, their derivative, and rows of the table and of its noise.
    let size = 2 * Self.words * (x.rows + width)
    let scratch = eager.uninitialized(rows: eager.threads.count, columns: size)
    eager.threads.forEachRange(of: words, piece: Self.words) { words, worker in
      let logits = scratch.mutableFloats + worker * size, slopes = logits + Self.words * x.rows
      let weights = slopes + Self.words * x.rows, noise = weights + Self.words * width
      let panel = words.lowerBound / Self.words
      let rows = read(words, into: weights)
      product(x.primal, rows, words, bias: biases, out: logits)
      for row in 0..<x.rows {
        sums.set(panel, row, RowOperations.logSumExpParts(count: words.count, x: logits + row * words.count))
      }
      for target in byPanel[panel] ?? [] { primal.mutableFloats[target] = element(target, of: logits, words) }
      for index in directions.indices {
        differentiate(rows, words, index, noise: noise, out: slopes)
        for target in byPanel[panel] ?? [] {
          tangents[index].mutableFloats[target] = element(target, of: slopes, words)
        }
        for row in 0..<x.rows {
          let start = row * words.count
          let sum = GradientOperations.exponentialDot(
            count: words.count, shift: sums.greatest(panel, row), x: logits + start, slopes + start)
          sums.set(panel, row, direction: index, sum)
        }
      }
    }
    eager.threads.forEach(1) { _, _ in
      let rows = (0..<x.rows).map { sums.total($0) }
      for (i, target) in targets.enumerated() {
        let row = rows[target.row]
        primal.mutableFloats[i] = Float(Double(primal.mutableFloats[i]) - row.logSum)
        for index in directions.indices { tangents[index].mutableFloats[i] -= Float(row.means[index]) }
      }
    }
    return Dual.Value(primal: primal, tangents: tangents)
  }

  private func element(_ target: Int, of panel: UnsafePointer<Float>, _ words: Range<Int>) -> Float {
    panel[targets[target].row * words.count + Int(targets[target].token) - words.lowerBound]
  }

  /// Rows of the table in `float32`: where they lie, or brought into `scratch`.
  private func read(_ words: Range<Int>, into scratch: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    let start = words.lowerBound * width
    if table.tensor.dtype == .float32 { return table.tensor.bytes.assumingMemoryBound(to: Float.self) + start }
    table.tensor.load(from: start, into: UnsafeMutableBufferPointer(start: scratch, count: words.count * width))
    return UnsafePointer(scratch)
  }

  /// out = ẋ Wᵀ + x Żᵀ + ḃ for these words.
  private func differentiate(
    _ rows: UnsafePointer<Float>, _ words: Range<Int>, _ index: Int, noise: UnsafeMutablePointer<Float>,
    out: UnsafeMutablePointer<Float>
  ) {
    let tangent = x.tangents?[index]
    if let tangent { product(tangent, rows, words, bias: nil, out: out) }
    if tableMoves {
      directions[index].fill(
        UnsafeMutableBufferPointer(start: noise, count: words.count * width), of: table.path,
        start: words.lowerBound * width)
      product(x.primal, noise, words, bias: nil, out: out, accumulate: tangent != nil)
    } else if tangent == nil {
      out.update(repeating: 0, count: x.rows * words.count)
    }
    if let noise = biasNoises[index] { add(noise, words, to: out) }
  }

  private func product(
    _ x: EagerEvaluator.Value, _ rows: UnsafePointer<Float>, _ words: Range<Int>, bias: EagerEvaluator.Value?,
    out: UnsafeMutablePointer<Float>, accumulate: Bool = false
  ) {
    MatrixProduct.rowsByRows(
      m: x.rows, n: words.count, k: width, x: x.mutableFloats, xStride: width, w: rows, wStride: width, out: out,
      outStride: words.count, accumulate: accumulate)
    if let bias { add(bias, words, to: out) }
  }

  private func add(_ bias: EagerEvaluator.Value, _ words: Range<Int>, to out: UnsafeMutablePointer<Float>) {
    RowOperations.addBias(
      rows: x.rows, columns: words.count, stride: words.count, bias: bias.mutableFloats + words.lowerBound, to: out)
  }
}

/// What stays of each panel and row, combined in the order of the panels.
private final class PanelSums {
  private let panels: Int
  private let rows: Int
  private let directions: Int
  private let parts: UnsafeMutableBufferPointer<(max: Float, sum: Double)>
  private let products: UnsafeMutableBufferPointer<Double>

  init(panels: Int, rows: Int, directions: Int) {
    self.panels = panels
    self.rows = rows
    self.directions = directions
    parts = .allocate(capacity: panels * rows)
    products = .allocate(capacity: panels * rows * directions)
  }

  deinit {
    parts.deallocate()
    products.deallocate()
  }

  func set(_ panel: Int, _ row: Int, _ part: (max: Float, sum: Double)) { parts[panel * rows + row] = part }

  func set(_ panel: Int, _ row: Int, direction: Int, _ sum: Double) {
    products[(panel * rows + row) * directions + direction] = sum
  }

  func greatest(_ panel: Int, _ row: Int) -> Float { parts[panel * rows + row].max }

  /// log Σ exp of a row's logits, and Σ p l̇ of each direction.
  func total(_ row: Int) -> (logSum: Double, means: [Double]) {
    let greatest = (0..<panels).reduce(-Float.infinity) { max($0, parts[$1 * rows + row].max) }
    var sum = 0.0, means = [Double](repeating: 0, count: directions)
    for panel in 0..<panels {
      let part = parts[panel * rows + row], factor = exp(Double(part.max - greatest))
      sum += part.sum * factor
      for index in 0..<directions { means[index] += products[(panel * rows + row) * directions + index] * factor }
    }
    return (Double(greatest) + log(sum), means.map { $0 / sum })
  }
}
