import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct TextsTests {
  @Test func rectanglesThatMakeNoSenseAreErrors() {
    func complaint(_ ids: [[Int32]], _ mask: [[Int32]]?, _ types: [[Int32]]? = nil) -> String {
      failure { try PaddedBatch(tokens: ids, mask: mask, tokenTypes: types) }?.message ?? "no error"
    }
    #expect(complaint([[1, 2], [3]], nil).contains("rectangle"))
    #expect(complaint([[1, 2]], [[1]]).contains("rectangle"))
    #expect(complaint([[1, 2]], [[1, 1], [1, 1]]).contains("rectangle"))
    #expect(complaint([[1, 2]], nil, [[0]]).contains("rectangle"))
    #expect(complaint([[1, 2]], [[1, 2]]).contains("other than 0 and 1"))
    #expect(complaint([[1, 2], [3, 4]], [[1, 1], [0, 0]]).contains("row 1: there is nothing but padding"))
    #expect(complaint([[1, 2, 3]], [[1, 0, 1]]).contains("within the text"))
    #expect(complaint([[]], nil).contains("nothing but padding"))
  }

  @Test func whatTheModelHasNotIsAnError() throws {
    let bert = try NoiseModel.named("bert masked").load()
    func complaint(_ ids: [Int32], types: [Int32]? = nil) -> String {
      failure {
        try PaddedBatch(tokens: [ids], tokenTypes: types.map { [$0] }).packed(for: bert.model)
      }?.message ?? "no error"
    }
    #expect(complaint([1, 19]).contains("token id 19"))
    #expect(complaint([1], types: [2]).contains("token type 2 is not one of the model's 2"))
    #expect(complaint([1], types: [-1]).contains("token type -1"))
    #expect(complaint(Array(repeating: 1, count: 17)).contains("17 tokens are more than the model's 16"))
    #expect(complaint([]).contains("nothing but padding"))
    let batch = try PackedBatch(cloze: [
      ClozeRequest(tokens: [1, 2], tokenTypes: [0, 2], blanks: [0], candidates: [[3]])
    ])
    #expect(throws: TuningError.self) { try bert.model.validate(batch, in: bert.state) }
    let opt = try NoiseModel.named("opt plain").load()
    let evaluator = EagerEvaluator(threads: Threads(1))
    #expect(
      failure { try opt.model.logits(of: [1], tokenTypes: [1], state: opt.state, evaluator: evaluator) }?.message
        .contains("token type 1") == true)
    #expect(
      failure { try bert.model.logits(of: [1, 2], tokenTypes: [1], state: bert.state, evaluator: evaluator) }?.code
        == .invalidRequest)
    #expect(
      failure { try TextGenerator(bert.model, state: bert.state).generate(after: [1]) }?.message
        .contains("cannot continue") == true)
  }

  /// BERT numbers columns; RoBERTa those without the padding token; the others those that the mask keeps.
  @Test func positionsFollowTheFamily() throws {
    let ids: [Int32] = [1, 1, 7, 1, 8], mask = [false, false, true, true, true]
    func positions(_ name: String) throws -> [Int32] {
      Array(try NoiseModel.named(name).configuration().makeModel().positions(ofPadded: ids, mask: mask)[2...])
    }
    #expect(try positions("bert masked") == [2, 3, 4])
    #expect(try positions("roberta masked") == [0, 1, 2])
    #expect(try positions("roberta base") == [2, 3, 4])
    #expect(try positions("opt plain") == [0, 1, 2])
  }

  @Test func vectorsAreMeansOfHiddenStates() throws {
    let golden = NoiseModel.named("roberta base")
    let pretrained = try golden.load()
    let width = golden.hidden.values.count / golden.ids.count
    let other = Array(golden.ids.prefix(2))
    let found = try pretrained.vectors(of: [other, golden.ids], threads: Threads(1))
    let sum = (0..<width).map { column in
      stride(from: column, to: golden.hidden.values.count, by: width).reduce(Float(0)) { $0 + golden.hidden.values[$1] }
    }
    #expect(zip(found[1], sum).allSatisfy { abs($0 - $1 / Float(golden.ids.count)) < 1e-5 })
    let normed = try pretrained.vectors(of: [golden.ids], normalised: true)[0]
    #expect(abs(normed.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    let factor = normed[0] / found[1][0]
    #expect(zip(normed, found[1]).allSatisfy { abs($0 - factor * $1) < 1e-5 })
    let first = try pretrained.vectors(of: [other, golden.ids], pooling: .firstToken)[1]
    #expect(zip(first, golden.hidden.values).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(failure { try pretrained.vectors(of: [[1], []]) }?.message.contains("text 1 has no tokens") == true)
    #expect(failure { try pretrained.vectors(of: []) }?.code == .invalidRequest)
  }
}
