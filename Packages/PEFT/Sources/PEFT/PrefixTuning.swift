import TensorCore
import TuningCore

/// Prefix tuning: before the keys and values of every sequence stand P learnt ones, in every attention layer.
///
///     Attention(q, [K_P; K], [V_P; V])        K_P, V_P [P, G·D] a layer, G groups of D elements
///
/// They are taken as they are, as keys after rotary embedding. The text's positions begin at 0, as in MeZO, or at P
/// (`shiftsPositions`), as in PEFT. They are `float32` whatever the model is.
///
/// - Cost: 2 P G D parameters a layer, and P keys more for every query. Beginning at real activations costs a forward of
///   P tokens when it is attached.
///
/// References: Li & Liang, "Prefix-Tuning", ACL 2021; real activations: Malladi et al., "Fine-Tuning Language Models
/// with Just Forward Passes", NeurIPS 2023, who found them essential.
public struct PrefixTuning: TuningScheme {
  /// Where keys and values begin.
  public enum Initialisation: String, Sendable, CaseIterable {
    /// At those that the model itself has for random tokens.
    case realActivations = "real_activations"
    /// At N(0, 1).
    case normal
  }

  /// P
  public var length: Int
  public var initialisation: Initialisation
  /// Whether the text's positions begin at P.
  public var shiftsPositions: Bool

  public init(length: Int = 5, initialisation: Initialisation = .realActivations, shiftsPositions: Bool = false) {
    precondition(length >= 1, "PrefixTuning: a prefix of \(length)")
    self.length = length
    self.initialisation = initialisation
    self.shiftsPositions = shiftsPositions
  }

  public func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape] {
    guard let shape = model.cacheShape, shape.layers > 0 else {
      throw TuningError(.notApplicable, "prefix: the model has no attention layers that could see one")
    }
    guard length < model.maximumLength else {
      throw TuningError(
        .notApplicable,
        "prefix: \(length) keys leave no room in the model's \(model.maximumLength) tokens: lower prefix_length")
    }
    return PrefixTuning.layers(shape.layers).flatMap {
      [TrainableShape($0.keys, [length, shape.width]), TrainableShape($0.values, [length, shape.width])]
    }
  }

  private static func layers(_ count: Int) -> [AttentionPrefix.Layer] {
    (0..<count).map {
      AttentionPrefix.Layer(keys: ParameterPath("prefix.\($0).keys"), values: ParameterPath("prefix.\($0).values"))
    }
  }

  public func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws {
    let shapes = try trainable(of: model, parameters: state.parameters), seed = seeds.seed(.initialisation)
    let tensors: [Tensor]
    switch initialisation {
    case .normal:
      tensors = try shapes.map { shape in
        let tensor = try Tensor(zeros: shape.shape)
        AddressedNoise.fill(tensor.mutableFloats, law: .gaussian, seed: seed, pathHash: shape.path.hash, start: 0)
        return tensor
      }
    case .realActivations: tensors = try activations(of: model, state, seed: seed)
    }
    state.append(adapters: Array(zip(shapes, tensors)))
    state.prefix = AttentionPrefix(layers: PrefixTuning.layers(shapes.count / 2), takesPositions: shiftsPositions)
  }

  /// Keys and values, layer by layer, that the model has for random tokens.
  private func activations(of model: any LanguageModel, _ state: ModelState, seed: UInt64) throws -> [Tensor] {
    guard let shape = model.cacheShape else { return [] }
    let cache = try KeyValueCache(layers: shape.layers, capacity: length, width: shape.width)
    let ids = RandomTokens.ids(length, of: model, seed: seed, path: "prefix")
    _ = model.hiddenStates(
      of: ids, layout: SequenceLayout(sequenceOf: length), rows: [length - 1], state: state, cache: cache,
      evaluator: EagerEvaluator())
    return cache.layers.flatMap { [$0.keys, $0.values] }
  }

  public func detach(from state: inout ModelState) {
    let mine = Set(state.prefix?.layers.flatMap { [$0.keys, $0.values] } ?? [])
    state.parameters.remove { mine.contains($0.path) }
    state.prefix = nil
  }

  /// - Throws: `TuningError.notApplicable`: no parameter of the model could say the same.
  public func merge(into state: inout ModelState) throws {
    throw TuningError(.notApplicable, "prefix: keys and values cannot be merged into the model: keep the adapter")
  }

  public var startsAsIdentity: Bool { false }
}

/// The adapter's file: one tensor [P, 2 · layers · G·D], a layer's keys before its values.
extension PrefixTuning {
  private static let fileName = "prompt_embeddings"

  /// Where positions are not shifted, PEFT has no name for it: the type is one that it refuses.
  public func adapterConfiguration(of model: any LanguageModel) -> [String: OptionValue]? {
    [
      "peft_type": .text(shiftsPositions ? "PREFIX_TUNING" : "PREFIX_TUNING_UNSHIFTED"),
      "task_type": .text(PEFTTask.ofPrompts(model)), "num_virtual_tokens": .integer(length),
      "prefix_projection": .boolean(false), "inference_mode": .boolean(true), "num_transformer_submodules": .integer(1),
    ]
  }

  public func adapterTensors(of state: ModelState) throws -> [(name: String, tensor: Tensor)] {
    let parts = parts(of: state), width = parts[0].rowLength
    let whole = try Tensor(zeros: [length, parts.count * width])
    for row in 0..<length {
      for (number, part) in parts.enumerated() {
        whole.store(
          UnsafeBufferPointer(rebasing: part.floats[row * width..<(row + 1) * width]),
          at: (row * parts.count + number) * width)
      }
    }
    return [(PrefixTuning.fileName, whole)]
  }

  public func load(
    into state: ModelState, _ tensor: (_ name: String, _ shape: [Int], _ dtype: DType) throws -> Tensor
  ) throws {
    let parts = parts(of: state), width = parts[0].rowLength
    let whole = try tensor(PrefixTuning.fileName, [length, parts.count * width], .float32)
    for row in 0..<length {
      for (number, part) in parts.enumerated() {
        let start = (row * parts.count + number) * width
        part.store(UnsafeBufferPointer(rebasing: whole.floats[start..<start + width]), at: row * width)
      }
    }
  }

  private func parts(of state: ModelState) -> [Tensor] {
    (state.prefix?.layers ?? []).flatMap { [$0.keys, $0.values] }.map { state.parameters.require($0).tensor }
  }
}

extension PrefixTuning {
  public static let componentDescription = ComponentDescription(
    name: "prefix", summary: "Keys and values before those of every text are learnt; the model stays frozen.",
    reference: "Li & Liang 2021, arXiv 2101.00190; real activations: Malladi et al. 2023, arXiv 2305.17333",
    cost: "2 · prefix_length · groups · head size parameters a layer in float32",
    options: [
      OptionSpecification(
        "prefix_length", .integer(atLeast: 1, atMost: 65536), default: .integer(5), help: "P, keys and values a layer"),
      OptionSpecification(
        "initialisation", .choice(Initialisation.allCases.map(\.rawValue)), default: .text("real_activations"),
        help: "real_activations: what the model has for random tokens; normal: N(0, 1)"),
      OptionSpecification(
        "positions", .choice(["unshifted", "shifted"]), default: .text("unshifted"),
        help: "of the text: unshifted from 0, as in MeZO; shifted from prefix_length, as in PEFT"),
    ])

  public init(options: Options) {
    self.init(
      length: options.integer("prefix_length"),
      initialisation: Initialisation(rawValue: options.text("initialisation")) ?? .realActivations,
      shiftsPositions: options.text("positions") == "shifted")
  }
}
