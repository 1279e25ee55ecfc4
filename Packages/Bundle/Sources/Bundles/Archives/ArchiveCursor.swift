internal import CArchive
import Foundation

/// One pass of libarchive over a file.
final class ArchiveCursor {
  private static let pieceSize = 256 << 10
  /// `AE_IFREG` and `AE_IFDIR`, cast macros that Swift does not import.
  private static let regularFile: UInt32 = 0o100000, directory: UInt32 = 0o040000
  /// libarchive's private `ARCHIVE_ERRNO_FILE_FORMAT`.
  private static let unknownFormat = EILSEQ

  let path: String
  private let handle: OpaquePointer
  private let input: ArchiveInput?

  /// - Throws: `BundleError.notFound`, `.unreadable` or `.notAnArchive`.
  init(_ file: URL) throws {
    path = file.path
    _ = try FileSource(file).size()  // The system's own words for a file that cannot be opened.
    guard let handle = archive_read_new() else { throw BundleError(.unreadable, "\(path): no memory to read it") }
    self.handle = handle
    input = nil
    archive_read_support_filter_gzip(handle)
    archive_read_support_filter_bzip2(handle)
    archive_read_support_filter_xz(handle)
    archive_read_support_filter_zstd(handle)
    archive_read_support_format_tar(handle)
    archive_read_support_format_gnutar(handle)
    archive_read_support_format_zip_seekable(handle)
    archive_read_support_format_7zip(handle)
    guard archive_read_open_filename(handle, path, 64 << 10) == ARCHIVE_OK else {
      throw failure("cannot be opened as an archive")
    }
    // One filter and libarchive's own end of the chain; archives compressed again and again are bombs.
    guard archive_filter_count(handle) <= 2 else {
      throw BundleError(.refusedMember, "\(path): is compressed more than once")
    }
  }

  /// Reads the tar that `stream` unpacks to.
  ///
  /// - Throws: `BundleError.notAnArchive`, and what the stream throws.
  init(tar stream: UnpackedStream) throws {
    path = stream.path
    let input = ArchiveInput(next: stream.next)
    self.input = input
    guard let handle = archive_read_new() else { throw BundleError(.unreadable, "\(path): no memory to read it") }
    self.handle = handle
    archive_read_support_format_tar(handle)
    guard input.open(handle) == ARCHIVE_OK else { throw failure("cannot be opened as an archive") }
  }

  deinit { archive_read_free(handle) }

  /// How much of a tar's stream has been read as members and as their end.
  var position: Int { Int(archive_filter_bytes(handle, 0)) }

  /// The next member; nil at the end.
  ///
  /// - Throws: `BundleError.notAnArchive`, `.corrupt` or `.refusedMember`.
  func next() throws -> ArchiveMember? { try UTF8Locale.run(nextMember) }

  private func nextMember() throws -> ArchiveMember? {
    while true {
      var entry: OpaquePointer?
      let status = archive_read_next_header(handle, &entry)
      if status == ARCHIVE_EOF { return nil }
      guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else {
        throw failure("cannot be read as an archive")
      }
      if let member = try member(entry) { return member }
    }
  }

  private func member(_ entry: OpaquePointer) throws -> ArchiveMember? {
    // A warning about a header concerns its text's encoding, which is judged here.
    guard let raw = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry),
      let name = String(validatingCString: raw)
    else {
      throw BundleError(.refusedMember, "\(path): a member's name is not UTF-8")
    }
    func refuse(_ reason: String) -> BundleError {
      BundleError(.refusedMember, "\(path): member '\(name)' \(reason)")
    }
    let normalized = try ArchiveMember.normalized(name, in: path)
    guard archive_entry_hardlink(entry) == nil else { throw refuse("is a link; links are not followed") }
    let kind: ArchiveMember.Kind
    switch archive_entry_filetype(entry) {
    case Self.regularFile: kind = .file
    case Self.directory: kind = .folder
    default: throw refuse("is a link or a device, not a file or a folder")
    }
    guard !usesRareCompression else {
      throw refuse("is neither stored nor deflated, as others ask for any amount of memory; pack it again")
    }
    guard archive_entry_is_encrypted(entry) == 0 else { throw refuse("is encrypted; unpack the archive first") }
    guard let normalized else { return nil }
    if kind == .folder { return ArchiveMember(path: normalized, size: 0, kind: .folder) }
    guard archive_entry_size_is_set(entry) != 0, archive_entry_size(entry) >= 0 else {
      throw BundleError(.corrupt, "\(path): member '\(name)' does not state its size")
    }
    return ArchiveMember(path: normalized, size: Int(archive_entry_size(entry)), kind: .file)
  }

  /// Whether the member of a zip is compressed by LZMA, PPMd or the like, whose headers say how much memory they take.
  private var usesRareCompression: Bool {
    guard archive_format(handle) == ARCHIVE_FORMAT_ZIP, let name = archive_format_name(handle) else { return false }
    // As in "ZIP 2.0 (deflation)".
    let text = String(cString: name)
    return !text.hasSuffix("(uncompressed)") && !text.hasSuffix("(deflation)")
  }

  /// The bytes of the member that `next` returned last.
  ///
  /// - Throws: `BundleError.corrupt`, and what `body` throws.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = archive_read_data(handle, piece.baseAddress, piece.count)
      guard count >= 0 else { throw failure("cannot be unpacked") }
      guard count > 0 else { return }
      try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }

  private func failure(_ what: String) -> any Error {
    if let failure = input?.failure { return failure }
    let reason = archive_error_string(handle).map { String(cString: $0) } ?? "libarchive gives no reason"
    let number = archive_errno(handle)
    let code: BundleError.Code
    if number == Self.unknownFormat && archive_file_count(handle) == 0 {
      code = .notAnArchive
    } else if number == Self.unknownFormat || number <= 0 {
      code = .corrupt
    } else {
      code = .unreadable  // The system's own error while reading.
    }
    return BundleError(code, "\(path): \(what): \(reason)")
  }
}
