import Foundation
import Testing

@testable import Bundles

@Suite struct BundleDifferenceTests {
  private func member(_ path: String, _ content: String) -> BundleMember {
    BundleMember(path: path, kind: .data, size: content.utf8.count, sha256: ContentHash(of: Data(content.utf8)))
  }

  @Test func equalOnesDoNotDiffer() {
    let same = BundleDifference(from: SmallBundle.manifest, to: SmallBundle.manifest)
    #expect(same.isEmpty)
    #expect(
      same
        == BundleDifference(from: same.isEmpty ? SmallBundle.manifest : SmallBundle.manifest, to: SmallBundle.manifest))
  }

  @Test func everyDifferenceIsTold() throws {
    var first = SmallBundle.manifest, second = first
    first.members = [member("a", "1"), member("b", "2"), member("c", "3")]
    second.members = [member("b", "two"), member("c", "3"), member("d", "4")]
    second.title = "another"
    second.source = nil
    second.ledger?.steps = 200
    second.recipe["steps"] = "200"
    second.recipe["epsilon"] = "0.001"
    second.versions = [:]
    second.results["accuracy"] = 0.75
    second.requirements[1].included = true
    second.requirements.append(second.requirements[0])
    let difference = BundleDifference(from: first, to: second)
    #expect(difference.fields.map(\.name) == ["ledger.steps", "source", "title"])
    #expect(difference.fields[0] == .init(name: "ledger.steps", before: "100", after: "200"))
    #expect(difference.fields[1] == .init(name: "source", before: "https://example.org", after: nil))
    #expect(
      difference.recipe == [
        .init(name: "epsilon", before: nil, after: "0.001"), .init(name: "steps", before: "100", after: "200"),
      ])
    #expect(difference.versions == [.init(name: "ZO-SGD", before: "0.1.0", after: nil)])
    #expect(difference.results == [.init(name: "accuracy", before: 0.5, after: 0.75)])
    #expect(difference.requirements.map(\.name) == ["base_model stories260K #2", "tokenizer stories260K"])
    #expect(
      difference.members == [
        .init(name: "a", before: member("a", "1"), after: nil),
        .init(name: "b", before: member("b", "2"), after: member("b", "two")),
        .init(name: "d", before: nil, after: member("d", "4")),
      ])
    #expect(!difference.isEmpty)
    let read = try JSONDecoder().decode(BundleDifference.self, from: JSONEncoder().encode(difference))
    #expect(read == difference)
    second = first
    second.kind = .model
    #expect(BundleDifference(from: first, to: second).fields == [.init(name: "kind", before: "run", after: "model")])
    second.ledger = nil
    #expect(BundleDifference(from: first, to: second).fields.count == 9)
  }
}
