import Foundation

/// Reads a zip, tar, tar.gz, tar.zst, tar.xz, tar.bz2 or 7z file in place, by libarchive.
///
/// Opening lists the whole archive and refuses it if any member is hostile: a path that leaves its folder, a link, a
/// device, an encrypted member, two members of one name. What is read is held to the size that was stated and to the
/// caller's limit, and to the archive's checksums.
///
/// - Cost: a zip is listed from its directory and a member is read alone; a compressed tar is decompressed up to the
///   member. Memory is one piece of 256 KiB, besides what is asked for.
public struct ArchiveReader: Sendable {
  /// What an archive may claim before it is refused unread.
  public struct Limits: Sendable {
    public var memberCount: Int
    /// Bytes of all members together.
    public var totalSize: Int

    public init(memberCount: Int = 1 << 20, totalSize: Int = 1 << 40) {
      self.memberCount = memberCount
      self.totalSize = totalSize
    }
  }

  /// The default limit of one member's size: 1 GiB.
  public static let defaultSizeLimit = 1 << 30

  public let file: URL
  /// In the archive's order.
  public let members: [ArchiveMember]

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.notAnArchive`, `.corrupt`, `.refusedMember` or `.tooLarge`.
  public init(file: URL, limits: Limits = Limits()) throws {
    self.file = file
    let cursor = try ArchiveCursor(file)
    var members: [ArchiveMember] = [], paths: Set<String> = [], total = 0
    while let member = try cursor.next() {
      guard paths.insert(member.path).inserted else {
        throw BundleError(
          .refusedMember, "\(file.path): two members are called '\(member.path)': it is not clear which one is meant")
      }
      let (sum, overflow) = total.addingReportingOverflow(member.size)
      guard members.count < limits.memberCount, !overflow, sum <= limits.totalSize else {
        throw BundleError(
          .tooLarge,
          "\(file.path): more than \(limits.memberCount) members or \(limits.totalSize) bytes when unpacked")
      }
      total = sum
      members.append(member)
    }
    self.members = members
  }

  /// The member `path`.
  ///
  /// - Throws: `BundleError.missingMember`, naming some that are there.
  public func member(_ path: String) throws -> ArchiveMember {
    guard let member = members.first(where: { $0.path == path }) else {
      let some = members.filter { $0.kind == .file }.prefix(8).map(\.path)
      let rest = members.count > some.count ? ", ..." : ""
      throw BundleError(
        .missingMember,
        "\(file.path): no member '\(path)'. Members: " + (some.isEmpty ? "none" : some.joined(separator: ", ") + rest))
    }
    return member
  }

  /// The bytes of one file, at most `limit` of them.
  ///
  /// - Throws: `BundleError.missingMember`, `.tooLarge` or `.corrupt`.
  public func read(member path: String, limit: Int = defaultSizeLimit) throws -> Data {
    try withContent(of: path) { content in try content.data(limit: limit) }
  }

  /// Unpacks one file to `target`, piece by piece; `target` appears when it is whole.
  ///
  /// - Throws: `BundleError.missingMember`, `.tooLarge` or `.corrupt`, and what `AtomicFile` throws.
  public func extract(member path: String, to target: URL, limit: Int = defaultSizeLimit) throws {
    try withContent(of: path) { content in
      try AtomicFile.write(to: target) { sink in try content.forEachPiece(limit: limit, sink.append) }
    }
  }

  /// Goes through the archive once, in its order. What `body` does not read is skipped.
  public func forEachMember(_ body: (ArchiveMember, MemberContent) throws -> Void) throws {
    let cursor = try ArchiveCursor(file)
    while let member = try cursor.next() { try body(member, MemberContent(cursor: cursor, member: member)) }
  }

  private func withContent<Result>(of path: String, _ body: (MemberContent) throws -> Result) throws -> Result {
    let wanted = try member(path)
    guard wanted.kind == .file else { throw BundleError(.missingMember, "\(file.path): '\(path)' is a folder") }
    let cursor = try ArchiveCursor(file)
    while let member = try cursor.next() {
      if member == wanted { return try body(MemberContent(cursor: cursor, member: member)) }
    }
    throw BundleError(.corrupt, "\(file.path): member '\(path)' is gone: the file was changed while it was read")
  }
}

/// The bytes of the member that a reader is at; to be read at most once, before the reader goes on.
public struct MemberContent {
  let cursor: ArchiveCursor
  let member: ArchiveMember

  /// Calls `body` with every piece, none of them empty; the memory is reused.
  ///
  /// - Throws: `BundleError.tooLarge` before more than `limit` bytes were given, `.corrupt`, and what `body` throws.
  public func forEachPiece(
    limit: Int = ArchiveReader.defaultSizeLimit, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let name = "\(cursor.path): member '\(member.path)'"
    guard member.size <= limit else {
      throw BundleError(.tooLarge, "\(name) has \(member.size) bytes; at most \(limit) are accepted here")
    }
    var count = 0
    try cursor.forEachPiece { piece in
      count += piece.count
      guard count <= member.size else {
        throw BundleError(.corrupt, "\(name) unpacks to more than the \(member.size) bytes that the archive states")
      }
      try body(piece)
    }
    guard count == member.size else {
      throw BundleError(.corrupt, "\(name) unpacks to \(count) bytes, not the \(member.size) that the archive states")
    }
  }

  /// All bytes, at most `limit`.
  public func data(limit: Int = ArchiveReader.defaultSizeLimit) throws -> Data {
    var data = Data()
    // The stated size may be a lie, so it does not decide how much memory is taken at once.
    data.reserveCapacity(min(member.size, limit, 16 << 20))
    try forEachPiece(limit: limit) { data.append(contentsOf: $0) }
    return data
  }
}
