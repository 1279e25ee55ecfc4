import Foundation
import TensorCore

/// The rate of plain single-precision products, each thread with rows of its own.
public struct GemmBench: Sendable {
  public var rows: Int
  public var outputs: Int
  public var inputs: Int
  public var threads: Threads
  public var repetitions: Int

  public init(
    rows: Int = 1024, outputs: Int = 3072, inputs: Int = 768, threads: Threads = .available, repetitions: Int = 10
  ) {
    self.rows = rows
    self.outputs = outputs
    self.inputs = inputs
    self.threads = threads
    self.repetitions = repetitions
  }

  public struct Report: Sendable, Codable, Equatable {
    public var rows: Int
    public var outputs: Int
    public var inputs: Int
    public var threads: Int
    /// Of the best repetition.
    public var seconds: Double
    public var gigaflops: Double
  }

  public func run() -> Report {
    let x = [Float](repeating: 0.5, count: rows * inputs), w = [Float](repeating: 0.25, count: outputs * inputs)
    var out = [Float](repeating: 0, count: rows * outputs)
    var best = Double.infinity
    out.withUnsafeMutableBufferPointer { out in
      let piece = (rows + threads.count - 1) / threads.count
      for _ in 0..<repetitions {
        let seconds = Measurement.seconds {
          threads.forEachRange(of: rows, piece: piece) { range, _ in
            x.withUnsafeBufferPointer { x in
              w.withUnsafeBufferPointer { w in
                MatrixProduct.rowsByRows(
                  m: range.count, n: outputs, k: inputs, x: x.baseAddress! + range.lowerBound * inputs, xStride: inputs,
                  w: w.baseAddress!, wStride: inputs, out: out.baseAddress! + range.lowerBound * outputs,
                  outStride: outputs)
              }
            }
          }
        }
        best = min(best, seconds)
      }
    }
    return Report(
      rows: rows, outputs: outputs, inputs: inputs, threads: threads.count, seconds: best,
      gigaflops: 2 * Double(rows) * Double(outputs) * Double(inputs) / best / 1e9)
  }
}
