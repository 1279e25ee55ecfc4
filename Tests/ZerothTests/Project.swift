import Bundles
import Datasets
import Foundation
import TensorCore
import Testing
import Training
import Transformers
import TuningCore

/// Where the project's files and what was built of it lie.
enum Project {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
  static let stories = root.appending(path: "Models/stories260K")
  static let sentiment = root.appending(path: "Data/SST-2/SST-2.zip")

  /// The folder of the test program: libraries, plugins and `zeroth` are built into it.
  static let products =
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  /// A model of three small layers with biases everywhere, beside the program: laws of methods are held on it, those of
  /// schemes that need biases too. Its tokenizer is that of the committed model.
  static let smallModel = made("zeroth-tests-small-model") { folder in
    let configuration = LlamaConfiguration(
      vocabularySize: 512, hiddenSize: 16, intermediateSize: 24, layerCount: 3,
      heads: AttentionHeads(queries: 2, groups: 1, dimension: 8), maximumLength: 512, hasAttentionBias: true,
      hasFeedForwardBias: true, tiesWordEmbeddings: true)
    var parameters = ParameterSet()
    for specification in configuration.parameters {
      var values = [Float](repeating: 0, count: specification.shape.reduce(1, *))
      values.withUnsafeMutableBufferPointer {
        Direction(seed: 1, law: .gaussian).fill($0, of: specification.path, start: 0)
      }
      let mean: Float = specification.role == .norm ? 1 : 0
      let tensor = try Tensor(values.map { mean + 0.2 * $0 }, shape: specification.shape)
      parameters.append(Parameter(path: specification.path, tensor: tensor, role: specification.role))
    }
    try PretrainedModel.save(ModelState(parameters: parameters), configuration, to: folder, companion: stories)
  }

  /// The first sentences of each file of SST-2: to read all of them takes longer than the steps of most tests.
  static let fewSentences = made("zeroth-tests-few-sentences") { folder in
    let source = try DataSource(sentiment)
    for name in ["train.tsv", "dev.tsv"] {
      let lines = String(decoding: try source.file(name, in: "SST-2").data, as: UTF8.self)
        .split(separator: "\n", maxSplits: 200).prefix(200)
      try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: folder.appending(path: name))
    }
  }

  /// A folder beside the test program. Each of its processes makes it anew, file by file in one step.
  private static func made(_ name: String, _ make: (URL) throws -> Void) -> URL {
    let folder = products.appending(path: name)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try make(folder)
    } catch {
      fatalError("\(folder.path): \(error)")
    }
    return folder
  }

  static func file(_ path: String) -> URL { root.appending(path: path) }
}

/// The plugins of the project, loaded from the build folder as the program loads them.
enum Plugins {
  /// The folders in Plugins/: a new one is tested by being there.
  static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: Project.file("Plugins").path)) ?? []).sorted()

  static func host() throws -> PluginHost {
    try PluginHost(
      files: names.map { Project.products.appending(path: "lib\($0)Plugin.so") },
      search: PluginSearch(path: nil, executable: nil))
  }
}

/// A folder of a test's own, gone when the test is over: see `Trait.workplace`.
struct Workplace {
  @TaskLocal fileprivate static var ofTest = FileManager.default.temporaryDirectory

  let url: URL

  init() throws {
    url = Workplace.ofTest.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func callAsFunction(_ path: String) -> URL { url.appending(path: path) }

  @discardableResult
  func write(_ text: String, to path: String) throws -> URL {
    let file = url.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file
  }

  /// A copy of the committed model that a test may spoil.
  func modelCopy(_ name: String = "model") throws -> URL {
    let copy = url.appending(path: name)
    try FileManager.default.copyItem(at: Project.stories, to: copy)
    return copy
  }
}

/// Gives each test a folder that its workplaces lie in, and removes it.
struct WorkplaceTrait: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "zeroth-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await Workplace.$ofTest.withValue(folder, operation: function)
  }
}

extension Trait where Self == WorkplaceTrait {
  static var workplace: Self { WorkplaceTrait() }
}

/// The recipe of most tests: six steps of the committed model on a few phrases.
enum TinyRecipe {
  static let lines = [
    ("train_examples", "16"), ("dev_examples", "8"), ("test_examples", "8"), ("steps", "6"), ("batch_size", "4"),
    ("max_length", "128"), ("learning_rate", "1e-4"), ("evaluate_every", "2"), ("checkpoint_every", "2"),
    ("threads", "1"),
  ]

  /// As YAML, with `changes` in the place of what they name.
  static func yaml(_ changes: [String: String] = [:]) -> String {
    var settings = Dictionary(uniqueKeysWithValues: lines)
    settings["model"] = Project.stories.path
    settings["data"] = Project.fewSentences.path
    settings.merge(changes) { $1 }
    return settings.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: "\n") + "\n"
  }

  static func resolved(_ changes: [String: String] = [:], components: Components) throws -> ResolvedRecipe {
    try Recipe(yaml: yaml(changes), folder: Project.root).resolve(
      components: components, tasks: ExampleSet.taskNames())
  }
}

/// What an error tells a user; nil where there is none.
func message(_ body: () throws -> Void) -> String? {
  do { try body() } catch { return "\(error)" }
  return nil
}

/// All of `parts`, in any place.
func expect(
  _ text: String?, mentions parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let text else {
    Issue.record("there is no message", sourceLocation: sourceLocation)
    return
  }
  for part in parts {
    #expect(text.contains(part), "'\(text)' does not mention '\(part)'", sourceLocation: sourceLocation)
  }
}
