/// What a bundle may claim before it is refused unread. Each stands against one attack; whoever trusts a larger bundle
/// raises the one that its refusal names.
public struct BundleLimits: Sendable, Hashable {
  /// Files of a manifest.
  public var memberCount: Int
  /// Bytes of all files together when extracted, equal ones counted each time.
  public var totalSize: Int
  /// Bytes of the manifest.
  public var manifestSize: Int
  /// Unpacked bytes per byte of the bundle's file.
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
