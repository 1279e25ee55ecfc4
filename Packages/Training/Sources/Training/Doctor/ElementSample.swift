import TensorCore
import TuningCore

/// Some elements of the trainable parameters that a step may move, to see whether it does.
struct ElementSample {
  private static let pieces = 8, pieceLength = 64

  private var values: [ParameterPath: [(start: Int, values: [Float], isAsked: [Bool])]] = [:]

  /// - Parameter supports: what the step's parts may move.
  init(_ parameters: ParameterSet, supports: [Support]) {
    for parameter in parameters.trainable {
      let count = parameter.tensor.count, length = min(Self.pieceLength, count)
      let starts = Set((0..<Self.pieces).map { (count - length) * $0 / (Self.pieces - 1) }).sorted()
      values[parameter.path] = starts.map { start in
        (start, parameter.values(from: start, count: length), parameter.isAsked(from: start, count: length, supports))
      }
    }
  }

  /// What became of the elements that were to move.
  struct Change {
    var asked = 0
    /// Those that have another value.
    var moved = 0
    /// Σ of squares, of the values as they were and of what was added to them.
    var (before, added) = (0.0, 0.0)
  }

  func change(to parameters: ParameterSet) -> Change {
    var change = Change()
    for (path, pieces) in values {
      for piece in pieces {
        let now = parameters.require(path).values(from: piece.start, count: piece.values.count)
        for (i, old) in piece.values.enumerated() where piece.isAsked[i] {
          change.asked += 1
          if now[i] != old { change.moved += 1 }
          change.before += Double(old) * Double(old)
          change.added += Double(now[i] - old) * Double(now[i] - old)
        }
      }
    }
    return change
  }
}

extension Parameter {
  fileprivate func values(from start: Int, count: Int) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { tensor.load(from: start, into: $0) }
    return values
  }

  fileprivate func isAsked(from start: Int, count: Int, _ supports: [Support]) -> [Bool] {
    var isAsked = [Bool](repeating: false, count: count)
    for mask in supports.compactMap({ $0.mask(of: path) }) {
      var ones = [Float](repeating: 1, count: count)
      ones.withUnsafeMutableBufferPointer { mask.clear($0, pathHash: path.hash, start: start) }
      for i in ones.indices where ones[i] != 0 { isAsked[i] = true }
    }
    return isAsked
  }
}
