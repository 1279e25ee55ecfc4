import Foundation
import TensorCore
import Testing
import Transformers
import TuningCore

@testable import Training

/// What schemes would train of the papers' models, from their config.json alone, as `peft` counts it: the table is that
/// of References/schemes/counts.py.
@Suite(.workplace) struct SchemeCountTests {
  struct Model: Sendable, CustomTestStringConvertible {
    let name: String
    let config: String
    let counts: [String: Int]
    var testDescription: String { name }
  }

  private static func opt(_ width: Int, _ layers: Int, _ heads: Int) -> String {
    """
    {"model_type": "opt", "vocab_size": 50272, "hidden_size": \(width), "num_hidden_layers": \(layers),
     "num_attention_heads": \(heads), "ffn_dim": \(4 * width), "max_position_embeddings": 2048,
     "word_embed_proj_dim": \(width), "do_layer_norm_before": true}
    """
  }

  private static func llama(_ type: String, groups: Int, inner: Int) -> String {
    """
    {"model_type": "\(type)", "vocab_size": 32000, "hidden_size": 4096, "num_hidden_layers": 32,
     "num_attention_heads": 32, "num_key_value_heads": \(groups), "intermediate_size": \(inner),
     "max_position_embeddings": 2048, "sliding_window": null, "tie_word_embeddings": false}
    """
  }

  static let models = [
    Model(
      name: "opt-1.3b", config: opt(2048, 24, 32),
      counts: [
        "full": 1_315_758_080, "bitfit": 542_720, "head": 102_957_056, "lora": 1_572_864, "prompt": 20_480,
        "prefix": 491_520,
      ]),
    Model(
      name: "opt-13b", config: opt(5120, 40, 40),
      counts: [
        "full": 12_853_473_280, "bitfit": 2_257_920, "head": 257_392_640, "lora": 6_553_600, "prompt": 51_200,
        "prefix": 2_048_000,
      ]),
    Model(
      name: "opt-66b", config: opt(9216, 64, 72),
      counts: [
        "full": 65_719_701_504, "bitfit": 6_497_280, "head": 463_306_752, "lora": 18_874_368, "prompt": 92_160,
        "prefix": 5_898_240,
      ]),
    Model(
      name: "llama-7b", config: llama("llama", groups: 32, inner: 11008),
      counts: [
        "full": 6_738_415_616, "head": 131_072_000, "lora": 4_194_304, "prompt": 40_960, "prefix": 1_310_720,
      ]),
    Model(
      name: "mistral-7b", config: llama("mistral", groups: 8, inner: 14336),
      counts: ["full": 7_241_732_096, "head": 131_072_000, "lora": 3_407_872, "prompt": 40_960, "prefix": 327_680]),
    Model(
      name: "roberta-large",
      config: """
        {"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], "vocab_size": 50265, "hidden_size": 1024,
         "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "hidden_act": "gelu",
         "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1, "layer_norm_eps": 1e-05}
        """,
      // The head's table with its bias.
      counts: [
        "full": 355_412_057, "bitfit": 323_673, "head": 51_471_360 + 50_265, "lora": 786_432, "prompt": 10_240,
        "prefix": 245_760,
      ]),
  ]

  @Test(arguments: models) func countsArePEFTs(_ model: Model) throws {
    let place = try Workplace(), components = try Plugins.host().components
    try place.write(model.config, to: "config.json")
    func report(_ scheme: String, _ options: String...) throws -> SchemeReport {
      try SchemeReport(of: place.url, scheme: scheme, options: options, components: components)
    }
    for (scheme, count) in model.counts {
      let isEncoder = scheme == "lora" && model.name == "roberta-large"
      let found = isEncoder ? try report(scheme, "targets=[query, value]") : try report(scheme)
      #expect(found.trainable == count, "\(scheme)")
      #expect(found.parameters == model.counts["full"] && found.tensors.allSatisfy { !$0.shape.isEmpty })
    }
    if model.counts["bitfit"] == nil { expect(message { _ = try report("bitfit") }, mentions: "the model has none") }
    #expect(try report("lora", "rank=1", "targets=all-linear").trainable > 0)
  }

  @Test func mistakesAreTold() throws {
    let place = try Workplace(), components = try Plugins.host().components
    try place.write(Self.models[0].config, to: "config.json")
    func refusal(_ scheme: String, _ options: String...) -> String? {
      message { _ = try SchemeReport(of: place.url, scheme: scheme, options: options, components: components) }
    }
    expect(refusal("lroa"), mentions: "lroa", "Did you mean 'lora'?")
    expect(refusal("lora", "rnak=3"), mentions: "Did you mean 'rank'?")
    expect(refusal("lora", "rank"), mentions: "option=value")
    expect(refusal("lora", "targets=q_porj"), mentions: "Did you mean 'q_proj'?")
    expect(refusal("lora", "layers=24"), mentions: "the model has 24")
    expect(refusal("prompt", "virtual_tokens=4000"), mentions: "2048")
    let deep = Self.models[0].config.replacing(/"num_hidden_layers": \d+/, with: "\"num_hidden_layers\": 2000000000")
    try place.write(deep, to: "config.json")
    expect(refusal("lora"), mentions: "2000000000 layers", "10000")
  }

  @Test func theCommandPrintsThem() throws {
    let place = try Workplace()
    try place.write(Self.models[0].config, to: "config.json")
    let json = try Program.succeed("inspect", "scheme", "prefix", place.url.path, "--set", "prefix_length=10", "--json")
      .object()
    #expect(json["trainable"] as? Int == 983_040)
    let text = try Program.succeed("inspect", "scheme", "lora", place.url.path, "--tensors").out
    #expect(text.contains("1572864") && text.contains("model.decoder.layers.0.self_attn.v_proj.lora_B.weight"))
  }
}

/// Adapters that `peft` saved for the committed model, by References/schemes/adapters.py.
@Suite(.workplace) struct AdapterTests {
  private static let folder = Project.file("Tests/ZerothTests/Goldens/adapters")

  private struct Expected: Decodable {
    let ids: [Int32]
    let lora, rslora, prompt, prefix: [[Float]]

    static func load() throws -> Expected {
      try JSONDecoder().decode(
        Expected.self, from: Data(contentsOf: AdapterTests.folder.appending(path: "expected.json")))
    }

    func logits(_ name: String) -> [[Float]] {
      ["lora": lora, "rslora": rslora, "prompt": prompt, "prefix": prefix][name]!
    }
  }

  private func open(_ adapter: URL?) throws -> InferenceModel {
    try InferenceModel(
      ModelSource(path: Project.stories), adapter: adapter.map { try AdapterFolder($0) },
      components: Plugins.host().components, threads: Threads(1))
  }

  @Test(arguments: ["lora", "rslora", "prompt", "prefix"]) func logitsArePEFTs(_ name: String) throws {
    let expected = try Expected.load(), opened = try open(Self.folder.appending(path: name))
    let query = LogitsQuery(ids: expected.ids, positions: [1, 4])
    func logits(_ model: InferenceModel) throws -> [Float] {
      try #require(model.logits(query, evaluator: EagerEvaluator(threads: Threads(1))).logits).flatMap { $0 }
    }
    let found = try logits(opened), wanted = expected.logits(name).flatMap { $0 }
    let scale = wanted.map(abs).max() ?? 1
    #expect(found.count == wanted.count)
    for (f, w) in zip(found, wanted) { #expect(abs(f - w) <= 1e-5 * scale) }
    #expect(try zip(found, logits(open(nil))).contains { abs($0 - $1) > 1e-2 * scale }, "the adapter tells")
  }

  @Test func theProgramTakesThem() throws {
    let adapter = Self.folder.appending(path: "prefix").path
    let generated = try Program.succeed(
      "generate", "--model", Project.stories.path, "--adapter", adapter, "--max-tokens", "5", "--json", "Once"
    ).object()
    #expect((generated["ids"] as? [Int])?.count == 5)
  }

  /// A copy of an adapter whose configuration says something else.
  private func changed(_ name: String, _ changes: [String: Any]) throws -> URL {
    let place = try Workplace(), folder = place("adapter")
    try FileManager.default.copyItem(at: Self.folder.appending(path: name), to: folder)
    let file = folder.appending(path: "adapter_config.json")
    var values = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    values.merge(changes) { $1 }
    try JSONSerialization.data(withJSONObject: values).write(to: file)
    return folder
  }

  @Test func whatIsNotUnderstoodIsRefused() throws {
    func refusal(_ name: String, _ changes: [String: Any]) -> String? {
      message { _ = try open(changed(name, changes)) }
    }
    expect(refusal("lora", ["peft_type": "LOHA"]), mentions: "LOHA", "LORA, PREFIX_TUNING")
    expect(refusal("lora", ["use_dora": true]), mentions: "adapter_config.json", "'use_dora'")
    expect(refusal("lora", ["rank_pattern": ["q_proj": 4]]), mentions: "'rank_pattern'")
    expect(refusal("lora", ["modules_to_save": ["lm_head"]]), mentions: "'modules_to_save'")
    expect(refusal("lora", ["r": 3]), mentions: "adapter_model.safetensors", "lora_A.weight' [3, 64]")
    expect(refusal("lora", ["target_modules": ["q_proj"]]), mentions: "v_proj.lora_A.weight' is none of the adapter's")
    expect(refusal("lora", ["target_modules": ["q_porj"]]), mentions: "Did you mean 'q_proj'?")
    expect(refusal("lora", ["r": 1_000_000]), mentions: "rank")
    expect(refusal("prompt", ["num_virtual_tokens": 4]), mentions: "prompt_embeddings", "[4, 64]")
    expect(refusal("prefix", ["num_virtual_tokens": 100_000]), mentions: "prefix_length")
    // The table has been projected when it is written.
    #expect(refusal("prefix", ["prefix_projection": true, "encoder_hidden_size": 16]) == nil)
  }

  @Test func filesThatAreNoAdapter() throws {
    let place = try Workplace()
    expect(message { _ = try AdapterFolder(place.url) }, mentions: "adapter_config.json", "no such file")
    for text in ["", "[]", "{\"peft_type\": ", String(repeating: "{\"a\":", count: 100_000)] {
      let folder = try changed("lora", [:])
      try Data(text.utf8).write(to: folder.appending(path: "adapter_config.json"))
      expect(message { _ = try AdapterFolder(folder) }, mentions: "adapter_config.json")
    }
    let folder = try changed("lora", [:])
    try FileManager.default.removeItem(at: folder.appending(path: "adapter_model.safetensors"))
    try Data().write(to: folder.appending(path: "adapter_model.bin"))
    expect(message { _ = try AdapterFolder(folder) }, mentions: "adapter_model.bin is not read")
  }

  /// What a run wrote is an adapter as any other.
  @Test(arguments: ["lora", "prompt", "prefix"]) func runsAreAdapters(_ scheme: String) throws {
    let place = try Workplace()
    let session = Session(folder: RunFolder(place("run")), changes: ["scheme": scheme, "learning_rate": "1e-2"])
    _ = try session.finish()
    let run = try InferenceModel(run: session.folder, components: Plugins.host().components, threads: Threads(1))
    let adapter = try open(session.folder.best)
    let query = LogitsQuery(ids: [1, 403, 407, 261, 378])
    let evaluator = EagerEvaluator(threads: Threads(1))
    #expect(try run.logits(query, evaluator: evaluator) == adapter.logits(query, evaluator: evaluator))
  }
}

/// Linear probing through a recipe.
@Suite(.workplace) struct LinearProbeTests {
  private func experiment(_ changes: [String: String] = [:]) throws -> Experiment {
    let settings = ["scheme": "head", "head.untie": "true", "train_examples": "40", "test_examples": "40"]
    return try Session(folder: RunFolder(Project.root), changes: settings.merging(changes) { $1 }).experiment()
  }

  /// The fitted rows are the minimum for the training examples' features, the embedding and the other rows stay, and
  /// what was written is the model.
  @Test func theTableIsFitted() throws {
    let experiment = try experiment(), probe = try LinearProbe(experiment), place = try Workplace()
    let before = try experiment.source.load().state.parameters.require("model.embed_tokens.weight").tensor
    let report = try probe.run(to: place("probed"))
    #expect(report.rows >= 40 && report.width == 64 && report.testAfter.count == 40 && report.iterations > 1)
    let saved = try PretrainedModel.load(place("probed")),
      table = saved.state.parameters.require("lm_head.weight").tensor
    #expect(saved.state.parameters.require("model.embed_tokens.weight").tensor.values == before.values)
    for token in 0..<table.rowCount {
      let stays = table.rows(token..<token + 1).values == before.rows(token..<token + 1).values
      #expect(stays != report.classes.contains(Int32(token)), "row \(token)")
    }
    // ∇ = W + Σ (softmax(W x) − y) xᵀ, against its size without W.
    let (features, tokens) = try probe.features(), width = report.width
    let rows = report.classes.map { table.rows(Int($0)..<Int($0) + 1).values.map(Double.init) }
    var gradient = rows, scale = 0.0
    for (number, token) in tokens.enumerated() {
      let x = features[number * width..<(number + 1) * width].map(Double.init)
      let logits = rows.map { zip($0, x).reduce(0) { $0 + $1.0 * $1.1 } }
      let total = logits.reduce(0) { $0 + exp($1) }
      for (k, logit) in logits.enumerated() {
        let slope = exp(logit) / total - (report.classes[k] == token ? 1 : 0)
        for i in x.indices { gradient[k][i] += slope * x[i] }
        scale += x.reduce(0) { $0 + abs(slope * $1) }
      }
    }
    #expect(gradient.joined().allSatisfy { abs($0) <= 1e-5 * scale } && tokens.count == report.rows)
    // Twice is once.
    #expect(try LinearProbe(self.experiment()).run(to: place("again")).testAfter == report.testAfter)
  }

  @Test func otherSchemesAreRefused() throws {
    func refusal(_ changes: [String: String]) -> String? { message { _ = try LinearProbe(experiment(changes)) } }
    expect(refusal(["head.untie": "false"]), mentions: "head.untie: true")
    let lora = try Session(folder: RunFolder(Project.root), changes: ["scheme": "lora"]).experiment()
    expect(message { _ = try LinearProbe(lora) }, mentions: "scheme: head, not lora")
  }
}
