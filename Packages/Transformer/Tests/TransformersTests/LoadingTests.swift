import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

@Suite struct LoadingTests {
  @Test func loadingReadsNoWeights() throws {
    let pretrained = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
    let parameters = pretrained.state.parameters.parameters
    #expect(parameters.allSatisfy { !$0.tensor.isWritable && !$0.isTrainable })
    // All of them are views of one mapping.
    #expect(Set(parameters.map { ObjectIdentifier($0.tensor.storage) }).count == 1)
    #expect(pretrained.source.format == .safetensors && pretrained.source.tensorTypes == ["F32": parameters.count])
    #expect(pretrained.source.files.map(\.lastPathComponent) == ["model.safetensors"])
  }

  @Test func parametersHaveTheModelsOrderAndRoles() throws {
    let parameters = try PretrainedModel.load(Goldens.folder.appending(path: "biases")).state.parameters
    #expect(
      parameters.paths.map(\.name) == ["model.embed_tokens.weight"]
        + [
          "input_layernorm.weight", "self_attn.q_proj.weight", "self_attn.q_proj.bias", "self_attn.k_proj.weight",
          "self_attn.k_proj.bias", "self_attn.v_proj.weight", "self_attn.v_proj.bias", "self_attn.o_proj.weight",
          "self_attn.o_proj.bias", "post_attention_layernorm.weight", "mlp.gate_proj.weight", "mlp.gate_proj.bias",
          "mlp.up_proj.weight", "mlp.up_proj.bias", "mlp.down_proj.weight", "mlp.down_proj.bias",
        ].map { "model.layers.0." + $0 } + ["model.norm.weight", "lm_head.weight"])
    for parameter in parameters.parameters {
      let name = parameter.path.name
      let role: ParameterRole =
        name.contains("embed") ? .embedding : name.contains("norm") ? .norm : name.hasSuffix("bias") ? .bias : .linear
      #expect(parameter.role == role)
    }
  }

  @Test func theModelSaysWhatItIs() throws {
    let tied = try PretrainedModel.load(Goldens.folder.appending(path: "all-heads-tied")).model
    let untied = try PretrainedModel.load(Goldens.folder.appending(path: "head-dim")).model
    #expect(tied.head?.table == "model.embed_tokens.weight" && untied.head?.table == "lm_head.weight")
    #expect(untied.vocabularySize == 37 && untied.maximumLength == 64)
    #expect(try #require(untied.cacheShape) == (2, 10))
    #expect(try PretrainedModel.load(Goldens.folder.appending(path: "rope-parameters")).stopTokens == [2, 3])
  }

  @Test func allTensorsThatDoNotFitComeInOneError() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("grouped-heads", in: parent)
      let file = folder.appending(path: "model.safetensors")
      try file.replaceTensors { tensors in
        tensors.removeAll { $0.name == "model.layers.1.mlp.up_proj.weight" }
        let norm = tensors.firstIndex { $0.name == "model.norm.weight" }!
        tensors[norm].tensor = try Tensor(zeros: [35])
        tensors.append(("model.layers.2.extra.weight", try Tensor(zeros: [2, 2])))
        tensors.append(("model.layers.0.self_attn.rotary_emb.inv_freq", try Tensor(zeros: [3])))
      }
      let error = failure { try PretrainedModel.load(folder) }
      #expect(error?.code == .mismatchedTensors)
      let message = error?.message ?? ""
      #expect(message.contains("missing: 'model.layers.1.mlp.up_proj.weight' [50, 36]"))
      #expect(message.contains("wrong shape: 'model.norm.weight' is [35], the configuration says [36]"))
      #expect(message.contains("not of this model: 'model.layers.2.extra.weight' [2, 2]"))
      #expect(!message.contains("inv_freq"))
    }
  }

  @Test func aTiedHeadMustBeTheEmbedding() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("all-heads-tied", in: parent)
      let file = folder.appending(path: "model.safetensors")
      try file.replaceTensors { tensors in
        tensors.append(("lm_head.weight", tensors.first { $0.name == "model.embed_tokens.weight" }!.tensor))
      }
      #expect(try PretrainedModel.load(folder).state.parameters["lm_head.weight"] == nil)
      try file.replaceTensors { tensors in
        let values = tensors.last!.tensor.values.map { $0 + 1 }
        tensors[tensors.count - 1].tensor = try Tensor(values, shape: [37, 36])
        #expect(tensors.last!.name == "lm_head.weight")
      }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("'lm_head.weight'") == true)
      try file.replaceTensors { $0[$0.count - 1].tensor = try Tensor(zeros: [36, 36]) }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("wrong shape: 'lm_head.weight'") == true)
    }
  }

  @Test func aShapeThatTheConfigurationDoesNotHaveIsAnError() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("grouped-heads", in: parent)
      let config = folder.appending(path: "config.json")
      try config.edit { $0.replacing("\"vocab_size\": 37", with: "\"vocab_size\": 38") }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("'lm_head.weight' is [37, 36]") == true)
      try config.edit { $0.replacing("\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 2000000000") }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("2000000000 layers") == true)
    }
  }

  @Test func unknownArchitecturesAreErrorsThatNameThem() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("grouped-heads", in: parent)
      try folder.appending(path: "config.json").edit {
        $0.replacing("\"model_type\": \"llama\"", with: "\"model_type\": \"mamba\"")
      }
      let error = failure { try PretrainedModel.load(folder) }
      #expect(error?.code == .unsupported)
      #expect(error?.message.contains("'mamba'") == true && error?.message.contains("'llama'") == true)
      var bytes = GGUFBytes()
      bytes.key("general.architecture", "qwen3")
      let file = parent.appending(path: "x.gguf")
      try bytes.bytes.write(to: file)
      #expect(failure { try PretrainedModel.load(file) }?.message.contains("'qwen3'") == true)
    }
  }

  @Test func foldersThatLackSomethingAreErrors() throws {
    try withTemporaryFolder { parent in
      #expect(failure { try PretrainedModel.load(parent.appending(path: "none")) }?.code == .unreadableFile)
      #expect(failure { try PretrainedModel.load(parent) }?.message.contains("no config.json") == true)
      let folder = try copyOfGolden("grouped-heads", in: parent)
      let weights = folder.appending(path: "model.safetensors")
      let kept = try Data(contentsOf: weights)
      try FileManager.default.removeItem(at: weights)
      try Data().write(to: folder.appending(path: "training_args.bin"))
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("found training_args.bin") == true)
      try Data().write(to: weights)
      #expect(throws: TensorError.self) { try PretrainedModel.load(folder) }
      try kept.write(to: weights)
      try Data("{}".utf8).write(to: folder.appending(path: "model.safetensors.index.json"))
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("both") == true)
      try Data("{\"model_type\"".utf8).write(to: folder.appending(path: "config.json"))
      #expect(failure { try PretrainedModel.load(folder) }?.code == .malformedFile)
    }
  }

  @Test func anUnreadableConfigurationIsAnError() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("grouped-heads", in: parent)
      let config = folder.appending(path: "config.json")
      try FileManager.default.removeItem(at: config)
      try FileManager.default.createDirectory(at: config, withIntermediateDirectories: true)
      #expect(failure { try PretrainedModel.load(folder) }?.code == .unreadableFile)
    }
  }

  @Test func shardsMustBeWhatTheIndexSays() throws {
    try withTemporaryFolder { parent in
      let folder = try copyOfGolden("sharded", in: parent)
      let index = folder.appending(path: "model.safetensors.index.json")
      let original = try String(contentsOf: index, encoding: .utf8)
      try index.edit {
        $0.replacing("\"model.norm.weight\": \"model-0000", with: "\"model.morn.weight\": \"model-0000")
      }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("model.morn.weight") == true)
      try index.edit { _ in original.replacing("model-00002-of", with: "../model-00002-of") }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("of this folder") == true)
      try index.edit { _ in original }
      try FileManager.default.removeItem(at: folder.appending(path: "model-00002-of-00003.safetensors"))
      #expect(throws: TensorError.self) { try PretrainedModel.load(folder) }
      try index.edit { _ in "{\"weight_map\": {}}" }
      #expect(failure { try PretrainedModel.load(folder) }?.message.contains("weight_map") == true)
    }
  }

  @Test func ggufTensorsThatDoNotFitAreErrors() throws {
    try withTemporaryFolder { parent in
      var bytes = GGUFBytes()
      bytes.key("general.architecture", "llama")
      bytes.key("llama.attention.layer_norm_rms_epsilon", number: 1e-5)
      for (key, value) in [
        ("embedding_length", 4), ("attention.head_count", 2), ("feed_forward_length", 6), ("block_count", 1),
        ("context_length", 8), ("vocab_size", 3),
      ] { bytes.key("llama." + key, UInt32(value)) }
      bytes.tensor("token_embd.weight", axes: [4, 2], values: Array(repeating: 1, count: 8))
      bytes.tensor("blk.0.attn_strange.weight", axes: [1], values: [1])
      let file = parent.appending(path: "x.gguf")
      try bytes.bytes.write(to: file)
      let message = failure { try PretrainedModel.load(file) }?.message ?? ""
      #expect(message.contains("wrong shape: 'model.embed_tokens.weight' is [2, 4], the configuration says [3, 4]"))
      #expect(message.contains("missing: 'model.layers.0.mlp.gate_proj.weight'"))
      #expect(message.contains("not of this model: 'blk.0.attn_strange.weight'"))
    }
  }
}
