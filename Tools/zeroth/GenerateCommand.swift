import ArgumentParser
import Foundation
import Training
import Transformers

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a text.",
    discussion: """
      Greedy unless --temperature is given. The prompt is standard input where none is given.

      EXAMPLES
        zeroth generate --model Models/stories260K 'Once upon a time'
        zeroth generate --run runs/quickstart-0 --temperature 0.8 --top-p 0.95 --seed 3 'The film'
      """)

  @OptionGroup var source: ModelArguments
  @Argument(help: "The text to continue.") var prompt: String?
  @Option(help: "Most new tokens.") var maxTokens = 128
  @Option(help: "0: the likeliest token; higher: more variety.") var temperature: Float = 0
  @Option(help: "Choose among the k likeliest tokens.") var topK: Int?
  @Option(help: "Choose among the likeliest tokens that make up this probability.") var topP: Float?
  @Option(help: "Of the choices.") var seed: UInt64 = 0
  @Option(help: "End before this text. May be repeated.") var stop: [String] = []
  @Flag(help: "Print the result as JSON.") var json = false

  struct Result: Encodable {
    var prompt: String
    var text: String
    var ids: [Int32]
    var finish: String
  }

  func run() throws {
    let opened = try source.open()
    let text = try prompt ?? String(decoding: FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
    let options = GenerationOptions(
      maximumNewTokens: maxTokens,
      sampler: try TokenSampler(temperature: temperature, topK: topK, topP: topP, seed: seed),
      stopTokens: Set(opened.pretrained.stopTokens), stopStrings: stop)
    let generator = TextGenerator(opened.model, state: opened.state, threads: opened.threads)
    let showing = !json
    if showing { print(text, terminator: "") }
    let generation = try generator.generate(
      after: opened.tokenizer.encode(text), options: options,
      decode: { try opened.tokenizer.decode($0, skippingSpecialTokens: true) },
      onText: { piece in
        guard showing else { return }
        print(piece, terminator: "")
        Output.flush()
      })
    guard json else { return print("") }
    let finish =
      switch generation.finish {
      case .stopToken: "stop_token"
      case .stopString: "stop_string"
      case .length: "length"
      case .modelLength: "model_length"
      }
    try Output.json(Result(prompt: text, text: generation.text, ids: generation.tokens, finish: finish))
  }
}
