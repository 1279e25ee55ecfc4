import Foundation
import TensorCore

/// The rate of every kernel against what the machine does at the same moment: kernels that go over memory against a
/// plain copy and a scaling in place of as many bytes, in cache and out of it.
public struct KernelBench: Sendable {
  /// Rows of a slice, and slices that a thread goes through: one stays in its cache, many fit no cache.
  public var sliceRows: Int
  public var slices: Int
  /// Numbers of threads to measure with.
  public var threads: [Threads]
  /// How often kernel and ceiling take turns.
  public var repetitions: Int

  public init(
    sliceRows: Int = 32, slices: Int = 500, threads: [Threads] = KernelBench.oneAndAll, repetitions: Int = 3
  ) {
    self.sliceRows = sliceRows
    self.slices = slices
    self.threads = threads
    self.repetitions = repetitions
  }

  /// Elements of a row.
  public static let columns = 768
  /// One thread, and all there are.
  public static let oneAndAll = Threads.available.count == 1 ? [Threads(1)] : [Threads(1), .available]

  /// One kernel in one place with some threads.
  public struct Row: Sendable, Codable, Equatable {
    public var kernel: String
    public var threads: Int
    /// Whether what it goes over stays in cache.
    public var isCached: Bool
    /// 10⁹ elements a second.
    public var gigaelements: Double
    /// 10⁹ bytes read and written a second, and those of the better of copy and scaling beside it.
    public var gigabytes: Double
    public var ceilingGigabytes: Double
    /// Of the ceiling.
    public var share: Double
  }

  /// Every kernel, in and out of cache, for each number of threads.
  public func run() throws -> [Row] {
    try threads.flatMap { threads in
      let parts = try (0..<threads.count).map { _ in try KernelMemory(count: slices * sliceRows * KernelBench.columns) }
      return [true, false].flatMap { isCached in
        let sweep = MemorySweep(
          threads: threads, sliceCount: sliceRows * KernelBench.columns, slices: isCached ? 1 : slices, steps: slices)
        return MemoryKernel.all.map { measure($0, sweep, parts) }
      }
    }
  }

  /// The ceiling and the kernel turn by turn.
  private func measure(_ kernel: MemoryKernel, _ sweep: MemorySweep, _ parts: [KernelMemory]) -> Row {
    var rate = 0.0, copying = 0.0, scaling = 0.0
    for _ in 0..<repetitions {
      copying = max(
        copying,
        sweep.rate(
          sweep.seconds { thread, start in
            let slice = parts[thread].slice(start, count: sweep.sliceCount)
            slice.out.update(from: slice.x, count: slice.count)
          }))
      scaling = max(
        scaling,
        sweep.rate(
          sweep.seconds { thread, start in
            RowOperations.scale(
              count: sweep.sliceCount, by: 1, x: parts[thread].slice(start, count: sweep.sliceCount).out)
          }))
      rate = max(
        rate,
        sweep.rate(sweep.seconds { thread, start in kernel.run(parts[thread].slice(start, count: sweep.sliceCount)) }))
    }
    let ceiling = 8 * max(copying, scaling)
    return Row(
      kernel: kernel.name, threads: sweep.threads.count, isCached: sweep.slices == 1, gigaelements: rate / 1e9,
      gigabytes: kernel.bytes * rate / 1e9, ceilingGigabytes: ceiling / 1e9, share: kernel.bytes * rate / ceiling)
  }
}

/// What one thread's kernels work on.
final class KernelMemory: @unchecked Sendable {
  private let tensors: [Tensor]

  init(count: Int) throws {
    tensors = try [DType.float32, .float32, .float32, .float16, .bfloat16].map { try Tensor(zeros: [count], dtype: $0) }
    for (number, tensor) in tensors[..<3].enumerated() {
      AddressedNoise.fill(tensor.mutableFloats, law: .gaussianFast, seed: UInt64(number), pathHash: 0, start: 0)
    }
    for tensor in tensors[3...] { tensor.store(tensors[0].floats, at: 0) }
  }

  func slice(_ start: Int, count: Int) -> KernelSlice {
    KernelSlice(
      start: start, count: count, x: tensors[0].mutableFloats.baseAddress! + start,
      y: tensors[1].mutableFloats.baseAddress! + start, out: tensors[2].mutableFloats.baseAddress! + start,
      float16: tensors[3], bfloat16: tensors[4])
  }
}

/// A stretch of a thread's memory: three of floats, two of the narrow formats, which hold `x`.
struct KernelSlice {
  let start: Int
  let count: Int
  let x: UnsafeMutablePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let out: UnsafeMutablePointer<Float>
  let float16: Tensor
  let bfloat16: Tensor
}
