import Foundation

/// Writes archives that depend on their members only: the same paths and bytes give the same file.
///
/// Members are sorted by the UTF-8 bytes of their paths; every one is a file of mode 0644 and owner 0, changed at
/// 1970-01-01 (tar) or 1980-01-01 (zip, which knows no earlier time). The compressed bytes also depend on the release of
/// zlib or zstd.
public enum ArchiveWriter {
  public enum Format: Sendable, CaseIterable {
    case zip
    /// A pax tar, compressed by zstd: `.tar.zst`.
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
      let output = try ArchiveOutput(format == .zip ? .zip : .tarZstandard, path: target.path, sink: sink.append)
      for member in members.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
        try output.append(member.path, member.content)
      }
      try output.close()
    }
  }
}
