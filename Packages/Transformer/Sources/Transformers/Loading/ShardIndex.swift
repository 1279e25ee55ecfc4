import Foundation

/// `*.index.json` of a folder whose tensors are spread over several files: which file holds which.
struct ShardIndex {
  /// The shards in the order of their names.
  let files: [URL]
  private let url: URL
  private let tensors: [String: Set<String>]

  /// - Parameter suffix: what the shards' names must end in; they lie in the index's own folder.
  /// - Throws: `ModelError.unreadableFile` or `.malformedFile`.
  init(contentsOf url: URL, suffix: String) throws {
    guard let map = try JSONObject(contentsOf: url).object("weight_map"), !map.members.isEmpty else {
      throw ModelError(.malformedFile, "\(url.path): no weight_map")
    }
    var tensors: [String: Set<String>] = [:]
    for tensor in map.members.keys {
      guard let file = try map.string(tensor), file.hasSuffix(suffix), !file.contains("/") else {
        throw ModelError(
          .malformedFile, "\(url.path): '\(tensor)' is not mapped to a \(suffix) file of this folder")
      }
      tensors[file, default: []].insert(tensor)
    }
    self.url = url
    self.tensors = tensors
    let folder = url.deletingLastPathComponent()
    files = tensors.keys.sorted().map { folder.appendingPathComponent($0) }
  }

  /// That a shard holds exactly what the index says.
  ///
  /// - Throws: `ModelError.malformedFile`.
  func check(_ shard: URL, holds names: [String]) throws {
    let listed = tensors[shard.lastPathComponent] ?? [], held = Set(names)
    let missing = listed.subtracting(held).sorted(), extra = held.subtracting(listed).sorted()
    guard missing.isEmpty, extra.isEmpty else {
      throw ModelError(
        .malformedFile, "\(url.path): the shard \(shard.lastPathComponent) lacks \(missing) and has unlisted \(extra)")
    }
  }
}
