import TensorCore
import TuningCore

/// Prompt tuning: before every sequence stand N virtual tokens whose embeddings [N, C] are learnt.
///
///     h₀ = [p₁ … p_N, E(x₁) … E(x_T)],  the text's positions beginning at N
///
/// They are `float32` whatever the model is. A text and its prompt together must not be longer than the model.
///
/// - Cost: N · C parameters, and N rows more in every sequence.
///
/// Reference: Lester et al., "The Power of Scale for Parameter-Efficient Prompt Tuning", EMNLP 2021.
public struct PromptTuning: TuningScheme {
  /// Where the embeddings begin.
  public enum Initialisation: String, Sendable, CaseIterable {
    /// At the embeddings of random tokens.
    case tokens
    /// At N(0, 1).
    case normal
  }

  static let path: ParameterPath = "prompt_embeddings"

  /// N
  public var length: Int
  public var initialisation: Initialisation

  public init(length: Int = 10, initialisation: Initialisation = .tokens) {
    precondition(length >= 1, "PromptTuning: \(length) virtual tokens")
    self.length = length
    self.initialisation = initialisation
  }

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape] {
    guard let table = model.tokenTable else {
      throw TuningError(.notApplicable, "prompt: virtual tokens cannot stand before this kind of model's tokens")
    }
    guard length < model.maximumLength else {
      throw TuningError(
        .notApplicable,
        "prompt: \(length) virtual tokens leave no room in the model's \(model.maximumLength): lower virtual_tokens")
    }
    return [TrainableShape(PromptTuning.path, [length, parameters.require(table).tensor.rowLength])]
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    let shape = try trainable(of: model, parameters: state.parameters)[0], seed = seeds.seed(.initialisation)
    let prompt = try Tensor(zeros: shape.shape)
    switch initialisation {
    case .normal:
      AddressedNoise.fill(prompt.mutableFloats, law: .gaussian, seed: seed, pathHash: shape.path.hash, start: 0)
    case .tokens:
      guard let table = model.tokenTable.map({ state.parameters.require($0).tensor }) else { return }
      for (row, id) in RandomTokens.ids(length, of: model, seed: seed, path: shape.path).enumerated() {
        table.load(
          from: Int(id) * table.rowLength,
          into: prompt.rows(row..<row + 1).mutableFloats)
      }
    }
    state.append(adapters: [(shape, prompt)])
    state.prompt = shape.path
  }

  public func detach(from state: inout ModelState) {
    state.parameters.remove { $0.path == PromptTuning.path }
    state.prompt = nil
  }

  /// - Throws: `TuningError.notApplicable`: no parameter of the model could say the same.
  public func merge(into state: inout ModelState) throws {
    throw TuningError(.notApplicable, "prompt: virtual tokens cannot be merged into the model: keep the adapter")
  }

  public var startsAsIdentity: Bool { false }

  public func adapterConfiguration(of model: any LanguageModel) -> [String: OptionValue]? {
    [
      "peft_type": .text("PROMPT_TUNING"), "task_type": .text(PEFTTask.ofPrompts(model)),
      "num_virtual_tokens": .integer(length), "prompt_tuning_init": .text("RANDOM"), "inference_mode": .boolean(true),
      "num_transformer_submodules": .integer(1),
    ]
  }

  public func adapterTensors(of state: ModelState) throws -> [(name: String, tensor: Tensor)] {
    [(PromptTuning.path.name, state.parameters.require(PromptTuning.path).tensor)]
  }
}

extension PromptTuning {
  public static let componentDescription = ComponentDescription(
    name: "prompt", summary: "Embeddings of virtual tokens before every text are learnt; the model stays frozen.",
    reference: "Lester et al. 2021, arXiv 2104.08691",
    cost: "virtual_tokens · embedding parameters in float32, and as many rows more a text",
    options: [
      OptionSpecification(
        "virtual_tokens", .integer(atLeast: 1, atMost: 65536), default: .integer(10), help: "N, how many"),
      OptionSpecification(
        "initialisation", .choice(Initialisation.allCases.map(\.rawValue)), default: .text("tokens"),
        help: "tokens: the embeddings of random tokens; normal: N(0, 1)"),
    ])

  public init(options: Options) {
    self.init(
      length: options.integer("virtual_tokens"),
      initialisation: Initialisation(rawValue: options.text("initialisation")) ?? .tokens)
  }
}

/// Token ids drawn from the whole vocabulary.
enum RandomTokens {
  /// ⌊word · V / 2³²⌋ of the addressed words at (`seed`, `path`).
  static func ids(_ count: Int, of model: any LanguageModel, seed: UInt64, path: ParameterPath) -> [Int32] {
    var words = [UInt32](repeating: 0, count: (count + 3) / 4 * 4)
    words.withUnsafeMutableBufferPointer {
      AddressedNoise.words($0, seed: seed, pathHash: path.hash, firstBlock: 0)
    }
    return words.prefix(count).map { Int32((UInt64($0) * UInt64(model.vocabularySize)) >> 32) }
  }
}

/// What PEFT calls what a model is for.
enum PEFTTask {
  /// For adapters of layers; nil where PEFT would put more into the model for the task.
  static func ofAdapters(_ model: any LanguageModel) -> String? {
    model.head?.prediction == .nextToken ? "CAUSAL_LM" : nil
  }

  /// For rows before the text, which PEFT puts there by the task.
  static func ofPrompts(_ model: any LanguageModel) -> String {
    switch model.head?.prediction {
    case .nextToken: "CAUSAL_LM"
    case .label: "SEQ_CLS"
    case .maskedToken, nil: "FEATURE_EXTRACTION"
    }
  }
}
