internal import CArchive
import Foundation

/// One archive as libarchive writes it, piece by piece, into a closure.
final class ArchiveOutput {
  enum Layout {
    case zip
    case tar
    case tarZstandard
    /// One nameless file, compressed: a zstd frame.
    case zstandard(level: Int)
  }

  typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private let handle: OpaquePointer
  private let target: Target
  private let path: String

  /// Where libarchive's callback puts the bytes, and the error that it could not throw.
  private final class Target {
    let sink: Sink
    var failure: (any Error)?

    init(_ sink: @escaping Sink) { self.sink = sink }
  }

  /// - Parameter path: What messages call the archive.
  init(_ layout: Layout, path: String, sink: @escaping Sink) throws {
    guard let handle = archive_write_new() else { throw BundleError(.unwritable, "\(path): no memory to write it") }
    self.handle = handle
    self.path = path
    target = Target(sink)
    try configure(layout)
    try check(archive_write_set_bytes_in_last_block(handle, 1))
    try check(
      archive_write_open2(
        handle, Unmanaged.passUnretained(target).toOpaque(), nil,
        { handle, context, bytes, count in
          guard let context, let bytes else { return -1 }
          let target = Unmanaged<Target>.fromOpaque(context).takeUnretainedValue()
          do {
            try target.sink(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
          } catch {
            target.failure = error
            return -1
          }
        }, nil, nil))
  }

  deinit { archive_write_free(handle) }

  private func configure(_ layout: Layout) throws {
    switch layout {
    case .zip:
      try check(archive_write_set_format_zip(handle))
      try check(archive_write_set_options(handle, "zip:compression=deflate,zip:compression-level=9"))
    case .tar:
      try check(archive_write_set_format_pax_restricted(handle))
      try check(archive_write_set_bytes_per_block(handle, 0))
    case .tarZstandard:
      try check(archive_write_set_format_pax_restricted(handle))
      try check(archive_write_add_filter_zstd(handle))
      try check(archive_write_set_options(handle, "zstd:compression-level=9"))
    case .zstandard(let level):
      try check(archive_write_set_format_raw(handle))
      try check(archive_write_add_filter_zstd(handle))
      try check(archive_write_set_options(handle, "zstd:compression-level=\(level)"))
      try check(archive_write_set_bytes_per_block(handle, 0))
    }
  }

  /// - Parameter observing: Is given every piece as it is written.
  /// - Throws: what reading the content throws, `BundleError.unreadable` if a file's size changes, and what the sink
  ///   and `observing` throw.
  func append(
    _ name: String, _ content: ArchiveWriter.Member.Content,
    observing: (UnsafeRawBufferPointer) throws -> Void = { _ in }
  ) throws {
    switch content {
    case .data(let data):
      try data.withUnsafeBytes { bytes in
        try observing(bytes)
        try append(name, bytes)
      }
    case .file(let file):
      let source = try FileSource(file)
      let size = try source.size()
      try begin(name, size: size)
      var count = 0
      try source.forEachPiece { piece in
        count += piece.count
        guard count <= size else { throw changed(file) }
        try observing(piece)
        try appendBytes(piece)
      }
      guard count == size else { throw changed(file) }
      try check(archive_write_finish_entry(handle))
    }
  }

  func append(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    try begin(name, size: bytes.count)
    try appendBytes(bytes)
    try check(archive_write_finish_entry(handle))
  }

  func close() throws { try UTF8Locale.run { try check(archive_write_close(handle)) } }

  private func changed(_ file: URL) -> BundleError {
    BundleError(.unreadable, "\(file.path): was changed while it was packed")
  }

  private func begin(_ name: String, size: Int) throws {
    try UTF8Locale.run { try writeHeader(name, size: size) }
  }

  private func writeHeader(_ name: String, size: Int) throws {
    guard let entry = archive_entry_new() else { throw BundleError(.unwritable, "\(path): no memory to write it") }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname_utf8(entry, name)
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    archive_entry_set_mtime(entry, 0, 0)
    archive_entry_set_size(entry, Int64(size))
    try check(archive_write_header(handle, entry))
  }

  private func appendBytes(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = archive_write_data(handle, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      guard count > 0 else { throw failure }
      rest = rest.dropFirst(count)
    }
  }

  private func check(_ status: Int32) throws {
    guard status == ARCHIVE_OK else { throw failure }
  }

  private var failure: any Error {
    let reason = archive_error_string(handle).map { String(cString: $0) } ?? "libarchive gives no reason"
    return target.failure ?? BundleError(.unwritable, "\(path): cannot be written as an archive: \(reason)")
  }
}
