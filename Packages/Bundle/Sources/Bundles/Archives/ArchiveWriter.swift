internal import CArchive
import Foundation

/// Writes archives that depend on their members only: the same paths and bytes give the same file.
///
/// Members are sorted by the UTF-8 bytes of their paths; every one is a file of mode 0644 and owner 0, changed at
/// 1970-01-01 (tar) or 1980-01-01 (zip, which knows no earlier time). The compressed bytes also depend on the release of
/// zlib or zstd.
public enum ArchiveWriter {
  public enum Format: Sendable, CaseIterable {
    case zip
    /// A pax tar, compressed by zstd: `.tar.zst`, `.zb`.
    case tarZstandard
  }

  public struct Member: Sendable {
    public enum Content: Sendable {
      case data(Data)
      case file(URL)
    }

    public var path: String
    public var content: Content

    public init(path: String, content: Content) {
      self.path = path
      self.content = content
    }

    public init(path: String, data: Data) { self.init(path: path, content: .data(data)) }
    public init(path: String, file: URL) { self.init(path: path, content: .file(file)) }
  }

  /// Writes `members` to `target`, which appears when it is whole.
  ///
  /// - Throws: `BundleError.refusedMember` for a path that `ArchiveReader` would refuse or that occurs twice; what
  ///   reading a member's file and `AtomicFile` throw.
  public static func write(_ members: [Member], to target: URL, format: Format) throws {
    var paths: Set<String> = []
    for member in members {
      guard try ArchiveMember.normalized(member.path, in: target.path) == member.path else {
        throw BundleError(.refusedMember, "\(target.path): member '\(member.path)' is not a plain relative path")
      }
      guard paths.insert(member.path).inserted else {
        throw BundleError(.refusedMember, "\(target.path): two members are called '\(member.path)'")
      }
    }
    try AtomicFile.write(to: target) { sink in
      let output = try ArchiveOutput(sink, format: format, path: target.path)
      for member in members.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
        try output.append(member)
      }
      try output.close()
    }
  }
}

/// One archive as libarchive writes it into a sink.
private final class ArchiveOutput {
  private let handle: OpaquePointer
  private let target: Target
  private let path: String

  /// Where libarchive's callback puts the bytes, and the error that it could not throw.
  private final class Target {
    let sink: FileSink
    var failure: (any Error)?

    init(_ sink: FileSink) { self.sink = sink }
  }

  init(_ sink: FileSink, format: ArchiveWriter.Format, path: String) throws {
    guard let handle = archive_write_new() else { throw BundleError(.unwritable, "\(path): no memory to write it") }
    self.handle = handle
    self.path = path
    target = Target(sink)
    switch format {
    case .zip:
      try check(archive_write_set_format_zip(handle))
      try check(archive_write_set_options(handle, "zip:compression=deflate,zip:compression-level=9"))
    case .tarZstandard:
      try check(archive_write_set_format_pax_restricted(handle))
      try check(archive_write_add_filter_zstd(handle))
      try check(archive_write_set_options(handle, "zstd:compression-level=9"))
    }
    try check(archive_write_set_bytes_in_last_block(handle, 1))
    try check(
      archive_write_open2(
        handle, Unmanaged.passUnretained(target).toOpaque(), nil,
        { handle, context, bytes, count in
          guard let context, let bytes else { return -1 }
          let target = Unmanaged<Target>.fromOpaque(context).takeUnretainedValue()
          do {
            try target.sink.append(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
          } catch {
            target.failure = error
            return -1
          }
        }, nil, nil))
  }

  deinit { archive_write_free(handle) }

  func append(_ member: ArchiveWriter.Member) throws {
    switch member.content {
    case .data(let data):
      try begin(member.path, size: data.count)
      try data.withUnsafeBytes(appendBytes)
    case .file(let file):
      let source = try FileSource(file)
      let size = try source.size()
      try begin(member.path, size: size)
      var count = 0
      try source.forEachPiece { piece in
        count += piece.count
        if count <= size { try appendBytes(piece) }
      }
      guard count == size else { throw BundleError(.unreadable, "\(file.path): was changed while it was packed") }
    }
    try check(archive_write_finish_entry(handle))
  }

  func close() throws { try UTF8Locale.run { try check(archive_write_close(handle)) } }

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
