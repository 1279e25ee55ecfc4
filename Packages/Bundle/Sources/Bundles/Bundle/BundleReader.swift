import Foundation

/// Reads a bundle: a `.zb`, or the same members in a tar.gz, a tar or a zip.
///
/// Opening reads the manifest alone, holds it to the limits and to the hash beside it. Content is streamed and held to
/// the sizes and hashes of the manifest, so that nothing is trusted but the bundle's `id`; whoever knows the id, or
/// checks a signature of it, knows every byte.
public struct BundleReader: Sendable {
  public let file: URL
  public let manifest: BundleManifest
  /// SHA-256 of the manifest's bytes: the name of this content, whatever archive holds it.
  public let id: ContentHash
  let limits: BundleLimits

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.notAnArchive`, `.notABundle`, `.unsupportedVersion`,
  ///   `.invalidManifest`, `.corrupt`, `.refusedMember` or `.tooLarge`.
  public init(file: URL, limits: BundleLimits = BundleLimits()) throws {
    throw BundleError(.unreadable, "\(file.path): not read yet")
  }

  /// Reads everything once: every file of the manifest is there, is what its hash says, and nothing else is.
  ///
  /// - Throws: `BundleError.corrupt`, `.missingMember` or `.refusedMember`, naming the file, and what `progress` throws.
  public func verify(progress: BundleProgress.Handler? = nil) throws {
    throw BundleError(.unreadable, "\(file.path): not read yet")
  }

  /// The bytes of one file, held to its hash.
  ///
  /// - Throws: `BundleError.missingMember`, `.tooLarge`, `.corrupt` or `.refusedMember`.
  public func read(member path: String, limit: Int = ArchiveReader.defaultSizeLimit) throws -> Data {
    throw BundleError(.unreadable, "\(file.path): not read yet")
  }

  /// Puts the files into `folder`, which must be empty or not there, and which appears when all of them are right.
  ///
  /// Without a store every file is the folder's own. With one, each content is put there once, read-only, and the files
  /// are hard links to it, or copies where the file system cannot link: so what is extracted is not to be written to.
  ///
  /// - Parameters:
  ///   - paths: The files wanted; nil for all, and then the bundle is verified whole.
  ///   - store: Holds contents by hash. What is there already is compared with its hash and not unpacked again.
  /// - Throws: `BundleError.occupied` where the folder has something in it, `.noSpaceLeft` before anything is written
  ///   where the disk is too small, `.missingMember`, what `verify` throws, `.unwritable`, and what `progress` throws.
  @discardableResult
  public func extract(
    to folder: URL, only paths: Set<String>? = nil, store: ObjectStore? = nil,
    progress: BundleProgress.Handler? = nil
  ) throws -> BundleExtraction {
    throw BundleError(.unreadable, "\(file.path): not read yet")
  }
}

/// What an extraction did.
public struct BundleExtraction: Sendable, Hashable {
  /// Files in the folder.
  public let files: Int
  /// Bytes unpacked from the bundle.
  public let unpacked: Int
  /// Bytes of contents that the store had already.
  public let shared: Int
}
