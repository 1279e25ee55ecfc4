import Foundation

/// Reads a bundle: a `.zb`, or the same members in a tar.gz, a tar or a zip.
///
/// Opening reads the manifest alone, holds it to the limits and to the hash beside it. Content is streamed and held to
/// the sizes and hashes of the manifest, so that nothing is trusted but the bundle's `id`: whoever knows the id, or
/// checks a signature of it, knows every byte.
public struct BundleReader: Sendable {
  public let file: URL
  public let manifest: BundleManifest
  /// SHA-256 of the manifest's bytes: the name of this content, whatever archive holds it.
  public let id: ContentHash

  private let manifestSize: Int
  /// Size of every distinct content, and of all together.
  private let objects: [ContentHash: Int]
  private let contentSize: Int

  /// - Throws: `BundleError.notFound`, `.unreadable`, `.notAnArchive`, `.notABundle`, `.unsupportedVersion`,
  ///   `.invalidManifest`, `.corrupt`, `.refusedMember` or `.tooLarge`.
  public init(file: URL, limits: BundleLimits = BundleLimits()) throws {
    self.file = file
    let size = try FileSource(file).size()
    let text = try Self.manifest(of: file, limits: limits, fileSize: size)
    id = ContentHash(of: text.manifest)
    guard text.seal == BundleWriter.Layout.sealed(id) else {
      throw BundleError(
        .corrupt,
        "\(file.path): manifest.json does not have the hash that manifest.sha256 states: one of them is damaged")
    }
    manifestSize = text.manifest.count
    manifest = try BundleManifest(decoding: text.manifest, name: "\(file.path): manifest.json")
    objects = manifest.objects
    try limits.check(manifest, name: file.path, fileSize: size)
    contentSize = objects.values.reduce(0, +)
  }

  private static func manifest(
    of file: URL, limits: BundleLimits, fileSize: Int
  ) throws -> (manifest: Data, seal: Data) {
    let limit = limits.manifestLimit(fileSize: fileSize)
    let archive = try BundleArchive(file, objectLimit: limits.memberCount, contentLimit: 0, manifestLimit: limit)
    var manifest: Data?, seal: Data?
    while manifest == nil || seal == nil, let entry = try archive.next() {
      switch entry.part {
      case .manifest:
        guard entry.size <= limit else {
          throw BundleError(
            .tooLarge,
            "\(file.path): manifest.json has \(entry.size) bytes; at most \(limit) are accepted (limit: manifest)")
        }
        manifest = try entry.content.data(limit: limit)
      case .seal: seal = try entry.content.data(limit: 1 << 10)
      case .object:
        guard !archive.isStream else {
          throw BundleError(
            .notABundle,
            "\(file.path): manifest.json and manifest.sha256 must be the first members: pack it again, them first")
        }
      }
    }
    guard let manifest, let seal else {
      throw BundleError(
        .notABundle, "\(file.path): is no bundle: it has no \(manifest == nil ? "manifest.json" : "manifest.sha256")")
    }
    return (manifest, seal)
  }

  /// Goes through the contents, each of which is in the manifest and has the size that it states there.
  ///
  /// - Parameter body: Says whether to go on; only who goes to the end knows that all contents are there and nothing
  ///   else is.
  func forEachObject(_ body: (ContentHash, MemberContent) throws -> Bool) throws {
    var missing = objects
    let archive = try BundleArchive(
      file, objectLimit: objects.count, contentLimit: contentSize, manifestLimit: manifestSize)
    while let entry = try archive.next() {
      switch entry.part {
      case .manifest:
        guard entry.size == manifestSize, ContentHash(of: try entry.content.data(limit: manifestSize)) == id else {
          throw BundleError(.corrupt, "\(file.path): was changed while it was read")
        }
      case .seal: break
      case .object(let hash):
        guard let size = missing.removeValue(forKey: hash) else {
          throw BundleError(.refusedMember, "\(file.path): holds the object \(hash), which is not in its manifest")
        }
        guard entry.size == size else {
          throw BundleError(
            .corrupt, "\(file.path): \(name(of: hash)) has \(entry.size) bytes, not the \(size) of the manifest")
        }
        guard try body(hash, entry.content) else { return }
      }
    }
    if let (hash, _) = missing.min(by: { $0.key.hex < $1.key.hex }) {
      throw BundleError(.missingMember, "\(file.path): \(name(of: hash)) is in the manifest and not in the bundle")
    }
    try archive.finish()
  }

  /// Gives `body` the bytes of an object, piece by piece, and holds them to its hash.
  func forEachPiece(
    of hash: ContentHash, _ content: MemberContent, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let hasher = ContentHasher()
    try content.forEachPiece(limit: .max) { piece in
      hasher.update(piece)
      try body(piece)
    }
    let found = hasher.finalize()
    guard found == hash else {
      throw BundleError(.corrupt, "\(file.path): \(name(of: hash)) is damaged: its SHA-256 is \(found), not \(hash)")
    }
  }

  /// What messages call an object: the first file that has this content.
  private func name(of hash: ContentHash) -> String {
    manifest.members.first { $0.sha256 == hash }.map { "'\($0.path)'" } ?? "object \(hash)"
  }
}

extension BundleReader {
  /// Reads everything once: every file of the manifest is there, is what its hash says, and nothing else is.
  ///
  /// - Throws: `BundleError.corrupt`, `.missingMember` or `.refusedMember`, naming the file, and what `progress` throws.
  public func verify(progress: BundleProgress.Handler? = nil) throws {
    var meter = ProgressMeter(.verifying, total: contentSize, progress)
    try forEachObject { hash, content in
      try forEachPiece(of: hash, content) { try meter.advance($0.count) }
      return true
    }
    try meter.finish()
  }

  /// The bytes of one file, held to its hash.
  ///
  /// - Throws: `BundleError.missingMember`, `.tooLarge`, `.corrupt` or `.refusedMember`.
  public func read(member path: String, limit: Int = ArchiveReader.defaultSizeLimit) throws -> Data {
    let member = try manifest.member(path)
    guard member.size <= limit else {
      throw BundleError(
        .tooLarge, "\(file.path): '\(path)' has \(member.size) bytes; at most \(limit) are accepted here")
    }
    var data = Data()
    try forEachObject { hash, content in
      guard hash == member.sha256 else { return true }
      try forEachPiece(of: hash, content) { data.append(contentsOf: $0) }
      return false
    }
    return data
  }
}
