import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Models that were trained, not drawn.
@Suite struct RealModelTests {
  private struct StoriesCase: Decodable {
    let ids: [Int32]
    let last_logits: [[Float]]
    let generated: [Int32]
  }

  @Test func stories260K() throws {
    let pretrained = try PretrainedModel.load(Goldens.stories)
    let generator = TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(2))
    for example in try Goldens.json([StoriesCase].self, "stories260K.expected.json") {
      let last = [example.ids.count - 2, example.ids.count - 1]
      let (max, range) = difference(try logits(pretrained, example.ids, rows: last), example.last_logits)
      print("logits of stories260K: max|Δ| = \(max) of a range of \(range), \(max / range)")
      #expect(max <= 1e-4 * range)
      let generation = try generator.generate(
        after: example.ids, options: GenerationOptions(maximumNewTokens: example.generated.count))
      #expect(generation.tokens == example.generated)
    }
    #expect(pretrained.state.parameters.count == 260_032)
  }

  private struct SmolLM2: Decodable {
    struct Case: Decodable {
      let ids: [Int32]
      let last_top10_ids: [Int32]
      let last_top10_logits: [Float]
      let nll_per_token: [Float]
      let generated: [Int32]
    }
    let parameters: Int
    let cases: [Case]
  }

  /// Against `transformers`, which dequantises the same file with code of its own.
  @Test func smolLM2() throws {
    guard let path = ProcessInfo.processInfo.environment["ZEROTH_SMOLLM2"] else {
      print("SmolLM2-135M is not tested: ZEROTH_SMOLLM2 names no GGUF file")
      return
    }
    let expected = try Goldens.json(SmolLM2.self, "smollm2.expected.json")
    let pretrained = try PretrainedModel.load(URL(filePath: path))
    #expect(pretrained.state.parameters.count == expected.parameters)
    let generator = TextGenerator(pretrained.model, state: pretrained.state, threads: Threads(2))
    #expect(pretrained.source.tensorTypes == ["Q4_1": 210, "Q8_0": 1, "F32": 61])
    for example in expected.cases {
      let rows = try logits(pretrained, example.ids)
      let last = rows[rows.count - 1], range = last.max()! - last.min()!
      let delta = zip(example.last_top10_ids, example.last_top10_logits).map { (last[Int($0)] - $1).magnitude }.max()!
      let losses = zip(rows, example.ids.dropFirst()).map { row, token in
        let greatest = row.max()!
        let logSum = Double(greatest) + log(row.reduce(0.0) { $0 + exp(Double($1 - greatest)) })
        return Float(logSum - Double(row[Int(token)]))
      }
      let lossDelta = zip(losses, example.nll_per_token).map { ($0 - $1).magnitude }.max()!
      print("SmolLM2: max|Δ logit| = \(delta) of a range of \(range), \(delta / range); max|Δ loss| = \(lossDelta)")
      #expect(delta <= 1e-4 * range && lossDelta <= 1e-4)
      let top = last.indices.sorted { last[$0] > last[$1] }.prefix(10).map(Int32.init)
      #expect(top == example.last_top10_ids)
      let generation = try generator.generate(after: example.ids, options: GenerationOptions(maximumNewTokens: 20))
      #expect(generation.tokens == example.generated)
    }
  }
}
