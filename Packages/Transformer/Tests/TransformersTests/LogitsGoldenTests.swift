import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Logits equal those of `transformers` in float32 within 1e-4 of their range.
@Suite struct LogitsGoldenTests {
  static let tolerance: Float = 1e-4

  @Test(arguments: Goldens.configurations)
  func folder(name: String) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: name))
    let expected = try Goldens.json(Expected.self, name + "/expected.json")
    let (max, range) = difference(try logits(pretrained, expected.ids), expected.logits)
    print("logits of \(name): max|Δ| = \(max) of a range of \(range), \(max / range)")
    #expect(max <= LogitsGoldenTests.tolerance * range)
  }

  @Test(arguments: Goldens.ggufFiles)
  func gguf(name: String) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "gguf/\(name).gguf"))
    let expected = try Goldens.json(Expected.self, "gguf/\(name).expected.json")
    let (max, range) = difference(try logits(pretrained, expected.ids), expected.logits)
    print("logits of \(name).gguf: max|Δ| = \(max) of a range of \(range), \(max / range)")
    #expect(max <= LogitsGoldenTests.tolerance * range)
  }

  @Test func storedDTypesAreKeptAndConvertedOnesAreClose() throws {
    for (name, dtype) in [("bfloat16", DType.bfloat16), ("float16", .float16)] {
      let folder = Goldens.folder.appending(path: name)
      let kept = try PretrainedModel.load(folder), widened = try PretrainedModel.load(folder, dtype: .float32)
      #expect(kept.state.parameters.parameters.allSatisfy { $0.tensor.dtype == dtype && !$0.tensor.isWritable })
      #expect(widened.state.parameters.parameters.allSatisfy { $0.tensor.dtype == .float32 && $0.tensor.isWritable })
      let expected = try Goldens.json(Expected.self, name + "/expected.json")
      #expect(try logits(kept, expected.ids) == logits(widened, expected.ids))
    }
  }

  @Test(arguments: Goldens.configurations)
  func rowsAskedForAreTheRowsOfAll(name: String) throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: name))
    let ids = try Goldens.json(Expected.self, name + "/expected.json").ids
    let all = try logits(pretrained, ids), rows = [23, 0, 7]
    let (max, range) = difference(try logits(pretrained, ids, rows: rows), rows.map { all[$0] })
    #expect(max <= 1e-6 * range)
  }

  @Test func threadsChangeNothing() throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "biases"))
    let ids = try Goldens.json(Expected.self, "biases/expected.json").ids
    #expect(try logits(pretrained, ids, threads: 1) == logits(pretrained, ids, threads: 3))
  }

  @Test func theOracleSeesTheSameModel() throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
    let expected = try Goldens.json(Expected.self, "grouped-heads/expected.json")
    let prompt = Array(expected.ids[..<6])
    let batch = try PackedBatch([ScoringRequest(prompt: prompt, continuations: [[3, 9], [11]])])
    let oracle = EagerOracle(
      model: pretrained.model, state: pretrained.state, objective: .languageModel, threads: Threads(2))
    let found = try oracle.logProbabilities(on: batch)[0]
    func logProbability(_ token: Int, after ids: [Int32]) throws -> Float {
      let row = try logits(pretrained, ids, rows: [ids.count - 1])[0]
      return row[token] - log(row.reduce(0) { $0 + exp($1) })
    }
    let wanted = [
      try logProbability(3, after: prompt), try logProbability(9, after: prompt + [3]),
      try logProbability(11, after: prompt),
    ]
    #expect(found.count == 3 && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func requestsThatCannotBeFollowedAreErrors() throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
    #expect(failure { try logits(pretrained, []) }?.code == .invalidRequest)
    #expect(failure { try logits(pretrained, [37]) }?.message.contains("37") == true)
    #expect(failure { try logits(pretrained, [-1]) }?.code == .invalidRequest)
    #expect(failure { try logits(pretrained, [1, 2], rows: [2]) }?.code == .invalidRequest)
    #expect(failure { try logits(pretrained, Array(repeating: 1, count: 65)) }?.message.contains("64") == true)
  }
}
