import Foundation

/// What an extraction did.
public struct BundleExtraction: Sendable, Hashable {
  /// Files in the folder.
  public let files: Int
  /// Bytes unpacked from the bundle.
  public let unpacked: Int
  /// Bytes of contents that the store had already.
  public let shared: Int
}

extension BundleReader {
  /// Puts the files into `folder`, which must be empty or not there, and which appears when all of them are right.
  ///
  /// Without a store every file is the folder's own. With one, each content is put there once, read-only, and the files
  /// are hard links to it, or copies where the file system cannot link: so what is extracted is not to be written to.
  /// Where the process is killed, a folder `.NAME.*.partial` is left beside `folder`, and may be deleted.
  ///
  /// - Parameters:
  ///   - paths: The files wanted; nil for all, and then the whole archive is gone through, as by `verify`.
  ///   - store: Holds contents by hash. What is there already is compared with its hash and not unpacked again.
  /// - Throws: `BundleError.occupied` where the folder has something in it, `.noSpaceLeft` before anything is written
  ///   where the disk is too small, `.missingMember`, what `verify` throws, `.unwritable`, and what `progress` throws.
  @discardableResult
  public func extract(
    to folder: URL, only paths: Set<String>? = nil, store: ObjectStore? = nil,
    progress: BundleProgress.Handler? = nil
  ) throws -> BundleExtraction {
    let wanted = try paths.map(members) ?? manifest.members
    let target = folder.standardizedFileURL
    try NewFolder.checkIsFree(target)
    try ExtractionSpace(wanted, to: target, store: store).check()
    var waiting = Dictionary(grouping: wanted, by: \.sha256)
    let total = waiting.values.reduce(0) { $0 + $1[0].size }
    var meter = ProgressMeter(.extracting, total: total, progress)
    var shared = 0
    try NewFolder.make(target) { temporary in
      guard paths == nil || !waiting.isEmpty else { return }
      try forEachObject { hash, content in
        if let members = waiting.removeValue(forKey: hash) {
          let targets = members.map { temporary.appending(path: $0.path) }
          for target in targets { try NewFolder.makePath(target.deletingLastPathComponent()) }
          if let store {
            shared += try place(hash, content, size: members[0].size, at: targets, store: store, &meter)
          } else {
            try FileSink.create(targets[0]) { sink in try write(hash, content, to: sink, &meter) }
            for target in targets.dropFirst() { try FileSink.copy(targets[0], to: target) }
          }
        }
        return paths == nil || !waiting.isEmpty
      }
      try meter.finish()
    }
    return BundleExtraction(files: wanted.count, unpacked: total - shared, shared: shared)
  }

  private func members(_ paths: Set<String>) throws -> [BundleMember] {
    let named = Dictionary(manifest.members.map { ($0.path, $0) }, uniquingKeysWith: { member, _ in member })
    return try paths.map { try named[$0] ?? manifest.member($0) }
  }

  private func write(
    _ hash: ContentHash, _ content: MemberContent, to sink: FileSink, _ meter: inout ProgressMeter
  ) throws {
    try forEachPiece(of: hash, content) { piece in
      try sink.append(piece)
      try meter.advance(piece.count)
    }
  }

  /// Puts an object where its files are to be, by way of the store; how many bytes the store had already.
  private func place(
    _ hash: ContentHash, _ content: MemberContent, size: Int, at targets: [URL], store: ObjectStore,
    _ meter: inout ProgressMeter
  ) throws -> Int {
    let before = meter
    let isShared = try store.holds(hash, size: size) { try meter.advance($0.count) }
    if !isShared {
      meter = before
      try store.add(hash) { sink in try write(hash, content, to: sink, &meter) }
    }
    for target in targets { try store.place(hash, at: target) }
    return isShared ? size : 0
  }
}

/// The room that an extraction takes.
private struct ExtractionSpace {
  /// Bytes, and the folder on whose disk they will be.
  private var needs: [(folder: URL, bytes: Int)]

  init(_ members: [BundleMember], to folder: URL, store: ObjectStore?) {
    let parent = folder.deletingLastPathComponent()
    let files = members.reduce(0) { $0 + $1.size }
    guard let store else {
      needs = [(parent, files)]
      return
    }
    let objects = Dictionary(members.map { ($0.sha256, $0.size) }, uniquingKeysWith: { size, _ in size })
    let added = objects.reduce(0) { $0 + (store.hasFile($1.key, size: $1.value) ? 0 : $1.value) }
    let place = Self.existing(store.folder)
    needs = [(place, added)]
    // Links are on the store's own disk; on another one, the files are copies.
    if Self.device(place) != Self.device(parent) { needs.append((parent, files)) }
  }

  /// - Throws: `BundleError.noSpaceLeft`, or `.notFound` where a folder is not there.
  func check() throws {
    for (folder, bytes) in needs where bytes > 0 {
      var status = statvfs()
      guard statvfs(folder.path, &status) == 0 else { throw FileSink.failure(errno, writing: folder.path) }
      let free = Int(
        clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
      guard bytes <= free else {
        throw BundleError(
          .noSpaceLeft,
          "\(folder.path): \(bytes) bytes are to be written and \(free) are free; nothing was changed: make "
            + "room and try again")
      }
    }
  }

  /// The folder, or the nearest one that it will be in.
  private static func existing(_ folder: URL) -> URL {
    var folder = folder.standardizedFileURL
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      folder = folder.deletingLastPathComponent()
    }
    return folder
  }

  private static func device(_ folder: URL) -> UInt64? {
    var status = stat()
    return stat(folder.path, &status) == 0 ? UInt64(status.st_dev) : nil
  }
}
