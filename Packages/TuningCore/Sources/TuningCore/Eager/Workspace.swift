import Foundation
import TensorCore

/// Memory that evaluations use again and again: activations, and scratch for each thread. Taking fresh pages from the
/// kernel for every operation would cost more than many of the operations.
///
/// Activations lie in one stretch of address space, each at the lowest place where it fits, so what is resident is
/// little more than the most that was ever in use at once, however batches and layers differ.
public final class Workspace {
  private let arena: Storage
  /// What is in use, by offset.
  private var used: [Range<Int>] = []
  private var scratch: [Storage] = []
  /// The highest byte that was ever in use: what the activations keep resident.
  public private(set) var peakBytes = 0

  /// - Parameter isIdle: for threads that do nothing: as nothing is written, more can be taken than the machine has.
  public init(isIdle: Bool = false) {
    // As much as the machine has: only what is written takes memory.
    arena = Workspace.reserve(isIdle ? 1 << 46 : Int(clamping: ProcessInfo.processInfo.physicalMemory))
  }

  /// Up to `byteCount` bytes of address space: where a process may have less of it (ulimit -v), half of what it may.
  private static func reserve(_ byteCount: Int) -> Storage {
    var size = byteCount
    while size > 1 << 20 {
      if let storage = try? Storage.reserved(byteCount: size) { return storage }
      size /= 2
    }
    return require(size) { try Storage.reserved(byteCount: $0) }
  }

  /// What scratch for the threads keeps resident.
  public var scratchBytes: Int { scratch.reduce(0) { $0 + $1.byteCount } }

  /// At least `byteCount` bytes, not zeroed.
  func take(byteCount: Int) -> Range<Int> {
    let size = (max(byteCount, 64) + 63) & ~63
    var place = 0, position = 0
    while position < used.count, used[position].lowerBound - place < size {
      place = used[position].upperBound
      position += 1
    }
    guard place + size <= arena.byteCount else {
      fatalError(
        "activations need \(place + size) bytes, and there is room for \(arena.byteCount): use a smaller batch")
    }
    used.insert(place..<place + size, at: position)
    peakBytes = max(peakBytes, place + size)
    return place..<place + size
  }

  func giveBack(_ range: Range<Int>) { used.removeAll { $0 == range } }

  func floats(at range: Range<Int>) -> UnsafeMutablePointer<Float> {
    (arena.base + range.lowerBound).assumingMemoryBound(to: Float.self)
  }

  /// `count` floats for each of `workers` threads, the same memory at every call.
  func scratch(workers: Int, count: Int) -> [UnsafeMutablePointer<Float>] {
    let bytes = (count * 4 + 63) & ~63
    if scratch.count < workers || scratch.contains(where: { $0.byteCount < bytes }) {
      scratch.removeAll()
      scratch = (0..<workers).map { _ in Workspace.require(bytes) { try Storage.owned(byteCount: $0) } }
    }
    return scratch.map { $0.base.assumingMemoryBound(to: Float.self) }
  }

  /// An evaluation cannot do without its memory, and an operation has no caller who could mend it.
  private static func require(_ byteCount: Int, _ make: (Int) throws -> Storage) -> Storage {
    do { return try make(byteCount) } catch { fatalError("\(error)") }
  }
}

/// One activation's memory; returns to its workspace when the last user lets go.
final class ActivationBuffer {
  let floats: UnsafeMutablePointer<Float>
  private let range: Range<Int>
  private let workspace: Workspace

  init(count: Int, in workspace: Workspace) {
    range = workspace.take(byteCount: count * 4)
    floats = workspace.floats(at: range)
    self.workspace = workspace
  }

  deinit { workspace.giveBack(range) }
}
