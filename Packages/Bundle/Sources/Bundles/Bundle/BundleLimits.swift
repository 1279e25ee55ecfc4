/// What a bundle may claim before it is refused unread. Each stands against one attack; whoever trusts a larger bundle
/// raises the one that its refusal names.
public struct BundleLimits: Sendable, Hashable {
  /// Files of a manifest.
  public var memberCount: Int
  /// Bytes of all files together when extracted, equal ones counted each time.
  public var totalSize: Int
  /// Bytes of the manifest.
  public var manifestSize: Int
  /// Unpacked bytes per byte of the bundle's file, equal files counted each time.
  public var expansion: Int

  /// The defaults: 65,536 files, 1 TiB, a manifest of 16 MiB, 200 bytes a byte.
  ///
  /// - Note: `expansion` counts from 256 MiB of content, and from 1 MiB of a manifest: below that, a bundle of zeros
  ///   harms nobody.
  public init(
    memberCount: Int = 1 << 16, totalSize: Int = 1 << 40, manifestSize: Int = 16 << 20, expansion: Int = 200
  ) {
    self.memberCount = memberCount
    self.totalSize = totalSize
    self.manifestSize = manifestSize
    self.expansion = expansion
  }
}

extension BundleLimits {
  private static let freeContent = 256 << 20
  private static let freeManifest = 1 << 20
  /// Whatever the limits say: a manifest is held in memory.
  private static let greatestManifest = 1 << 30

  /// Bytes that the manifest of a bundle of `fileSize` bytes may have.
  func manifestLimit(fileSize: Int) -> Int {
    min(manifestSize, Self.greatestManifest, max(Self.freeManifest, expanded(fileSize)))
  }

  private func expanded(_ fileSize: Int) -> Int {
    let (size, overflow) = fileSize.multipliedReportingOverflow(by: expansion)
    return overflow ? .max : size
  }

  /// - Throws: `BundleError.tooLarge`, naming the limit.
  func check(_ manifest: BundleManifest, name: String, fileSize: Int) throws {
    guard manifest.members.count <= memberCount else {
      throw BundleError(
        .tooLarge, "\(name): has \(manifest.members.count) files; at most \(memberCount) are accepted (limit: members)")
    }
    guard let total = manifest.totalSize, total <= totalSize else {
      throw BundleError(
        .tooLarge, "\(name): its files have more than the \(totalSize) bytes that are accepted (limit: size)")
    }
    let allowed = max(Self.freeContent, expanded(fileSize))
    guard total <= allowed else {
      throw BundleError(
        .tooLarge,
        "\(name): its \(fileSize) bytes unpack to \(total); at most \(expansion) times as many are accepted "
          + "(limit: expansion)")
    }
  }
}
