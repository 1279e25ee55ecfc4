import Foundation
import TensorCore
import TuningCore

@testable import Transformers

/// Files of the package's goldens, and of the model that the repository holds.
enum Goldens {
  static let folder = Bundle.module.resourceURL!.appending(path: "Goldens")

  /// Folders with a model each.
  static let configurations = [
    "all-heads-tied", "bfloat16", "biases", "float16", "grouped-heads", "head-dim", "one-head-one-layer", "rope-linear",
    "rope-llama3", "rope-parameters", "rope-parameters-llama3", "sharded",
  ]
  static let ggufFiles = ["mixed", "linear-tied", "llama3"]

  static let stories = URL(filePath: #filePath).appending(path: "../../../../../Models/stories260K").standardized

  static func json<T: Decodable>(_ type: T.Type, _ path: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: path)))
  }
}

/// What `transformers` computed for a model.
struct Expected: Decodable {
  let ids: [Int32]
  let logits: [[Float]]
  let prompt: [Int32]
  let generated: [Int32]
}

/// Logits of one sequence, as lists.
func logits(_ pretrained: PretrainedModel, _ ids: [Int32], rows: [Int]? = nil, threads: Int = 2) throws -> [[Float]] {
  let evaluator = EagerEvaluator(threads: Threads(threads))
  let value = try pretrained.model.logits(of: ids, rows: rows, state: pretrained.state, evaluator: evaluator)
  return (0..<value.rows).map { Array(value.floats()[$0 * value.columns..<($0 + 1) * value.columns]) }
}

/// max |Δ| and the range of what was expected.
func difference(_ found: [[Float]], _ expected: [[Float]]) -> (max: Float, range: Float) {
  guard found.map(\.count) == expected.map(\.count) else { return (.infinity, 1) }
  let all = expected.flatMap { $0 }
  let deltas = zip(found.flatMap { $0 }, all).map { ($0 - $1).magnitude }
  return (deltas.max() ?? .infinity, (all.max() ?? 0) - (all.min() ?? 0))
}

/// A new folder, removed afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "transformers-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The `ModelError` that `body` throws; nil if it throws none or another.
func failure<T>(_ body: () throws -> T) -> ModelError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? ModelError
  }
}

/// A copy of a golden folder in `parent`, to be damaged.
func copyOfGolden(_ name: String, in parent: URL) throws -> URL {
  let copy = parent.appending(path: name)
  try FileManager.default.copyItem(at: Goldens.folder.appending(path: name), to: copy)
  return copy
}

extension URL {
  /// Rewrites a text file.
  func edit(_ change: (String) -> String) throws {
    try Data(change(String(contentsOf: self, encoding: .utf8)).utf8).write(to: self)
  }

  /// Rewrites a safetensors file with other tensors, in memory of their own.
  func replaceTensors(_ change: (inout [(name: String, tensor: Tensor)]) throws -> Void) throws {
    let file = try SafetensorsFile(self)
    var tensors = try file.entries.map { (name: $0.name, tensor: try file.tensor($0.name).copy()) }
    try change(&tensors)
    try SafetensorsWriter.write(tensors, to: self)
  }
}
