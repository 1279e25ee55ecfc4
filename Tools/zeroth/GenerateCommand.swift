import ArgumentParser
import Foundation
import Training
import Transformers

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a text, or answer a question.",
    discussion: """
      Greedy unless --temperature is given. The prompt is standard input where none is given. With --chat the prompt is
      made by the model's chat template, and only the answer is printed.

      EXAMPLES
        zeroth generate --model Models/stories260K 'Once upon a time'
        zeroth generate --run runs/quickstart-0 --temperature 0.8 --top-p 0.95 --seed 3 'The film'
        zeroth generate --model SmolLM2-135M-Instruct --system 'Be brief.' --chat 'What is a tensor?'
        zeroth generate --model vicuna-7b-v1.5 --template vicuna --chat 'What is a tensor?'
      """)

  @OptionGroup var source: ModelArguments
  @Argument(help: "The text to continue.") var prompt: String?
  @Option(help: ArgumentHelp("Answer this, as the user of a chat.", valueName: "text")) var chat: String?
  @Option(help: ArgumentHelp("With --chat: rules for the answer.", valueName: "text")) var system: String?
  @Option(
    help: ArgumentHelp(
      "With --chat: another template than the model's own, 'vicuna' or a file of Jinja.", valueName: "name"))
  var template: String?
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

  func validate() throws {
    guard chat == nil || prompt == nil else { throw ValidationError("give --chat TEXT or a text, not both") }
    guard chat != nil || (system == nil && template == nil) else {
      throw ValidationError("--system and --template go with --chat")
    }
  }

  func run() throws {
    let opened = try source.open()
    let prompt = try readPrompt(of: opened)
    let options = GenerationOptions(
      maximumNewTokens: maxTokens,
      sampler: try TokenSampler(temperature: temperature, topK: topK, topP: topP, seed: seed),
      stopTokens: chat == nil ? Set(opened.pretrained.stopTokens) : opened.chatStopTokens, stopStrings: stop)
    let generator = TextGenerator(opened.model, state: opened.state, threads: opened.threads)
    let showing = !json
    if showing, chat == nil { print(prompt.text, terminator: "") }
    let generation = try generator.generate(
      after: prompt.ids, options: options,
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
    try Output.json(Result(prompt: prompt.text, text: generation.text, ids: generation.tokens, finish: finish))
  }

  private func readPrompt(of opened: InferenceModel) throws -> ChatPrompt {
    if let chat { return try opened.chatPrompt(chat, system: system, template: template) }
    let text = try prompt ?? String(decoding: FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
    return ChatPrompt(text: text, ids: opened.tokenizer.encode(text))
  }
}
