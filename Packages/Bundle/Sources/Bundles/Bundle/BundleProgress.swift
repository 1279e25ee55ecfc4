/// How far a pass over a bundle's content has come.
public struct BundleProgress: Sendable, Hashable {
  public enum Stage: String, Sendable, Hashable {
    /// Files are read for their hashes.
    case hashing
    /// They are read again and written to the bundle.
    case packing
    /// The bundle's objects are compared with their hashes.
    case verifying
    /// And written to files.
    case extracting
  }

  public let stage: Stage
  /// Bytes of uncompressed content that this stage is done with.
  public let done: Int
  /// Bytes of the stage.
  public let total: Int

  /// Is called on the caller's thread after every few MiB and at each stage's end. What it throws ends the work, which
  /// leaves nothing behind, and is thrown on.
  public typealias Handler = (BundleProgress) throws -> Void
}
