import Foundation
import TensorCore

/// The safetensors weights of a Hugging Face folder: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists.
public struct SafetensorsArchive: Sendable {
  /// One, or the shards in the order of their names.
  public let files: [SafetensorsFile]
  private let shard: [String: Int]

  /// - Throws: `ModelError.unreadableFile` where a folder has neither or lacks a shard, `.malformedFile` where it has
  ///   both or the index and the shards disagree.
  public init(folder: URL) throws {
    let single = folder.appendingPathComponent("model.safetensors")
    let index = folder.appendingPathComponent("model.safetensors.index.json")
    let manager = FileManager.default
    switch (manager.fileExists(atPath: single.path), manager.fileExists(atPath: index.path)) {
    case (true, false): try self.init(files: [SafetensorsFile(single)])
    case (false, true): try self.init(index: index)
    case (true, true):
      throw ModelError(
        .malformedFile,
        "\(folder.path): both model.safetensors and model.safetensors.index.json are there: remove the one that is old")
    case (false, false):
      let others = ((try? manager.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
        $0.hasSuffix(".bin") || $0.hasSuffix(".gguf") || $0.hasSuffix(".safetensors")
      }.sorted()
      let found =
        others.isEmpty ? "" : " (found \(others.joined(separator: ", ")); a GGUF file is given by its own path)"
      throw ModelError(
        .unreadableFile,
        "\(folder.path): no weights: neither model.safetensors nor model.safetensors.index.json\(found)")
    }
  }

  private init(files: [SafetensorsFile]) throws {
    self.files = files
    var shard: [String: Int] = [:]
    for (number, file) in files.enumerated() {
      for entry in file.entries {
        if let other = shard.updateValue(number, forKey: entry.name) {
          throw ModelError(
            .malformedFile,
            "tensor '\(entry.name)' is in both \(files[other].url.path) and \(file.url.path)")
        }
      }
    }
    self.shard = shard
  }

  private init(index: URL) throws {
    let folder = index.deletingLastPathComponent()
    guard let map = try JSONObject(contentsOf: index).object("weight_map"), !map.members.isEmpty else {
      throw ModelError(.malformedFile, "\(index.path): no weight_map")
    }
    var names: [String: [String]] = [:]
    for tensor in map.members.keys {
      guard let file = try map.string(tensor), file.hasSuffix(".safetensors"), !file.contains("/") else {
        throw ModelError(
          .malformedFile, "\(index.path): '\(tensor)' is not mapped to a .safetensors file of this folder")
      }
      names[file, default: []].append(tensor)
    }
    try self.init(files: names.keys.sorted().map { try SafetensorsFile(folder.appendingPathComponent($0)) })
    for (number, file) in files.enumerated() {
      let listed = Set(names[file.url.lastPathComponent] ?? []), held = Set(file.entries.map(\.name))
      let missing = listed.subtracting(held).sorted(), extra = held.subtracting(listed).sorted()
      guard missing.isEmpty, extra.isEmpty else {
        throw ModelError(
          .malformedFile,
          "\(index.path): shard \(number + 1), \(file.url.lastPathComponent), lacks \(missing) and has unlisted \(extra)"
        )
      }
    }
  }

  /// Every tensor, shard by shard.
  public var entries: [SafetensorsFile.Entry] { files.flatMap(\.entries) }

  /// The tensor `name`, as `SafetensorsFile.tensor(_:)` gives it.
  public func tensor(_ name: String) throws -> Tensor {
    guard let number = shard[name] else {
      throw ModelError(.mismatchedTensors, "\(files[0].url.path): holds no tensor '\(name)'")
    }
    return try files[number].tensor(name)
  }
}
