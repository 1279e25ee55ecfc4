import PEFT
import Testing
import TuningCore

/// What is taken up of `adapter_config.json`, and what is refused by its name.
@Suite struct AdapterFormatTests {
  private static let lora: [String: OptionValue] = [
    "peft_type": .text("LORA"), "r": .integer(4), "lora_alpha": .integer(6), "lora_dropout": .number(0.1),
    "target_modules": .list([.text("q_proj"), .text("v_proj")]), "bias": .text("none"), "use_dora": .boolean(false),
    "init_lora_weights": .boolean(true), "task_type": .text("CAUSAL_LM"), "layer_patterns": .list([]),
  ]

  private func options(
    _ format: AdapterFormat, _ values: [String: OptionValue], _ changes: [String: OptionValue] = [:]
  ) throws -> [String: OptionValue] {
    try format.options(AdapterConfiguration(values.merging(changes) { $1 }, source: "adapter_config.json"))
  }

  @Test func loraIsTakenUp() throws {
    let found = try options(LoRA.adapterFormat, Self.lora)
    #expect(
      found == [
        "rank": .integer(4), "alpha": .number(6), "targets": .list([.text("q_proj"), .text("v_proj")]),
        "layers": .text("all"),
      ])
    // α / √r.
    #expect(try options(LoRA.adapterFormat, Self.lora, ["use_rslora": .boolean(true)])["alpha"] == .number(12))
    let layers = try options(LoRA.adapterFormat, Self.lora, ["layers_to_transform": .list([.integer(3), .integer(2)])])
    #expect(layers["layers"] == .text("2-3"))
    let one = try options(LoRA.adapterFormat, Self.lora, ["layers_to_transform": .integer(5)])
    #expect(one["layers"] == .text("5"))
    #expect(throws: Never.self) {
      try options(LoRA.adapterFormat, Self.lora, ["init_lora_weights": .text("gaussian")])
    }
    let all = try options(LoRA.adapterFormat, Self.lora, ["target_modules": .text("all-linear")])
    #expect(all["targets"] == .list([.text("all-linear")]))
  }

  @Test(arguments: [
    ("use_dora", OptionValue.boolean(true)), ("rank_pattern", .text("{q_proj: 8}")), ("alpha_pattern", .text("{x: 1}")),
    ("modules_to_save", .list([.text("classifier")])), ("bias", .text("all")), ("fan_in_fan_out", .boolean(true)),
    ("lora_bias", .boolean(true)), ("target_modules", .text(".*attn.*")), ("r", .text("4")), ("r", .boolean(false)),
    ("lora_alpha", .text("x")), ("layers_to_transform", .list([.integer(0), .integer(2)])),
    ("layers_to_transform", .text("1")), ("trainable_token_indices", .list([.integer(3)])),
    ("something_new", .number(0.5)), ("init_lora_weights", .text("pissa_niter_4")),
    ("init_lora_weights", .text("olora")),
    ("init_lora_weights", .text("loftq")),
  ])
  func whatLoRADoesNotDoIsRefused(_ key: String, _ value: OptionValue) {
    let error = #expect(throws: TuningError.self) { try options(LoRA.adapterFormat, Self.lora, [key: value]) }
    #expect(error?.code == .invalidConfiguration && error?.message.hasPrefix("adapter_config.json: '\(key)'") == true)
  }

  @Test func promptsAndPrefixesAreTakenUp() throws {
    let file: [String: OptionValue] = [
      "num_virtual_tokens": .integer(7), "token_dim": .integer(12), "num_layers": .integer(2),
      "num_transformer_submodules": .integer(1), "task_type": .text("CAUSAL_LM"),
    ]
    #expect(try options(PromptTuning.adapterFormat, file)["virtual_tokens"] == .integer(7))
    for shifted in [true, false] {
      let found = try options(PrefixTuning.adapterFormat(shifted: shifted), file)
      #expect(found["prefix_length"] == .integer(7) && found["positions"] == .text(shifted ? "shifted" : "unshifted"))
    }
    let prefix = PrefixTuning.adapterFormat(shifted: true)
    // What the file holds has been projected.
    #expect(try options(prefix, file, ["prefix_projection": .boolean(true)])["prefix_length"] == .integer(7))
    #expect(throws: TuningError.self) { try options(prefix, file, ["num_transformer_submodules": .integer(2)]) }
    #expect(throws: TuningError.self) { try options(PromptTuning.adapterFormat, [:]) }
  }

  /// What a scheme says of itself it understands.
  @Test func whatIsWrittenIsUnderstood() throws {
    let schemes: [(any TuningScheme, AdapterFormat)] = [
      (LoRA(rank: 3, alpha: 5, targets: ["q_proj"], blocks: 1...2), LoRA.adapterFormat),
      (PromptTuning(length: 4), PromptTuning.adapterFormat),
      (PrefixTuning(length: 4, shiftsPositions: true), PrefixTuning.adapterFormat(shifted: true)),
      (PrefixTuning(length: 4), PrefixTuning.adapterFormat(shifted: false)),
    ]
    for (scheme, format) in schemes {
      let written = try #require(scheme.adapterConfiguration(of: AttentiveModel()))
      #expect(!(try options(format, written)).isEmpty)
    }
    #expect(
      try options(LoRA.adapterFormat, #require(schemes[0].0.adapterConfiguration(of: AttentiveModel()))) == [
        "rank": .integer(3), "alpha": .number(5), "targets": .list([.text("q_proj")]), "layers": .text("1-2"),
      ])
  }

  @Test func unknownTypesAreToldTheKnown() throws {
    var formats = AdapterFormats()
    try formats.register("LORA", LoRA.adapterFormat)
    #expect(throws: TuningError.self) { try formats.register("LORA", LoRA.adapterFormat) }
    for (type, hint) in [
      (OptionValue.text("LOAR"), "Did you mean 'LORA'?"), (.text("IA3"), "IA3"), (.integer(1), "LORA"),
    ] {
      let configuration = AdapterConfiguration(["peft_type": type], source: "f")
      let error = #expect(throws: TuningError.self) { try formats.format(of: configuration) }
      #expect(error?.message.contains(hint) == true && error?.message.hasPrefix("f: ") == true)
    }
  }
}
