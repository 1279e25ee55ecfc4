import Foundation
import Testing
import Training

/// Every recipe of the project is one that the program takes, and says first how to run it.
@Suite struct CommittedRecipeTests {
  static let files: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Project.file("Recipes").path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  @Test func thereAreRecipes() { #expect(Self.files.contains("quickstart.yaml")) }

  @Test(arguments: files) func recipeResolves(name: String) throws {
    let file = Project.file("Recipes/\(name)")
    let components = try Plugins.host().components
    let resolved = try Recipe(contentsOf: file).resolve(components: components, tasks: ExampleSet.taskNames())
    #expect(FileManager.default.fileExists(atPath: resolved.data.path))
    #expect(try ResolvedRecipe(yaml: resolved.yaml) == resolved)
    let first = try String(contentsOf: file, encoding: .utf8).prefix { $0 != "\n" }
    #expect(first.contains("zeroth train Recipes/\(name)"))
  }
}
