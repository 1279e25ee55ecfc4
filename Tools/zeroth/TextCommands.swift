import ArgumentParser
import Foundation
import Training
import Transformers
import TuningCore

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Lines of text in, token ids out; or back.",
    discussion: """
      EXAMPLES
        echo 'It was great' | zeroth tokenize --tokenizer Models/stories260K
        echo '1 403 407' | zeroth tokenize --tokenizer Models/stories260K --decode
      """)

  @Option(help: "Folder, tokenizer.json or GGUF file.")
  var tokenizer: String

  @Flag(help: "Ids in, text out.")
  var decode = false

  @Flag(help: "Leave out what the tokenizer puts around a text, such as its opening token.")
  var bare = false

  @Flag(help: "One JSON object a line.")
  var json = false

  @Argument(help: "File; standard input where absent.")
  var file: String?

  struct Line: Encodable {
    var ids: [Int32]
    var text: String
  }

  func run() throws {
    let tokenizer = try ModelSource(path: URL(argument: tokenizer)).tokenizer()
    try InputLines(file).forEach { line, number in
      let ids: [Int32], text: String
      if decode {
        ids = try line.split(separator: " ").map { word in
          guard let id = Int32(word) else {
            throw TrainingError(.invalidInput, "\(file ?? "standard input"), line \(number): '\(word)' is no token id")
          }
          return id
        }
        do {
          text = try tokenizer.decode(ids)
        } catch {
          throw TrainingError(.invalidInput, "\(file ?? "standard input"), line \(number): \(error)")
        }
      } else {
        text = String(line)
        ids = tokenizer.encode(text, addingSpecialTokens: !bare)
      }
      if json { return try Output.json(Line(ids: ids, text: text)) }
      Output.line(decode ? text : ids.map(String.init).joined(separator: " "))
    }
  }
}

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Log-probabilities of continuations, as JSON lines.",
    discussion: """
      In:  {"prompt": "...", "continuations": ["...", ...]}
      Out: {"promptIds": [...], "continuations": [{"text", "ids", "logProbabilities", "sum", "mean"}, ...]}

      EXAMPLES
        echo '{"prompt": "Once upon a", "continuations": [" time", " bird"]}' | zeroth score --model Models/stories260K
      """)

  @OptionGroup var source: ModelArguments

  @Argument(help: "File; standard input where absent.")
  var file: String?

  func run() throws {
    let opened = try source.open()
    let oracle = EagerOracle(
      model: opened.model, state: opened.state, objective: .languageModel, threads: opened.threads)
    try InputLines(file).forEachValue(ContinuationQuery.self) { query in
      try Output.json(opened.score(query, oracle: oracle))
    }
  }
}

struct LogitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits", abstract: "Next-token logits of token ids, as JSON lines.",
    discussion: """
      In:  {"ids": [...], "positions": [...], "top": 5}      positions and top may be left out
      Out: {"logits": [[...], ...]} or {"top": [[{"id", "logit"}, ...], ...]}

      EXAMPLES
        echo '{"ids": [1, 403, 407], "positions": [2], "top": 3}' | zeroth logits --model Models/stories260K
      """)

  @OptionGroup var source: ModelArguments

  @Argument(help: "File; standard input where absent.")
  var file: String?

  func run() throws {
    let opened = try source.open()
    let evaluator = EagerEvaluator(threads: opened.threads)
    try InputLines(file).forEachValue(LogitsQuery.self) { query in
      try Output.json(opened.logits(query, evaluator: evaluator))
    }
  }
}
