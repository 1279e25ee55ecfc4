import TensorCore

/// How benchmarks take time.
enum Measurement {
  /// Seconds that `body` takes.
  static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let watch = Stopwatch()
    try body()
    return watch.seconds
  }

  /// The middle one; of an even number, the upper of both.
  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// How a benchmark goes over memory: every thread over a part of its own, slice by slice, around again until the slices
/// are done. With one slice the part stays in the thread's cache, with many it comes from memory every time.
struct MemorySweep {
  let threads: Threads
  /// Elements of a slice, and slices of a part.
  let sliceCount: Int
  let slices: Int
  /// How many slices each thread takes in a sweep.
  let steps: Int

  /// Seconds of each slice, by thread. Slices are so short that most pass without the system taking the processor away:
  /// their median is the rate of a processor that is one's own.
  func seconds(_ body: (_ thread: Int, _ start: Int) -> Void) -> [[Double]] {
    var times = [[Double]](repeating: [Double](repeating: 0, count: steps), count: threads.count)
    times.withUnsafeMutableBufferPointer { times in
      nonisolated(unsafe) let times = times
      threads.forEach(threads.count) { thread, _ in
        times[thread] = (0..<steps).map { step in
          Measurement.seconds { body(thread, step % slices * sliceCount) }
        }
      }
    }
    return times
  }

  /// Elements a second of all threads together, from the slices' times.
  func rate(_ seconds: [[Double]]) -> Double {
    seconds.reduce(0) { $0 + Double(sliceCount) / Measurement.median($1) }
  }
}
