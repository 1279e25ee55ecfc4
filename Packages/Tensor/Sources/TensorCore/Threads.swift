import CTensorKernels
import Foundation

/// How many threads an operation may use, and the pool that they come from.
///
/// The pieces of work are the same whatever the number of threads, so results do not depend on it.
public struct Threads: Sendable, Equatable {
  /// Greatest number of threads, the caller's among them.
  public let count: Int
  /// Whether they do nothing.
  public let isIdle: Bool

  public init(_ count: Int) { self.init(count, isIdle: false) }

  private init(_ count: Int, isIdle: Bool) {
    precondition(count >= 1, "Threads: \(count)")
    self.count = count
    self.isIdle = isIdle
  }

  /// As many threads that do nothing: operations take their memory without filling it, so what they need shows at no
  /// cost. Their results are no numbers to go by.
  public static func idle(_ count: Int) -> Threads { Threads(count, isIdle: true) }

  /// One thread for every processor that this process may use, within the share that a container leaves it.
  public static let available = Threads(
    max(1, min(ProcessInfo.processInfo.activeProcessorCount, ControlGroups().processors ?? .max)))

  /// Runs `body(index, worker)` for every index below `count` and waits; `worker` is below `self.count` and tells
  /// which scratch memory is free. Within another `forEach`, runs on the calling thread.
  public func forEach(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    guard !isIdle else { return }
    withoutActuallyEscaping(body) { body in
      var body = body
      withUnsafeMutablePointer(to: &body) { pointer in
        zt_parallel(
          count, Int32(self.count),
          { context, index, worker in
            context!.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(index, Int(worker))
          }, pointer)
      }
    }
  }

  /// `forEach` over equal ranges of `0 ..< total`, each of `piece` elements but the last.
  public func forEachRange(of total: Int, piece: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
    forEach((total + piece - 1) / piece) { index, worker in
      body(index * piece..<min(total, (index + 1) * piece), worker)
    }
  }
}
