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

  @Test func theReadmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let package = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
    let source = try String(contentsOf: here, encoding: .utf8)
    let shown = try #require(readme.components(separatedBy: "```swift\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let tested = source.components(separatedBy: "// README-BEGIN\n")[1].components(separatedBy: "// README-END")[0]
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(tested))
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
      recipe: recipe, directionLaw: .gaussian, records: .moves, baseModel: hash, tokenizer: hash, data: hash,
      plugins: [], zeroth: "0")
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(header)) as? [String: Any]
    let keys = try #require(object?.keys.sorted())
    let page = try String(contentsOf: documentation.appending(path: "ledger-format.md"), encoding: .utf8)
    for key in keys { #expect(page.contains("`\(key)`"), "\(key)") }
  }
}
