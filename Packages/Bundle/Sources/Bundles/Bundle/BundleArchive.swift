import Foundation

/// One pass over the members of a bundle's archive, of whatever kind it is.
///
/// Only the names that the format knows are let through, each once, and no links, so nothing that an archive says can
/// become a path. What a name stands for is compared with the manifest by whoever goes through.
final class BundleArchive {
  enum Part: Hashable {
    case manifest
    case seal
    case object(ContentHash)
  }

  struct Entry {
    let part: Part
    let size: Int
    let content: MemberContent
  }

  let path: String
  /// Whether members come in the archive's order alone; in a zip each can be had by its name.
  let isStream: Bool
  /// The manifest, its seal, and the objects' folder.
  private static let otherEntries = 3
  /// Of a member of a tar, its extended header and the padding included.
  private static let greatestHeader = 8 << 10
  /// Zeros that may follow the last member of a tar.
  private static let greatestTail = 1 << 20

  private let cursor: ArchiveCursor
  private let stream: UnpackedStream?
  private let entryLimit: Int
  private var entryCount = 0
  private var seen: Set<Part> = []

  /// - Parameters:
  ///   - objectLimit: Objects that are looked at before the archive is refused.
  ///   - contentLimit: Bytes of objects.
  ///   - manifestLimit: Bytes of the manifest. What a tar has beside both is limited by the number of objects.
  init(_ file: URL, objectLimit: Int, contentLimit: Int, manifestLimit: Int) throws {
    path = file.path
    entryLimit = min(objectLimit, 1 << 32) + BundleArchive.otherEntries
    let stream = try BundleArchive.compression(of: file).map { try UnpackedStream(file, $0) }
    let frame = manifestLimit + entryLimit * BundleArchive.greatestHeader + 2 * BundleArchive.greatestTail
    let (limit, overflow) = contentLimit.addingReportingOverflow(frame)
    stream?.limit = overflow ? .max : limit
    self.stream = stream
    isStream = stream != nil
    cursor = try stream.map { try ArchiveCursor(tar: $0) } ?? ArchiveCursor(file)
  }

  /// How a tar is compressed; nil for a zip.
  private static func compression(of file: URL) throws -> UnpackedStream.Compression? {
    var start = [UInt8](repeating: 0, count: 4)
    let source = try FileSource(file)
    let count = try start.withUnsafeMutableBytes { try source.read(into: $0) }
    if start.starts(with: ZstandardFrameScanner.magic) { return .zstandard }
    if count >= 2, start.starts(with: [0x1f, 0x8b]) { return .gzip }
    return start.starts(with: Array("PK".utf8)) ? nil : UnpackedStream.Compression.none
  }

  /// The next member that is a file; nil at the end.
  ///
  /// - Throws: `BundleError.notAnArchive`, `.corrupt`, `.refusedMember` or `.tooLarge`.
  func next() throws -> Entry? {
    while let member = try cursor.next() {
      entryCount += 1
      guard entryCount <= entryLimit else {
        throw BundleError(
          .tooLarge, "\(path): holds more members than its manifest, or more than the \(entryLimit) that are accepted")
      }
      if member.kind == .folder, member.path == BundleWriter.Layout.objects { continue }
      guard member.kind == .file, let part = Part(name: member.path) else {
        throw BundleError(.refusedMember, "\(path): member '\(member.path.prefix(200))' has no place in a bundle")
      }
      guard seen.insert(part).inserted else {
        throw BundleError(.refusedMember, "\(path): two members are called '\(member.path)'")
      }
      return Entry(part: part, size: member.size, content: MemberContent(cursor: cursor, member: member))
    }
    return nil
  }

  /// Holds what follows the last member to being the end of a tar: zeros, and not many.
  ///
  /// - Throws: `BundleError.corrupt` or `.refusedMember`.
  func finish() throws {
    guard let stream else { return }
    let end = cursor.position
    while try !stream.next().isEmpty, stream.count - end <= BundleArchive.greatestTail {}
    guard stream.contentCount <= end, stream.count - end <= BundleArchive.greatestTail else {
      throw BundleError(.refusedMember, "\(path): something follows the end of the archive")
    }
  }
}

extension BundleArchive.Part {
  /// What a member of this name is; nil for a name that bundles do not know.
  fileprivate init?(name: String) {
    switch name {
    case BundleWriter.Layout.manifest: self = .manifest
    case BundleWriter.Layout.seal: self = .seal
    default:
      let prefix = BundleWriter.Layout.objects + "/"
      guard name.utf8.count == prefix.utf8.count + 64, name.hasPrefix(prefix),
        let hash = try? ContentHash(hex: String(name.dropFirst(prefix.count))),
        BundleWriter.Layout.object(hash) == name
      else { return nil }
      self = .object(hash)
    }
  }
}
