internal import Crypto

/// Makes a `ContentHash` of bytes that arrive in pieces.
public final class ContentHasher {
  private var sha = SHA256()

  public init() {}

  public func update(_ bytes: UnsafeRawBufferPointer) { sha.update(bufferPointer: bytes) }

  /// The hash of everything so far; more may follow.
  public func finalize() -> ContentHash { ContentHash(digest: sha.finalize()) }
}
