import Foundation
import TensorCore

/// The safetensors weights of a folder.
public typealias SafetensorsArchive = TensorArchive<SafetensorsFile>
/// The pickled weights of a folder.
public typealias TorchArchive = TensorArchive<TorchFile>

/// The weights of a Hugging Face folder in one format: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists.
public struct TensorArchive<File: TensorFile>: Sendable {
  /// One, or the shards in the order of their names.
  public let files: [File]
  private let shard: [String: Int]

  private static func single(_ folder: URL) -> URL { folder.appendingPathComponent(File.wholeName) }
  private static func index(_ folder: URL) -> URL { folder.appendingPathComponent(File.wholeName + ".index.json") }

  /// Whether a folder has such weights.
  static func exists(in folder: URL) -> Bool {
    [single(folder), index(folder)].contains { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// - Throws: `ModelError.unreadableFile` where a folder has neither or lacks a shard, `.malformedFile` where it has
  ///   both or the index and the shards disagree.
  public init(folder: URL) throws {
    let single = Self.single(folder), index = Self.index(folder)
    let manager = FileManager.default
    switch (manager.fileExists(atPath: single.path), manager.fileExists(atPath: index.path)) {
    case (true, false): try self.init(files: [File(single)])
    case (false, true): try self.init(index: index)
    case (true, true):
      throw ModelError(
        .malformedFile,
        "\(folder.path): both \(single.lastPathComponent) and \(index.lastPathComponent) are there: remove the one that "
          + "is old")
    case (false, false):
      let others = ((try? manager.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
        $0.hasSuffix(".bin") || $0.hasSuffix(".gguf") || $0.hasSuffix(".safetensors")
      }.sorted()
      let found =
        others.isEmpty ? "" : " (found \(others.joined(separator: ", ")); a GGUF file is given by its own path)"
      throw ModelError(
        .unreadableFile,
        "\(folder.path): no weights: neither model.safetensors nor pytorch_model.bin nor the index of either's "
          + "shards\(found)")
    }
  }

  private init(files: [File]) throws {
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
    let shards = try ShardIndex(contentsOf: index, suffix: "." + (File.wholeName as NSString).pathExtension)
    try self.init(files: shards.files.map { try File($0) })
    for file in files { try shards.check(file.url, holds: file.entries.map(\.name)) }
  }

  /// Every tensor, shard by shard.
  public var entries: [File.Entry] { files.flatMap(\.entries) }

  /// The tensor `name`, as the file gives it.
  public func tensor(_ name: String) throws -> Tensor {
    guard let number = shard[name] else {
      throw ModelError(.mismatchedTensors, "\(files[0].url.path): holds no tensor '\(name)'")
    }
    return try files[number].tensor(name)
  }
}
