import TensorCore

/// Memory that evaluations use again and again: activations, and scratch for each thread. Taking fresh pages from the
/// kernel for every operation would cost more than many of the operations.
public final class Workspace {
  private var free: [Storage] = []
  private var freeBytes = 0
  private var inUseBytes = 0
  private var scratch: [Storage] = []
  /// Greatest number of bytes of activations in use at once, since the beginning.
  public private(set) var peakBytes = 0

  public init() {}

  /// At least `byteCount` bytes, not zeroed.
  func take(byteCount: Int) -> Storage {
    let size = Workspace.sizeClass(byteCount)
    let storage: Storage
    if let i = free.firstIndex(where: { $0.byteCount == size }) {
      storage = free.remove(at: i)
      freeBytes -= size
    } else {
      // Other shapes' leftovers must not pile up beside what this one needs.
      if freeBytes > (inUseBytes + size) / 4 {
        free.removeAll()
        freeBytes = 0
      }
      storage = Workspace.allocate(size)
    }
    inUseBytes += size
    peakBytes = max(peakBytes, inUseBytes)
    return storage
  }

  func giveBack(_ storage: Storage) {
    inUseBytes -= storage.byteCount
    freeBytes += storage.byteCount
    free.append(storage)
  }

  /// `count` floats for each of `workers` threads, the same memory at every call.
  func scratch(workers: Int, count: Int) -> [UnsafeMutablePointer<Float>] {
    let bytes = (count * 4 + 63) & ~63
    if scratch.count < workers || scratch.contains(where: { $0.byteCount < bytes }) {
      scratch.removeAll()
      scratch = (0..<workers).map { _ in Workspace.allocate(bytes) }
    }
    return scratch.map { $0.base.assumingMemoryBound(to: Float.self) }
  }

  /// Sizes in steps of an eighth of their power of two, so that batches of nearly one length share memory.
  private static func sizeClass(_ byteCount: Int) -> Int {
    let minimum = max(byteCount, 4096)
    let step = max(4096, (1 << (Int.bitWidth - 1 - minimum.leadingZeroBitCount)) / 8)
    return (minimum + step - 1) / step * step
  }

  private static func allocate(_ byteCount: Int) -> Storage {
    // Activations cannot be done without, and an operation has no caller who could mend it.
    guard let storage = try? Storage.owned(byteCount: byteCount) else {
      fatalError("cannot get \(byteCount) bytes of memory for activations: use a smaller batch")
    }
    return storage
  }
}

/// One activation's memory; returns to its workspace when the last user lets go.
final class ActivationBuffer {
  let floats: UnsafeMutablePointer<Float>
  private let storage: Storage
  private let workspace: Workspace

  init(count: Int, in workspace: Workspace) {
    storage = workspace.take(byteCount: count * 4)
    floats = storage.base.assumingMemoryBound(to: Float.self)
    self.workspace = workspace
  }

  deinit { workspace.giveBack(storage) }
}
