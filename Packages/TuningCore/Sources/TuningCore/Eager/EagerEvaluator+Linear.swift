import Foundation
import TensorCore

/// A weight's rows cut into panels that are brought into cache, displaced, and used by all lanes.
struct WeightPanels {
  let tensor: Tensor
  let path: ParameterPath
  let plan: DisplacementPlan?
  let rowsPerPanel: Int
  let count: Int

  /// About 384 rows each at most: the product packs its input anew for each panel, which costs a sixth of the time at 192
  /// rows and half of that at 384, and two lanes of 768 columns still stay in cache. An even number of panels shares out
  /// over two or four threads; so does one of rows enough for four.
  init(_ parameter: Parameter, plan: DisplacementPlan, target: Int = 384) {
    tensor = parameter.tensor
    path = parameter.path
    self.plan = plan.displaces(parameter) ? plan : nil
    let rows = parameter.tensor.rowCount
    let panels = (rows + target - 1) / target
    let wanted = rows < 128 ? min(1, panels) : (panels + 3) / 4 * 4
    rowsPerPanel = max(1, (rows + max(1, wanted) - 1) / max(1, wanted))
    count = (rows + rowsPerPanel - 1) / rowsPerPanel
  }

  func rows(_ index: Int) -> Range<Int> {
    index * rowsPerPanel..<min(tensor.rowCount, (index + 1) * rowsPerPanel)
  }

  /// Elements of scratch that a thread needs.
  var scratchCount: Int {
    let panel = rowsPerPanel * tensor.rowLength
    let source = tensor.dtype == .float32 ? 0 : panel
    return source + (plan.map { $0.laneCount * panel + DisplacementPlan.piece } ?? 0)
  }

  /// Panel `index` in `float32`: one pointer a lane, or one for all.
  func read(_ index: Int, scratch: UnsafeMutablePointer<Float>) -> Panel {
    let rows = rows(index), width = tensor.rowLength, size = rowsPerPanel * width
    let start = rows.lowerBound * width, count = rows.count * width
    let source: UnsafePointer<Float>
    var free = scratch
    if tensor.dtype == .float32 {
      source = tensor.bytes.assumingMemoryBound(to: Float.self) + start
    } else {
      tensor.load(from: start, into: UnsafeMutableBufferPointer(start: free, count: count))
      source = UnsafePointer(free)
      free += size
    }
    guard let plan else { return Panel(rows: rows, source: source, displaced: nil, laneStride: 0, moves: []) }
    plan.displace(
      source, count: count, path: path, start: start, out: free, laneStride: size, noise: free + plan.laneCount * size)
    return Panel(rows: rows, source: source, displaced: free, laneStride: size, moves: plan.moves)
  }

  struct Panel {
    let rows: Range<Int>
    let source: UnsafePointer<Float>
    let displaced: UnsafeMutablePointer<Float>?
    let laneStride: Int
    let moves: [Bool]

    func weights(lane: Int) -> UnsafePointer<Float> {
      guard let displaced, moves[lane] else { return source }
      return UnsafePointer(displaced + lane * laneStride)
    }
  }
}

extension EagerEvaluator {
  public func linear(_ x: Value, weight: Parameter, bias: Parameter?) -> Value {
    let outputs = weight.tensor.rowCount, inputs = weight.tensor.rowLength
    precondition(inputs == x.columns, "linear: [\(x.rows), \(x.columns)] by '\(weight.path)' \(weight.tensor.shape)")
    let panels = WeightPanels(weight, plan: plan)
    let biases = bias.map { vector($0) }
    let lanes = max(x.lanes, panels.plan == nil ? 1 : plan.laneCount, biases?.lanes ?? 1)
    let out = make(lanes: lanes, rows: x.rows, columns: outputs)
    // Lanes that share the weight are one product of more rows.
    let (products, rows) = panels.plan == nil && x.lanes == lanes ? (1, lanes * x.rows) : (lanes, x.rows)
    let scratch = workspace.scratch(workers: threads.count, count: panels.scratchCount)
    threads.forEach(panels.count) { index, worker in
      let panel = panels.read(index, scratch: scratch[worker])
      for lane in 0..<products {
        MatrixProduct.rowsByRows(
          m: rows, n: panel.rows.count, k: inputs, x: x.pointer(lane: lane), xStride: inputs,
          w: panel.weights(lane: lane), wStride: inputs, out: out.pointer(lane: lane) + panel.rows.lowerBound,
          outStride: outputs)
      }
      guard let biases else { return }
      for lane in 0..<lanes {
        RowOperations.addBias(
          rows: x.rows, columns: panel.rows.count, stride: outputs,
          bias: biases.pointer(lane: lane) + panel.rows.lowerBound, to: out.pointer(lane: lane) + panel.rows.lowerBound)
      }
    }
    return out
  }

  public func logProbabilities(
    _ x: Value, table: Parameter, bias: Parameter?, targets: [PackedBatch.Target]
  ) -> Value {
    let inputs = table.tensor.rowLength
    precondition(
      inputs == x.columns, "logProbabilities: [\(x.rows), \(x.columns)] by '\(table.path)' \(table.tensor.shape)")
    for target in targets {
      precondition(
        0..<x.rows ~= target.row && 0..<table.tensor.rowCount ~= Int(target.token),
        "logProbabilities: token \(target.token) at row \(target.row) of [\(x.rows), \(table.tensor.rowCount)] logits")
    }
    precondition(
      bias.map { $0.tensor.count == table.tensor.rowCount } ?? true,
      "logProbabilities: '\(table.path)' \(table.tensor.shape) with a bias of \(bias?.tensor.shape ?? [])")
    let panels = WeightPanels(table, plan: plan, target: 256)
    let biases = bias.map { vector($0) }
    let lanes = max(x.lanes, panels.plan == nil ? 1 : plan.laneCount, biases?.lanes ?? 1)
    let out = make(lanes: lanes, rows: targets.count, columns: 1)
    let sums = LogSumExpTable(lanes: lanes, panels: panels.count, rows: x.rows)
    let byPanel = Dictionary(grouping: targets.indices) { Int(targets[$0].token) / panels.rowsPerPanel }
    let logitCount = x.rows * panels.rowsPerPanel
    let scratch = workspace.scratch(workers: threads.count, count: panels.scratchCount + logitCount)
    threads.forEach(panels.count) { index, worker in
      let logits = scratch[worker]
      let panel = panels.read(index, scratch: logits + logitCount)
      let width = panel.rows.count
      for lane in 0..<lanes {
        MatrixProduct.rowsByRows(
          m: x.rows, n: width, k: inputs, x: x.pointer(lane: lane), xStride: inputs, w: panel.weights(lane: lane),
          wStride: inputs, out: logits, outStride: width)
        if let biases {
          RowOperations.addBias(
            rows: x.rows, columns: width, stride: width, bias: biases.pointer(lane: lane) + panel.rows.lowerBound,
            to: logits)
        }
        for row in 0..<x.rows {
          sums.set(lane, index, row, RowOperations.logSumExpParts(count: width, x: logits + row * width))
        }
        for target in byPanel[index] ?? [] {
          let (row, token) = (targets[target].row, Int(targets[target].token))
          out.pointer(lane: lane)[target] = logits[row * width + token - panel.rows.lowerBound]
        }
      }
    }
    threads.forEach(lanes) { lane, _ in
      let normalisers = sums.logSums(lane)
      for (i, target) in targets.enumerated() {
        out.pointer(lane: lane)[i] = Float(Double(out.pointer(lane: lane)[i]) - normalisers[target.row])
      }
    }
    return out
  }
}

/// Greatest logit and Σ exp of each (lane, panel, row), combined in the order of the panels.
private final class LogSumExpTable {
  private let parts: UnsafeMutableBufferPointer<(max: Float, sum: Double)>
  private let panels: Int
  private let rows: Int

  init(lanes: Int, panels: Int, rows: Int) {
    parts = .allocate(capacity: lanes * panels * rows)
    self.panels = panels
    self.rows = rows
  }

  deinit { parts.deallocate() }

  func set(_ lane: Int, _ panel: Int, _ row: Int, _ part: (max: Float, sum: Double)) {
    parts[(lane * panels + panel) * rows + row] = part
  }

  /// log Σ exp of all logits, for each row.
  func logSums(_ lane: Int) -> [Double] {
    (0..<rows).map { row in
      let row = (0..<panels).map { parts[(lane * panels + $0) * rows + row] }
      let greatest = row.reduce(-Float.infinity) { max($0, $1.max) }
      return Double(greatest) + log(row.reduce(0) { $0 + $1.sum * exp(Double($1.max - greatest)) })
    }
  }
}
