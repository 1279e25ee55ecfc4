import Bundles
import Foundation
import Testing
import TuningCore

@testable import Training

@Suite struct DocumentationTests {
  @Test func theExampleRuns() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url, components = try sampleComponents(), hash = ContentHash(of: Data())
    var updates: [[ParameterUpdate]] = []
    // README-BEGIN
    let recipe = try Recipe(
      yaml: "model: SmolLM2\ndata: SST-2.zip\nsteps: 20\n", folder: folder, overrides: ["learning_rate=1e-4"])
    let resolved = try recipe.resolve(components: components, tasks: ["sst2"])

    let header = LedgerHeader(
      recipe: resolved, directionLaw: .gaussian, records: .moves, baseModel: hash, tokenizer: hash, data: hash,
      plugins: [], zeroth: "0.1.0")
    let writer = try LedgerWriter(creating: folder.appending(path: "ledger.zl"), header: header)
    try writer.append(step: 0, updates: [.move(Move([Term(-0.5, header.direction(step: 0, query: 0))]))])

    try LedgerReader(folder.appending(path: "ledger.zl")).forEachStep { step, made in updates.append(made) }
    // README-END
    #expect(updates == [[.move(Move([Term(-0.5, header.direction(step: 0, query: 0))]))]])
  }

  @Test func thePluginPageNamesEveryRefusal() throws {
    let page = try String(contentsOf: documentation.appending(path: "plugins.md"), encoding: .utf8)
    for code in PluginError.Code.allCases { #expect(page.contains("\n| `\(code.rawValue)` | ")) }
  }

  @Test func theLedgerPageNamesEveryKeyOfTheHeader() throws {
    let recipe = try Recipe(yaml: "model: m\ndata: d\n", folder: URL(filePath: "/"))
      .resolve(components: sampleComponents(), tasks: ["sst2"])
    let hash = ContentHash(of: Data())
    let header = LedgerHeader(
      recipe: recipe, directionLaw: .gaussian, records: .moves, baseModel: hash, configuration: hash, tokenizer: hash,
      data: hash, dataFiles: [:], adapter: hash, plugins: [], zeroth: "0")
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(header)) as? [String: Any]
    let keys = try #require(object?.keys.sorted())
    let page = try String(contentsOf: documentation.appending(path: "ledger-format.md"), encoding: .utf8)
    for key in keys { #expect(page.contains("`\(key)`"), "\(key)") }
  }

  /// Twenty-seven points of the benchmark's code; what stands beside each is held by a test that is there.
  @Test func theDifferencesAreHeldByTests() throws {
    let page = try String(contentsOf: documentation.appending(path: "differences.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter {
      $0.hasPrefix("| ") && !$0.hasPrefix("| #") && !$0.hasPrefix("| what")
    }
    #expect(rows.compactMap { $0.firstMatch(of: /^\| D(\d+) \|/) }.map { Int($0.1) } == (1...27).map { $0 })
    let sources = try testSources()
    for row in rows {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(cells.count == 4, "\(row)")
      let cell = cells.last ?? ""
      var held = 0
      // `one`, `another` (File)
      for group in cell.matches(of: /((?:`\w+`(?:, )?)+) \((\w+)\)/) {
        for name in group.1.matches(of: /\w+/) {
          let isThere = sources["\(group.2).swift"]?.contains { $0.contains("func \(name.0)(") } == true
          #expect(isThere, "\(name.0) in \(group.2).swift")
          held += 1
        }
      }
      #expect(held > 0 && held == cell.matches(of: /`\w+`/).count, "\(row)")
    }
  }

  /// The texts of all of the project's tests, by their files' names.
  private func testSources() throws -> [String: [String]] {
    let root = documentation.deletingLastPathComponent(), packages = root.appending(path: "Packages")
    let folders = try FileManager.default.contentsOfDirectory(atPath: packages.path).map {
      packages.appending(path: "\($0)/Tests")
    }
    var sources: [String: [String]] = [:]
    for folder in folders + [root.appending(path: "Tests")] {
      for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) ?? .init()
      where file.pathExtension == "swift" {
        sources[file.lastPathComponent, default: []].append(try String(contentsOf: file, encoding: .utf8))
      }
    }
    return sources
  }

  /// What is shown of how short an optimizer is, is all of it.
  @Test(arguments: [
    "Packages/ZOEstimators/Sources/ZOEstimators/ZOSGDMomentum.swift",
    "Plugins/ZOSGDMomentum/Sources/ZOSGDMomentumPlugin/ZOSGDMomentumPlugin.swift",
  ])
  func theExampleOfAnOptimizerIsWhole(_ path: String) throws {
    let root = documentation.deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "CONTRIBUTING.md"), encoding: .utf8)
    let source = try String(contentsOf: root.appending(path: path), encoding: .utf8)
    #expect(page.contains("(`\(path)`") && page.contains("\n```swift\n\(source)```\n"))
  }
}
