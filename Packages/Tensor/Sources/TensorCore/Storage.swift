import Foundation

/// Memory behind one or more tensors: owned and writable, or a read-only mapping of a file.
///
/// `@unchecked Sendable`: the bytes have no lock. Mapped storage never changes; owned storage is written only by its
/// one user at a time (the training loop between evaluations, an operation filling its result).
public final class Storage: @unchecked Sendable {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  /// False for mapped files: writing there would be a crash, so every writer checks it.
  public let isWritable: Bool
  private let release: (UnsafeMutableRawPointer, Int) -> Void

  private init(
    base: UnsafeMutableRawPointer, byteCount: Int, isWritable: Bool,
    release: @escaping (UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.base = base
    self.byteCount = byteCount
    self.isWritable = isWritable
    self.release = release
  }

  deinit { release(base, byteCount) }

  /// Zeroed memory, aligned to a cache line at least. Large blocks come from the kernel untouched, so they count as
  /// resident only once written.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public static func owned(byteCount: Int) throws -> Storage {
    precondition(byteCount >= 0, "Storage: negative size \(byteCount)")
    let large = 1 << 20
    guard byteCount >= large else {
      let size = max(64, (byteCount + 63) & ~63)
      guard let base = aligned_alloc(64, size) else { throw outOfMemory(byteCount) }
      memset(base, 0, size)
      return Storage(base: base, byteCount: byteCount, isWritable: true) { base, _ in free(base) }
    }
    let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let base, base != MAP_FAILED else { throw outOfMemory(byteCount) }
    return Storage(base: base, byteCount: byteCount, isWritable: true) { base, count in munmap(base, count) }
  }

  /// Address space for `byteCount` bytes that take memory only where they are written.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public static func reserved(byteCount: Int) throws -> Storage {
    let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let base, base != MAP_FAILED else { throw outOfMemory(byteCount) }
    return Storage(base: base, byteCount: byteCount, isWritable: true) { base, count in munmap(base, count) }
  }

  /// The whole of `file`, read-only, without reading it now.
  ///
  /// - Throws: `TensorError.unreadableFile`.
  public static func mapped(_ file: URL) throws -> Storage {
    func fail(_ what: String) -> TensorError {
      TensorError(.unreadableFile, "\(file.path): \(what): \(String(cString: strerror(errno)))")
    }
    // Without O_NONBLOCK a pipe would be waited for until somebody writes to it.
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw fail("cannot open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fail("cannot read its size") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw TensorError(.unreadableFile, "\(file.path): not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw TensorError(.unreadableFile, "\(file.path): the file is empty") }
    let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let base, base != MAP_FAILED else { throw fail("cannot map \(size) bytes") }
    return Storage(base: base, byteCount: size, isWritable: false) { base, count in munmap(base, count) }
  }

  /// Lets the kernel drop the pages of a mapped range that has been copied, so that they do not count as resident.
  /// The content is unchanged; a later read fetches it again.
  public func forgetPages(_ range: Range<Int>) {
    guard !isWritable else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (range.lowerBound + page - 1) / page * page
    let end = range.upperBound / page * page
    if end > first { madvise(base + first, end - first, MADV_DONTNEED) }
  }

  private static func outOfMemory(_ byteCount: Int) -> TensorError {
    TensorError(.outOfMemory, "cannot get \(byteCount) bytes of memory: use a smaller model, batch or dtype")
  }
}
