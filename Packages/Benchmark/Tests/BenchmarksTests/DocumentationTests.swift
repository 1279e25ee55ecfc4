import Foundation
import Testing

@testable import Benchmarks
@testable import Training

/// docs/benchmark-grids.md against the code.
@Suite struct DocumentationTests {
  private static let page: String = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../../docs/benchmark-grids.md").standardizedFileURL
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  @Test func thePagesGridIsOne() throws {
    let yaml = Self.page.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```")[0]
    let expansion = try expand(try #require(yaml))
    #expect(expansion.combinations.count == 12 && expansion.included.count == 10)
    #expect(expansion.combinations[2].trials.count == 3)
    #expect(try expansion.recipe("zo-adam_lora_without").options(of: "zo-adam")["epsilon"] == .number(1e-2))
    #expect(try expansion.recipe("fo-sgd_lora_with", trial: 2).learningRate.peak == 1e-3)
  }

  @Test func thePageNamesEveryKeyOfAGrid() {
    for key in GridReader.keys { #expect(Self.page.contains("\n| `\(key)` | "), "\(key)") }
    for key in GridReader.searchKeys { #expect(Self.page.contains("\n| `\(key)` | "), "\(key)") }
    for unit in Budget.Unit.allCases { #expect(Self.page.contains("\n| `\(unit.rawValue)` | "), "\(unit)") }
  }

  @Test func thePageNamesEveryKeyOfTheRecord() throws {
    let temporary = try TemporaryFolder(), folder = BenchmarkFolder(temporary.url)
    let plan = try plan(
      expand("axes: {optimizer: [zo-sgd]}\nbudget: {steps: 9}\nrules: [{search: {learning_rate: [1, 2]}}]"),
      in: folder, seconds: 1)
    var record = try BenchmarkState(plan, in: folder).record
    record.combinations[0].excluded = ""
    record.combinations[0].chosen = [:]
    record.cells[0].message = ""
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(record)) as? [String: Any])
    for key in object.keys { #expect(Self.page.contains("`\(key)`"), "\(key)") }
    for list in ["combinations", "cells"] {
      let entry = try #require((object[list] as? [[String: Any]])?.first)
      for key in entry.keys { #expect(Self.page.contains("`.\(key)`"), "\(list).\(key)") }
    }
  }
}
