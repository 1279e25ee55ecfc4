import Foundation
import TensorCore
import TuningCore

/// How fast each law is generated, and how fast moves along it update parameters, against scaling the same memory.
public struct NoiseBench: Sendable {
  public var count: Int
  public var threads: Threads
  public var repetitions: Int

  public init(count: Int = 1 << 24, threads: Threads = .available, repetitions: Int = 5) {
    self.count = count
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Row: Sendable, Codable, Equatable {
    public var law: String
    /// 10⁹ elements a second, best repetition.
    public var generated: Double
    /// By one direction: a step of training.
    public var moved: Double
    /// By one direction after the other, several in a pass over the memory: a replay.
    public var replayed: Double
    /// Of the rate at which the same memory is scaled in place.
    public var movedShareOfScaling: Double
    public var replayedShareOfScaling: Double
  }

  public func run() throws -> [Row] {
    let tensor = try Tensor(zeros: [count])
    var parameters = ParameterSet()
    parameters.append(Parameter(path: "bench", tensor: tensor, role: .linear, isTrainable: true))
    let scaled = best { parameters.apply(Move([], decay: 1e-6), threads: threads) }
    return NoiseLaw.allCases.map { law in
      let direction = Direction(seed: 1, law: law)
      let filled = best {
        threads.forEachRange(of: count, piece: 1 << 14) { range, _ in
          direction.fill(
            UnsafeMutableBufferPointer(rebasing: tensor.mutableFloats[range]), of: "bench", start: range.lowerBound)
        }
      }
      let move = StepUpdate(.move(Move([Term(1e-9, direction)])))
      let moved = best { parameters.apply([move], threads: threads) }
      let steps = Playback.updatesAtOnce
      let replayed =
        best { parameters.apply([StepUpdate](repeating: move, count: steps), threads: threads) } / Double(steps)
      return Row(
        law: law.rawValue, generated: Double(count) / filled / 1e9, moved: Double(count) / moved / 1e9,
        replayed: Double(count) / replayed / 1e9, movedShareOfScaling: scaled / moved,
        replayedShareOfScaling: scaled / replayed)
    }
  }

  private func best(_ body: () -> Void) -> Double {
    (0..<repetitions).map { _ in Measurement.seconds(body) }.min() ?? 0
  }
}
