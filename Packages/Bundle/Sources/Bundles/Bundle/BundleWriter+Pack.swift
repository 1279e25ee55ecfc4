import Foundation

extension BundleWriter {
  /// Names of the members of a bundle's archive.
  enum Layout {
    static let manifest = "manifest.json"
    /// The manifest's hash as `sha256sum` writes it: `sha256sum -c manifest.sha256`.
    static let seal = "manifest.sha256"
    static let objects = "objects"

    static func object(_ hash: ContentHash) -> String { "\(objects)/\(hash.hex)" }
    static func sealed(_ id: ContentHash) -> Data { Data("\(id.hex)  \(manifest)\n".utf8) }
  }

  /// Packs to `target`, which appears when it is whole and replaces what was there.
  ///
  /// - Parameter threads: that compress beside the calling one, at most 6; nil for one a processor.
  /// - Throws: `BundleError.refusedMember` for a path that readers would refuse, `.invalidManifest`, `.notFound` or
  ///   `.unreadable` (also a file that changes meanwhile), what `AtomicFile` throws, and what `progress` throws.
  @discardableResult
  public func write(to target: URL, threads: Int? = nil, progress: BundleProgress.Handler? = nil) throws -> Result {
    let (complete, contents) = try hashed(name: target.path, progress: progress)
    let text = try complete.encoded(), id = ContentHash(of: text)
    var size = 0
    try AtomicFile.write(to: target) { sink in
      let frames = ZstandardFrameWriter(sink: sink, path: target.path, threads: threads)
      let output = try ArchiveOutput(.tar, path: target.path, sink: frames.append)
      try output.append(Layout.manifest, .data(text))
      try output.append(Layout.seal, .data(Layout.sealed(id)))
      var meter = ProgressMeter(.packing, total: complete.objects.values.reduce(0, +), progress)
      for (hash, content) in contents.sorted(by: { $0.key.hex < $1.key.hex }) {
        let hasher = ContentHasher()
        try output.append(Layout.object(hash), content) { piece in
          hasher.update(piece)
          try meter.advance(piece.count)
        }
        guard hasher.finalize() == hash else {
          throw BundleError(.unreadable, "\(content.name): was changed while it was packed")
        }
      }
      try meter.finish()
      try output.close()
      try frames.close()
      size = sink.count
    }
    return Result(id: id, manifest: complete, size: size)
  }

  /// The manifest with its members, and where each distinct content is.
  private func hashed(
    name: String, progress: BundleProgress.Handler?
  ) throws -> (BundleManifest, [ContentHash: ArchiveWriter.Member.Content]) {
    // What would be refused at the end is refused before hours of hashing.
    try manifest.validate(name: name)
    try MemberPaths.check(members.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, in: name)
    let sizes = try members.map { try $0.content.size() }
    var meter = ProgressMeter(.hashing, total: sizes.reduce(0, +), progress)
    var complete = manifest
    var contents: [ContentHash: ArchiveWriter.Member.Content] = [:]
    complete.members = try zip(members, sizes).map { member, size in
      let hasher = ContentHasher()
      var count = 0
      try member.content.forEachPiece { piece in
        hasher.update(piece)
        count += piece.count
        try meter.advance(piece.count)
      }
      guard count == size else {
        throw BundleError(.unreadable, "\(member.content.name): was changed while it was packed")
      }
      let hash = hasher.finalize()
      contents[hash] = contents[hash] ?? member.content
      return BundleMember(path: member.path, kind: member.kind, size: size, sha256: hash)
    }
    .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    try complete.validate(name: name)
    try meter.finish()
    return (complete, contents)
  }
}

extension ArchiveWriter.Member.Content {
  /// What messages call it.
  fileprivate var name: String {
    switch self {
    case .data: "a member given as data"
    case .file(let file): file.path
    }
  }

  fileprivate func size() throws -> Int {
    switch self {
    case .data(let data): data.count
    case .file(let file): try FileSource(file).size()
    }
  }

  fileprivate func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch self {
    case .data(let data): try data.withUnsafeBytes(body)
    case .file(let file): try FileSource(file).forEachPiece(body)
    }
  }
}
