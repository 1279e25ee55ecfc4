import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct FamilyConfigurationTests {
  private func complaint(_ name: String, _ key: String, _ value: JSONValue) -> ModelError? {
    failure { try NoiseModel.named(name).configuration([key: value]) }
  }

  @Test(arguments: [
    ("opt plain", "activation_function", JSONValue.string("prelu")),
    ("opt plain", "architectures", .array([.string("OPTForSequenceClassification")])),
    ("opt plain", "quantization_config", .object([:])),
    ("llama mistral", "hidden_act", .string("prelu")),
    ("llama mistral", "architectures", .array([.string("MistralForTokenClassification")])),
    ("llama seed_oss", "sliding_window", .integer(3)),
    ("bert masked", "position_embedding_type", .string("relative_key")),
    ("bert masked", "is_decoder", .bool(true)),
    ("bert masked", "add_cross_attention", .bool(true)),
    ("bert masked", "hidden_act", .string("prelu")),
    ("bert masked", "architectures", .array([.string("BertForTokenClassification")])),
    ("roberta masked", "architectures", .array([.string("BertForMaskedLM")])),
    ("roberta masked", "quantization_config", .object([:])),
  ])
  func whatIsNotSupportedIsRefusedByName(name: String, key: String, value: JSONValue) {
    let error = complaint(name, key, value)
    #expect(error?.code == .unsupported)
    #expect(error?.message.contains("/somewhere/config.json: \(key)") == true)
  }

  @Test func refusedActivationsComeWithTheListOfKnownOnes() {
    let message = complaint("opt plain", "activation_function", .string("prelu"))?.message ?? ""
    #expect(message.contains("'prelu'") && Activation.names.allSatisfy(message.contains))
  }

  @Test(arguments: [
    ("opt plain", "hidden_size", JSONValue.integer(13)), ("opt plain", "ffn_dim", .null),
    ("opt plain", "word_embed_proj_dim", .integer(0)), ("opt plain", "enable_bias", .string("no")),
    ("llama mistral", "sliding_window", .integer(0)), ("llama mistral", "sliding_window", .string("4")),
    ("llama ministral", "layer_types", .array([.string("full_attention")])),
    ("llama ministral", "layer_types", .array([.string("full_attention"), .string("chunked_attention")])),
    ("llama qwen2", "layer_types", .array([.string("full_attention"), .string("sliding_attention")])),
    ("llama qwen2", "layer_types", .array([.integer(1), .integer(2)])),
    ("bert masked", "hidden_size", .integer(13)), ("bert masked", "layer_norm_eps", .integer(0)),
    ("bert labels", "id2label", .object([:])), ("bert labels", "id2label", .object(["1": .string("x")])),
    ("bert labels", "id2label", .string("x")), ("roberta masked", "pad_token_id", .null),
    ("roberta labels", "num_labels", .integer(1 << 30)),
  ])
  func whatMakesNoSenseIsRefusedByName(name: String, key: String, value: JSONValue) {
    let error = complaint(name, key, value)
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(key) == true)
  }

  @Test func positionsMustBeLeftBesidePadding() {
    #expect(complaint("roberta masked", "pad_token_id", .integer(17))?.message.contains("no position is left") == true)
    #expect(complaint("roberta masked", "pad_token_id", .integer(Int(Int32.max)))?.code == .invalidConfiguration)
  }

  @Test func absentKeysHaveTheFamilysDefaults() throws {
    let plain: [String: JSONValue] = [
      "hidden_size": .integer(64), "num_attention_heads": .integer(32), "intermediate_size": .integer(5),
      "num_hidden_layers": .integer(30), "vocab_size": .integer(7),
    ]
    func llama(_ variant: LlamaVariant, _ changes: [String: JSONValue] = [:]) throws -> LlamaConfiguration {
      try LlamaConfiguration(
        JSONObject(plain.merging(changes) { $1 }, file: URL(filePath: "/x")), variant: variant)
    }
    let mistral = try llama(.mistral)
    #expect(mistral.heads.groups == 8 && mistral.slidingWindow == 4096 && mistral.window(ofLayer: 29) == 4096)
    #expect(mistral.maximumLength == 131_072 && !mistral.hasAttentionBias)
    #expect(try llama(.mistral, ["sliding_window": .null, "num_key_value_heads": .null]).heads.groups == 32)
    #expect(try llama(.mistral, ["sliding_window": .null]).window(ofLayer: 0) == nil)
    let qwen2 = try llama(.qwen2, ["use_sliding_window": .bool(true)])
    #expect(qwen2.slidingWindow == 4096 && qwen2.window(ofLayer: 27) == nil)
    #expect(
      qwen2.hasAttentionBias && !qwen2.hasOutputBias && qwen2.heads.groups == 32 && qwen2.window(ofLayer: 28) == 4096)
    #expect(try llama(.qwen2).window(ofLayer: 29) == nil)
    #expect(try llama(.seedOSS).heads.dimension == 128)
  }

  /// Buffers that old versions of transformers wrote, and what belongs to pre-training.
  @Test(arguments: [
    ("bert masked", ["bert.embeddings.position_ids": [1, 16], "cls.predictions.decoder.bias": [19]]),
    (
      "bert pre-training",
      [
        "bert.pooler.dense.weight": [12, 12], "bert.pooler.dense.bias": [12], "cls.seq_relationship.weight": [2, 12],
        "cls.seq_relationship.bias": [2],
      ]
    ), ("bert masked, untied", ["cls.predictions.bias": [19]]),
    ("roberta masked", ["roberta.embeddings.position_ids": [1, 18], "roberta.pooler.dense.bias": [12]]),
    ("opt plain", ["model.decoder.version": [1]]),
    ("roberta labels", ["roberta.pooler.dense.weight": [12, 12], "roberta.pooler.dense.bias": [12]]),
  ])
  func redundantTensorsAreLeftOut(name: String, extra: [String: [Int]]) throws {
    let golden = NoiseModel.named(name)
    try withTemporaryFolder { folder in
      try golden.write(to: folder)
      let original = try PretrainedModel.load(folder)
      try folder.appending(path: "model.safetensors").replaceTensors { tensors in
        let bias = tensors.first { $0.name == "cls.predictions.bias" }?.tensor
        for (name, shape) in extra {
          tensors.append((name, name.hasSuffix("decoder.bias") ? bias! : try Tensor(zeros: shape)))
        }
      }
      #expect(try PretrainedModel.load(folder).state.parameters.paths == original.state.parameters.paths)
      let (first, shape) = try #require(extra.first)
      try folder.appending(path: "model.safetensors").replaceTensors { tensors in
        tensors.removeAll { $0.name == first }
        tensors.append((first, try Tensor(zeros: shape + [1])))
      }
      #expect(failure { try PretrainedModel.load(folder) }?.code == .mismatchedTensors)
    }
  }

  @Test(arguments: [
    "opt 350m", "llama mistral", "llama ministral", "llama qwen2, layer types", "llama vicuna", "llama seed_oss",
    "bert labels", "roberta labels, padding 5, pairs",
  ])
  func damageIsAnErrorNeverACrash(name: String) throws {
    let golden = NoiseModel.named(name)
    let bytes = Array(golden.config.utf8), url = URL(filePath: "/somewhere/config.json")
    let pieces = ["0", "-1", "9999999999", "1e999", "null", "\"", "{}", "[]", "true", ",", ""]
    // One byte in seven, so that this stays a matter of seconds: the fuzzer goes on from here.
    for place in stride(from: 3, to: bytes.count, by: 7) {
      for piece in pieces {
        let damaged = bytes[..<place] + Array(piece.utf8) + bytes[(place + 1)...]
        _ = failure {
          let value = try Array(damaged).withUnsafeBytes { try JSONParser.parse($0, file: url) }
          guard case .object(let members) = value else { return }
          let configuration = try ModelFamily.named(golden.modelType, file: url).fromJSON(
            FolderDescription(json: JSONObject(members, file: url), tensorNames: [], newHead: nil))
          guard configuration.layerCount <= 99 else { return }
          _ = configuration.parameters.count + configuration.redundantTensors.count
          _ = configuration.tiedTensors.count + (try configuration.jsonText(dtype: .float32).utf8.count)
        }
      }
    }
  }

  /// Nothing is made for each layer that a file claims to have before it is seen to have as many tensors.
  @Test(arguments: ["opt plain", "llama mistral", "llama qwen2", "llama ministral, all windows", "bert base"])
  func layersThatAreNotThereCostNothing(name: String) throws {
    try withTemporaryFolder { folder in
      try NoiseModel.named(name).write(to: folder)
      try folder.appending(path: "config.json").edit {
        $0.replacing(/"num_hidden_layers": \d+/, with: "\"num_hidden_layers\": 2000000000")
      }
      for head in name.hasPrefix("bert") ? [nil, NewHead.labels(2, seed: 1)] : [nil] {
        let error = failure { try PretrainedModel.load(folder, newHead: head) }
        #expect(error?.message.contains("2000000000 layers") == true)
      }
    }
  }

  /// Without `architectures` a model of BERT's family has the head that its weights have.
  @Test(arguments: [
    "bert masked", "bert pre-training", "bert base", "bert base without pooler", "bert labels", "roberta masked",
    "roberta base", "roberta labels",
  ])
  func headsAreFoundInTheWeights(name: String) throws {
    let golden = NoiseModel.named(name)
    try withTemporaryFolder { folder in
      try golden.write(to: folder)
      let named = try PretrainedModel.load(folder)
      try folder.appending(path: "config.json").edit { $0.replacing(#/"architectures": \[[^\]]*\], /#, with: "") }
      let found = try PretrainedModel.load(folder)
      #expect(found.configuration as? BertConfiguration == named.configuration as? BertConfiguration)
      #expect(found.state.parameters.paths == named.state.parameters.paths)
    }
  }

  @Test func namesWithoutPrefixAreRead() throws {
    let golden = NoiseModel.named("bert base")
    try withTemporaryFolder { folder in
      try golden.write(to: folder)
      try folder.appending(path: "config.json").edit { $0.replacing("\"architectures\": [\"BertModel\"], ", with: "") }
      try folder.appending(path: "model.safetensors").replaceTensors { tensors in
        for index in tensors.indices { tensors[index].name.trimPrefix("bert.") }
        tensors.append(("embeddings.position_ids", try Tensor(zeros: [1, 16])))
      }
      let found = try PretrainedModel.load(folder)
      #expect(found.model.head == nil && found.state.parameters["bert.pooler.dense.weight"] != nil)
      #expect(try found.vectors(of: [golden.ids], tokenTypes: golden.types.map { [$0] }, pooling: .pooler).count == 1)
    }
  }
}
