import ArgumentParser
import Foundation
import TensorCore
import Training
import TuningCore

extension URL {
  /// A path as a person gave it, relative to the current folder.
  init(argument: String) { self = URL(filePath: argument).absoluteURL.standardizedFileURL }
}

/// Plugins beside those that lie with the program.
struct PluginArguments: ParsableArguments {
  @Option(name: .customLong("plugin"), help: ArgumentHelp("Load this plugin too. May be repeated.", valueName: "file"))
  var plugins: [String] = []

  func load(_ more: [URL] = []) throws -> PluginHost {
    try PluginHost(files: more + plugins.map(URL.init(argument:)))
  }
}

/// What goes with a recipe: settings in the place of its own, plugins beside those that it names.
struct RecipeArguments: ParsableArguments {
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Set a key of the recipe. May be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  @OptionGroup var plugins: PluginArguments

  /// The recipe in `file`, checked, and the plugins that it was checked with.
  func resolve(_ file: String) throws -> (recipe: ResolvedRecipe, host: PluginHost) {
    let read = try Recipe(contentsOf: URL(argument: file), overrides: overrides)
    let host = try plugins.load(read.pluginFiles)
    return (try read.resolve(components: host.components, tasks: ExampleSet.taskNames()), host)
  }
}

struct ThreadArguments: ParsableArguments {
  @Option(help: "Threads; 0: one for every processor. Changes no result.")
  var threads = 0

  var value: Threads { threads == 0 ? .available : Threads(threads) }

  func validate() throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be from 0 to 1024") }
  }
}

/// A model as it came, with an adapter, or as a run left it.
struct ModelArguments: ParsableArguments {
  @Option(help: "Hugging Face folder, GGUF file, or a bundle (.zb) of either.")
  var model: String?

  @Option(help: "With --model: an adapter in PEFT's format, a folder or a bundle (.zb).")
  var adapter: String?

  @Option(help: "Run folder: its base model with its best parameters.")
  var run: String?

  @Option(help: "Folder, tokenizer.json or GGUF file, where the model has no tokenizer of its own.")
  var tokenizer: String?

  @Option(help: "Of the parameters: auto, float32, float16 or bfloat16.")
  var dtype = ParameterDType.auto

  @OptionGroup var threads: ThreadArguments
  @OptionGroup var plugins: PluginArguments

  func validate() throws {
    guard (model == nil) != (run == nil) else { throw ValidationError("give --model PATH or --run FOLDER") }
    guard run == nil || (tokenizer == nil && dtype == .auto) else {
      throw ValidationError("--run brings its own tokenizer and dtype")
    }
    guard run == nil || adapter == nil else { throw ValidationError("--run brings its own adapter") }
    guard run != nil || adapter != nil || plugins.plugins.isEmpty else {
      throw ValidationError("--plugin goes with --run or --adapter: a model as it came needs none")
    }
  }

  func open() throws -> InferenceModel {
    if let run {
      let folder = RunFolder(URL(argument: run))
      let host = try plugins.load(RunFolder.storedRecipe(in: folder).plugins)
      return try InferenceModel(run: folder, components: host.components, threads: threads.value)
    }
    // Validated: one of the two is there.
    let source = try ModelSource(
      path: URL(argument: model ?? ""), tokenizer: tokenizer.map(URL.init(argument:)), dtype: dtype)
    guard let adapter else { return try InferenceModel(source, threads: threads.value) }
    return try InferenceModel(
      source, adapter: AdapterFolder(URL(argument: adapter)), components: plugins.load().components,
      threads: threads.value)
  }
}

extension ParameterDType: @retroactive ExpressibleByArgument {}
extension NoiseLaw: @retroactive ExpressibleByArgument {}

/// Lines of a file, or of standard input where none is named, each as soon as it is there: whoever writes them may wait for
/// an answer before the next. Numbered for messages.
final class InputLines {
  let source: String
  private let stream: UnsafeMutablePointer<FILE>

  init(_ file: String?) throws {
    source = file ?? "standard input"
    guard let stream = file.map({ fopen($0, "re") }) ?? fdopen(STDIN_FILENO, "r") else {
      throw TrainingError(.invalidInput, "\(source): cannot be read: \(String(cString: strerror(errno)))")
    }
    self.stream = stream
  }

  deinit { fclose(stream) }

  /// Calls `body` with each line, without its line feed or carriage return and line feed.
  func forEach(_ body: (_ line: String, _ number: Int) throws -> Void) throws {
    var bytes: UnsafeMutablePointer<CChar>?, capacity = 0, number = 0
    defer { free(bytes) }
    while case let count = getline(&bytes, &capacity, stream), count >= 0, let start = bytes {
      number += 1
      var line = UnsafeRawBufferPointer(start: start, count: count)[...]
      if line.last == UInt8(ascii: "\n") { line = line.dropLast(line.dropLast().last == UInt8(ascii: "\r") ? 2 : 1) }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw TrainingError(.invalidInput, "\(source), line \(number): not UTF-8 text")
      }
      try body(text, number)
    }
    guard ferror(stream) == 0 else {
      throw TrainingError(.invalidInput, "\(source): cannot be read: \(String(cString: strerror(errno)))")
    }
  }

  /// Calls `body` with the value of each line of JSON; empty lines are passed over.
  func forEachValue<Value: Decodable>(_: Value.Type, _ body: (Value) throws -> Void) throws {
    try forEach { line, number in
      guard !line.allSatisfy(\.isWhitespace) else { return }
      let value: Value
      do {
        value = try JSONDecoder().decode(Value.self, from: Data(line.utf8))
      } catch let error as DecodingError {
        throw TrainingError(.invalidInput, "\(source), line \(number): \(error.reason)")
      }
      do {
        try body(value)
      } catch {
        throw TrainingError(.invalidInput, "\(source), line \(number): \(error)")
      }
    }
  }
}

extension DecodingError {
  /// In a few words.
  fileprivate var reason: String {
    switch self {
    case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "'\(context.codingPath.map(\.stringValue).joined(separator: "."))': \(context.debugDescription)"
    case .dataCorrupted: "not JSON"
    @unknown default: "not as expected"
    }
  }
}
