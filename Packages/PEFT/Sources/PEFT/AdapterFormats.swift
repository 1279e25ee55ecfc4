import TuningCore

/// Keys of `adapter_config.json` that change nothing of what a trained adapter computes: where it came from, how it
/// began, how it is trained on.
private let withoutEffect: Set<String> = [
  "peft_type", "task_type", "base_model_name_or_path", "revision", "inference_mode", "auto_mapping", "peft_version",
]

extension LoRA {
  /// PEFT's `LORA`.
  ///
  /// `use_rslora`, α/√r for α/r, is taken up as another α. Whatever else changes the product is refused, and what changed
  /// the weights below it.
  public static let adapterFormat = AdapterFormat(scheme: componentDescription.name) { file in
    try file.requireOnly(
      withoutEffect.union([
        "r", "lora_alpha", "target_modules", "layers_to_transform", "use_rslora", "lora_dropout", "bias",
        "init_lora_weights", "eva_config", "corda_config", "loftq_config", "lora_ga_config", "runtime_config",
        "megatron_core", "qalora_group_size",
      ]))
    guard file["bias"] == nil || file["bias"] == .text("none") else {
      throw file.refusal(of: "bias", "is \(file["bias"]!), and only none is supported")
    }
    if case .text(let start)? = file["init_lora_weights"], !startsBesideWeights.contains(start) {
      throw file.refusal(
        of: "init_lora_weights",
        "is \(start), which takes from the base model's weights what the adapter begins with: convert it with PEFT, "
          + "save_pretrained(path_initial_model_for_weight_conversion=...)")
    }
    let rank = try file.integer("r")
    var alpha = try file.number("lora_alpha")
    if file["use_rslora"] != nil, rank > 0 { alpha *= Double(rank).squareRoot() }
    return [
      "rank": .integer(rank), "alpha": .number(alpha), "targets": try targets(file), "layers": try layers(file),
    ]
  }

  /// Beginnings of A and B that leave the base model's weights as they are.
  private static let startsBesideWeights: Set<String> = ["gaussian", "eva", "orthogonal", "mica"]

  private static func targets(_ file: AdapterConfiguration) throws -> OptionValue {
    switch file["target_modules"] {
    case .list(let names)?: return .list(names)
    case .text(TargetModules.allLinear)?: return .list([.text(TargetModules.allLinear)])
    case let other:
      throw file.refusal(
        of: "target_modules",
        "is \(other?.description ?? "missing"): a list of names or \(TargetModules.allLinear) is supported, no pattern")
    }
  }

  /// A number or a list of them, which must be a range.
  private static func layers(_ file: AdapterConfiguration) throws -> OptionValue {
    switch file["layers_to_transform"] {
    case nil: return .text("all")
    case .integer(let number)?: return .text("\(number)")
    case .list(let items)?:
      let numbers = items.compactMap { if case .integer(let number) = $0 { number } else { nil } }.sorted()
      if let first = numbers.first, numbers.count == items.count,
        numbers.indices.allSatisfy({ numbers[$0] - $0 == first })
      {
        return .text("\(first)-\(first + numbers.count - 1)")
      }
    default: break
    }
    throw file.refusal(of: "layers_to_transform", "must be one layer or consecutive ones")
  }
}

extension PromptTuning {
  /// PEFT's `PROMPT_TUNING`.
  public static let adapterFormat = AdapterFormat(scheme: componentDescription.name) { file in
    try file.requireOnly(
      withoutEffect.union(promptKeys).union([
        "prompt_tuning_init", "prompt_tuning_init_text", "tokenizer_name_or_path", "tokenizer_kwargs",
      ]))
    try requireOneSubmodule(file)
    return ["virtual_tokens": .integer(try file.integer("num_virtual_tokens")), "initialisation": .text("normal")]
  }
}

extension PrefixTuning {
  /// PEFT's `PREFIX_TUNING` where positions are shifted; where not, a type of our own.
  public static func adapterFormat(shifted: Bool) -> AdapterFormat {
    AdapterFormat(scheme: componentDescription.name) { file in
      // A projection has done its part: the file's table is what it made, and is read without it.
      try file.requireOnly(
        withoutEffect.union(promptKeys).union(["encoder_hidden_size", "prefix_projection", "init_weights"]))
      try requireOneSubmodule(file)
      return [
        "prefix_length": .integer(try file.integer("num_virtual_tokens")), "initialisation": .text("normal"),
        "positions": .text(shifted ? "shifted" : "unshifted"),
      ]
    }
  }
}

/// Sizes beside the number of virtual tokens follow from the model, and the tensor must have them.
private let promptKeys: Set<String> = [
  "num_virtual_tokens", "token_dim", "num_attention_heads", "num_layers", "num_transformer_submodules",
]

private func requireOneSubmodule(_ file: AdapterConfiguration) throws {
  guard file["num_transformer_submodules"].map({ $0 == .integer(1) }) ?? true else {
    throw file.refusal(of: "num_transformer_submodules", "must be 1: encoders with decoders are not supported")
  }
}
