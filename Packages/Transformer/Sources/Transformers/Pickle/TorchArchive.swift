import Foundation
import TensorCore

/// The pickled weights of a Hugging Face folder: `pytorch_model.bin`, or the shards that
/// `pytorch_model.bin.index.json` lists.
public struct TorchArchive: Sendable {
  /// One, or the shards in the order of their names.
  public let files: [TorchFile]
  private let shard: [String: Int]

  private static func single(_ folder: URL) -> URL { folder.appendingPathComponent("pytorch_model.bin") }
  private static func index(_ folder: URL) -> URL { folder.appendingPathComponent("pytorch_model.bin.index.json") }

  /// Whether a folder has such weights.
  static func exists(in folder: URL) -> Bool {
    [single(folder), index(folder)].contains { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// - Throws: `ModelError.malformedFile` where the folder has both a file and an index, or where the index and the
  ///   shards disagree, and what `TorchFile` throws.
  public init(folder: URL) throws {
    let single = TorchArchive.single(folder), index = TorchArchive.index(folder)
    guard FileManager.default.fileExists(atPath: index.path) else {
      try self.init(files: [TorchFile(single)])
      return
    }
    guard !FileManager.default.fileExists(atPath: single.path) else {
      throw ModelError(
        .malformedFile,
        "\(folder.path): both pytorch_model.bin and pytorch_model.bin.index.json are there: remove the one that is old")
    }
    let shards = try ShardIndex(contentsOf: index, suffix: ".bin")
    try self.init(files: shards.files.map { try TorchFile($0) })
    for file in files { try shards.check(file.url, holds: file.entries.map(\.name)) }
  }

  private init(files: [TorchFile]) throws {
    self.files = files
    var shard: [String: Int] = [:]
    for (number, file) in files.enumerated() {
      for entry in file.entries {
        if let other = shard.updateValue(number, forKey: entry.name) {
          throw ModelError(
            .malformedFile, "tensor '\(entry.name)' is in both \(files[other].url.path) and \(file.url.path)")
        }
      }
    }
    self.shard = shard
  }

  /// Every tensor, shard by shard.
  public var entries: [TorchFile.Entry] { files.flatMap(\.entries) }

  /// The tensor `name`, as `TorchFile.tensor(_:)` gives it.
  public func tensor(_ name: String) throws -> Tensor {
    guard let number = shard[name] else {
      throw ModelError(.mismatchedTensors, "\(files[0].url.path): holds no tensor '\(name)'")
    }
    return try files[number].tensor(name)
  }
}
