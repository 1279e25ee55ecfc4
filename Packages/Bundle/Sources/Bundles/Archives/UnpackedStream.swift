internal import CArchive
import Foundation

/// The bytes that a compressed file stands for, from the first to the last.
final class UnpackedStream {
  enum Compression: Sendable {
    case none
    case gzip
    case zstandard
  }

  private static let pieceSize = 256 << 10
  private static let sourcePieceSize = 64 << 10

  private let handle: OpaquePointer
  private let input: ArchiveInput
  let path: String
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
  /// Bytes that are unpacked before the file is refused.
  var limit = Int.max
  /// Bytes so far.
  private(set) var count = 0
  /// How far the last byte so far that is not zero is from the beginning, itself counted.
  private(set) var contentCount = 0

  /// The file, piece by piece, each looked at before libarchive has it.
  private final class Source {
    let file: FileSource
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: sourcePieceSize, alignment: 16)
    var scanner: ZstandardFrameScanner?

    init(_ file: FileSource, scanner: ZstandardFrameScanner?) {
      self.file = file
      self.scanner = scanner
    }

    deinit { piece.deallocate() }

    func next() throws -> UnsafeRawBufferPointer {
      let bytes = UnsafeRawBufferPointer(rebasing: piece[..<(try file.read(into: piece))])
      if bytes.isEmpty { try scanner?.finish() } else { try scanner?.scan(bytes) }
      return bytes
    }
  }

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.notAnArchive`, `.corrupt` or `.refusedMember`.
  init(_ file: URL, _ compression: Compression) throws {
    path = file.path
    let source = Source(
      try FileSource(file), scanner: compression == .zstandard ? ZstandardFrameScanner(path: file.path) : nil)
    input = ArchiveInput(next: source.next)
    guard let handle = archive_read_new() else { throw BundleError(.unreadable, "\(path): no memory to read it") }
    self.handle = handle
    switch compression {
    case .none: break
    case .gzip: archive_read_support_filter_gzip(handle)
    case .zstandard: archive_read_support_filter_zstd(handle)
    }
    archive_read_support_format_raw(handle)
    archive_read_support_format_empty(handle)
    try open()
  }

  deinit {
    archive_read_free(handle)
    piece.deallocate()
  }

  private func open() throws {
    guard input.open(handle) == ARCHIVE_OK else { throw failure }
    // One filter and libarchive's own end of the chain; archives compressed again and again are bombs.
    guard archive_filter_count(handle) <= 2 else {
      throw BundleError(.refusedMember, "\(path): is compressed more than once")
    }
    var entry: OpaquePointer?
    let first = archive_read_next_header(handle, &entry)
    guard first == ARCHIVE_OK || first == ARCHIVE_EOF else { throw failure }
  }

  /// The next bytes, in memory that is reused; none at the end.
  ///
  /// - Throws: `BundleError.unreadable`, `.corrupt`, `.refusedMember` or `.tooLarge`.
  func next() throws -> UnsafeRawBufferPointer {
    let read = archive_read_data(handle, piece.baseAddress, piece.count)
    guard read >= 0, input.failure == nil else { throw failure }
    let bytes = UnsafeRawBufferPointer(rebasing: piece[..<read])
    if let last = bytes.lastIndex(where: { $0 != 0 }) { contentCount = count + last + 1 }
    count += read
    guard count <= limit else {
      throw BundleError(.tooLarge, "\(path): unpacks to more than the \(limit) bytes that it should have")
    }
    return bytes
  }

  private var failure: any Error {
    let reason = archive_error_string(handle).map { String(cString: $0) } ?? "libarchive gives no reason"
    return input.failure ?? BundleError(.corrupt, "\(path): cannot be unpacked: \(reason)")
  }
}
