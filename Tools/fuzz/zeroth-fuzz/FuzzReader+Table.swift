import Bundles
import Datasets
import Foundation
import TensorCore
import Tokenizers
import Training
import Transformers
import TuningCore

private let goldens = "Packages/Transformer/Tests/TransformersTests/Goldens/"
private let stories = "Models/stories260K/"
private let bundles = "Packages/Bundle/Tests/BundlesTests/Goldens/bundle/"
private let kinds = "Packages/Tokenizer/Tests/TokenizersTests/Fixtures/kinds/"

extension FuzzReader {
  /// Every reader, in the order in which they are run in turns.
  static let all: [FuzzReader] = [
    FuzzReader(
      name: "safetensors", file: "model.safetensors",
      seeds: ["bfloat16", "float16", "one-head-one-layer"].map { goldens + $0 + "/model.safetensors" },
      dictionary: ["F32", "BF16", "I64", "F8_E4M3", "__metadata__", "data_offsets", "shape", "[0,0]"], isJSON: true,
      header: { bytes in
        guard bytes.count >= 8 else { return nil }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return length <= UInt64(bytes.count - 8) ? 8..<8 + Int(length) : nil
      },
      mend: { bytes, header in
        guard bytes.count >= 8 else { return }
        for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: header >> (8 * i)) }
      },
      read: { _, file in
        let opened = try SafetensorsFile(file)
        for entry in opened.entries { touch(try? opened.tensor(entry.name)) }
      }),
    FuzzReader(
      name: "safetensors-index", file: "model.safetensors.index.json",
      companions: Dictionary(
        uniqueKeysWithValues: (1...3).map {
          ("model-0000\($0)-of-00003.safetensors", goldens + "sharded/model-0000\($0)-of-00003.safetensors")
        }),
      seeds: [goldens + "sharded/model.safetensors.index.json"],
      dictionary: ["weight_map", "model-00001-of-00003.safetensors", "../", "/"], isJSON: true,
      read: { folder, _ in
        let archive = try SafetensorsArchive(folder: folder)
        for entry in archive.entries { touch(try archive.tensor(entry.name)) }
      }),
    FuzzReader(
      name: "gguf", file: "model.gguf",
      seeds: ["blocks", "linear-tied", "llama3", "mixed"].map { goldens + "gguf/\($0).gguf" },
      dictionary: [
        "GGUF", "general.architecture", "general.alignment", "llama.block_count", "llama.vocab_size", "split.count",
        "tokenizer.ggml.tokens", "tokenizer.ggml.merges", "blk.0.attn_q.weight", "rope_freqs.weight",
        "tokenizer.ggml.model",
      ],
      header: { $0.count > 4096 ? 0..<4096 : nil },
      read: { _, file in
        let opened = try GGUFFile(file)
        for entry in opened.entries { touch(try opened.tensor(entry.name, as: .float32, threads: Threads(1))) }
        _ = try? ModelSource(path: file).tokenizer()
        _ = try PretrainedModel.load(file, threads: Threads(1))
      }),
    FuzzReader(
      name: "pickle", file: "pytorch_model.bin",
      seeds: ["state-zip-2", "state-zip-4", "state-legacy-2", "state-legacy-4", "state-untyped"].map {
        goldens + "pickle/\($0).bin"
      },
      dictionary: [
        "ctorch\nFloatStorage\n", "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nSize\n",
        "ccollections\nOrderedDict\n",
        "cos\nsystem\n", "}", "]", ")R", "(", "t", "\u{71}\u{00}", "h\u{00}", "u.", "X\u{01}\0\0\0x",
      ],
      read: { _, file in
        let opened = try TorchFile(file)
        for entry in opened.entries { touch(try? opened.tensor(entry.name)) }
      }),
    FuzzReader(
      name: "pickle-index", file: "pytorch_model.bin.index.json",
      companions: Dictionary(
        uniqueKeysWithValues: (1...2).map {
          ("pytorch_model-0000\($0)-of-00002.bin", goldens + "pickle/pytorch_model-0000\($0)-of-00002.bin")
        }),
      seeds: [goldens + "pickle/pytorch_model.bin.index.json"], isJSON: true,
      read: { folder, _ in _ = try TorchArchive(folder: folder) }),
    FuzzReader(
      name: "config", file: "config.json",
      companions: ["model.safetensors": goldens + "grouped-heads/model.safetensors"],
      seeds: ["all-heads-tied", "biases", "grouped-heads", "head-dim", "rope-llama3", "rope-parameters-llama3"].map {
        goldens + $0 + "/config.json"
      } + ["bert", "mistral", "opt", "roberta"].map { own("config/\($0).json") },
      dictionary: [
        "rope_scaling", "rope_type", "yarn", "llama3", "head_dim", "model_type", "torch_dtype", "architectures",
        "sliding_window", "word_embed_proj_dim", "num_labels", "id2label", "hidden_act", "gelu_new",
      ],
      isJSON: true,
      read: { folder, _ in _ = try PretrainedModel.load(folder) }),
    FuzzReader(
      name: "generation-config", file: "generation_config.json",
      companions: [
        "model.safetensors": goldens + "one-head-one-layer/model.safetensors",
        "config.json": goldens + "one-head-one-layer/config.json",
      ],
      seeds: [stories + "generation_config.json"], dictionary: ["eos_token_id", "[2, 3]"], isJSON: true,
      read: { folder, _ in _ = try PretrainedModel.load(folder) }),
    FuzzReader(
      name: "tokenizer", file: "tokenizer.json",
      companions: ["tokenizer_config.json": stories + "tokenizer_config.json"],
      seeds: [stories + "tokenizer.json"] + ["unigram", "wordpiece", "byte-level"].map { own("tokenizer/\($0).json") },
      dictionary: [
        "ByteLevel", "Metaspace", "Sequence", "Split", "Regex", "NFKC", "Prepend", "Replace", "ByteFallback", "Unigram",
        "WordPiece", "TemplateProcessing", "added_tokens", "byte_fallback", "Lowercase", "Strip", "BertNormalizer",
      ], isJSON: true,
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "sentencepiece", file: "tokenizer.model", seeds: ["bpe.model", "unigram.model"].map { kinds + $0 },
      dictionary: ["\u{12}", "\u{0a}", "<unk>", "<0x0A>", "nmt_nfkc", "identity", "\u{2581}"],
      read: { _, file in try use(Tokenizer(sentencePiece: file)) }),
    FuzzReader(
      name: "sentencepiece-folder", file: "tokenizer.model",
      companions: Dictionary(
        uniqueKeysWithValues: ["config.json", "tokenizer_config.json"].map { ($0, kinds + "llama/" + $0) }),
      seeds: [kinds + "llama/tokenizer.model"], dictionary: ["\u{12}", "\u{0a}", "<s>", "</s>"],
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "vocabulary", file: "vocab.json",
      companions: Dictionary(
        uniqueKeysWithValues: ["config.json", "tokenizer_config.json", "merges.txt"].map {
          ($0, kinds + "roberta/" + $0)
        }
      ),
      seeds: [kinds + "roberta/vocab.json"], dictionary: ["<mask>", "\u{120}", "2147483647", "-1"], isJSON: true,
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "merges", file: "merges.txt",
      companions: Dictionary(
        uniqueKeysWithValues: ["config.json", "tokenizer_config.json", "vocab.json"].map { ($0, kinds + "opt/" + $0) }),
      seeds: [kinds + "opt/merges.txt"], dictionary: ["#version: 0.2", " ", "\u{120} t"], isText: true,
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "wordpiece", file: "vocab.txt", companions: ["config.json": kinds + "bert/config.json"],
      seeds: [kinds + "bert/vocab.txt"], dictionary: ["[UNK]", "##", "[CLS]", "\n", "\r\n"], isText: true,
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "tokenizer-config", file: "tokenizer_config.json",
      companions: ["tokenizer.json": stories + "tokenizer.json"],
      seeds: [stories + "tokenizer_config.json"],
      dictionary: ["chat_template", "{% for m in messages %}", "{{", "}}", "add_bos_token", "added_tokens_decoder"],
      isJSON: true,
      read: { folder, _ in try use(Tokenizer(folder: folder)) }),
    FuzzReader(
      name: "chat-template", file: "chat_template.jinja",
      seeds: ["blocks", "functions"].map { own("chat-template/\($0).jinja") },
      dictionary: [
        "{%", "%}", "{{", "}}", "{#", "#}", " for x in messages ", " if ", " endif ", " endfor ", "macro f(x)", "f(f)",
        "| ",
        "tojson", "range(99999)", "* 99999", "**", "[::-1]", "~", "namespace(", "(", "[", "loop.", "join",
        "replace('', 'aa')",
      ], isText: true,
      read: { _, file in
        let template = try ChatTemplate(String(decoding: Data(contentsOf: file), as: UTF8.self))
        let messages = [("system", "Be  brief."), ("user", " Hello, 世界! "), ("assistant", "Hi.")]
        _ = try template.render(
          messages.map { ChatMessage(role: $0, content: $1) }, specialTokens: ["eos_token": "</s>"])
      }),
    FuzzReader(
      name: "recipe", file: "recipe.yaml",
      seeds: ["quickstart", "quickstart-small", "sst2-long"].map { "Recipes/\($0).yaml" },
      dictionary: ["&a", "*a", "!!binary", "---", "<<: ", "? ", "|", ">", "[", "{", "- ", ": ", "\t", "model: "],
      isText: true, read: { _, file in _ = try Recipe(contentsOf: file) }),
    FuzzReader(
      name: "sst2-tsv", file: "dev.tsv", companions: ["train.tsv": own("sst2-tsv/train.tsv")],
      seeds: [own("sst2-tsv/train.tsv")], dictionary: ["\t", "\n", "\r\n", "sentence\tlabel", "\u{2028}", "\0"],
      isText: true,
      read: { folder, _ in
        let source = try DataSource(folder)
        for part in [DatasetPart.training, .validation] { _ = try SST2().examples(part, in: source) }
      }),
    FuzzReader(
      name: "sst2-zip", file: "SST-2.zip", seeds: [own("sst2-zip/small.zip")],
      dictionary: ["PK\u{01}\u{02}", "SST-2/", "../", "train.tsv", "dev.tsv"],
      read: { _, file in
        let source = try DataSource(file)
        for part in [DatasetPart.training, .validation] { _ = try SST2().examples(part, in: source) }
      }),
    FuzzReader(
      name: "bundle", file: "bundle.zb",
      seeds: ["small.tar", "small.zb"].map { own("bundle/\($0)") }
        + ["python.zb", "python.zip", "python.tar.gz"].map { bundles + $0 },
      dictionary: [
        "manifest.json", "manifest.sha256", "objects/", "../", "ustar\u{0}00", "(\u{b5}/\u{fd}", "PK\u{01}\u{02}",
        "\u{1f}\u{8b}",
      ],
      read: { folder, file in
        let out = folder.appending(path: "out")
        defer { try? FileManager.default.removeItem(at: out) }
        let reader = try BundleReader(file: file)
        try reader.verify()
        try reader.extract(to: out)
      }),
    FuzzReader(
      name: "bundle-manifest", file: "manifest.json", seeds: [bundles + "manifest.json"],
      dictionary: [
        "\"members\": ", "\"path\": \"../\"", "\"size\": -1", "\\ud800", "\\u0000", "\u{301}", "\u{202e}", "[[[[",
      ],
      isJSON: true,
      read: { folder, file in
        let text = try Data(contentsOf: file), archive = folder.appending(path: "bundle.zip")
        let seal = Data("\(ContentHash(of: text))  manifest.json\n".utf8)
        try ArchiveWriter.write(
          [.init(path: "manifest.json", data: text), .init(path: "manifest.sha256", data: seal)], to: archive,
          format: .zip)
        let manifest = try BundleReader(file: archive).manifest
        _ = BundleDifference(from: manifest, to: manifest)
      }),
    FuzzReader(
      name: "record-jsonl", file: "train.jsonl", seeds: [task("ReCoRD/train.jsonl")],
      dictionary: [
        "\"start\": ", "\"end\": -1", "@placeholder", "@highlight\\n", "\\ud834\\udd1e", "99999999999", "[[[[",
      ],
      isText: true, read: { folder, _ in try word("record", in: folder) }),
    FuzzReader(
      name: "drop-json", file: "drop_dataset_train.json", seeds: [task("drop_dataset/drop_dataset_train.json")],
      dictionary: ["\"spans\": [", "\"number\": \"\"", "\"qa_pairs\": ", "{}", "null", "\\u0000"],
      isText: true, read: { folder, _ in try word("drop", in: folder) }),
    FuzzReader(
      name: "mr-csv", file: "train.csv", seeds: [own("mr-csv/train.csv")],
      dictionary: ["\"", "\"\"", ",", "\r\n", "\n\"", "0,", "\u{feff}"], isText: true,
      read: { folder, _ in try word("mr", in: folder) }),
    FuzzReader(
      name: "custom-task", file: "task.yaml", companions: ["train.csv": own("custom-task/train.csv")],
      seeds: [own("custom-task/labels.yaml"), own("custom-task/candidates.yaml")],
      dictionary: [
        "{text}", "{{", "}}", "*mask*", "*sent_0*", "labels: {", "candidates: [", "answers: ", "columns: ", "\t",
      ],
      isText: true,
      read: { folder, file in
        for example in try CustomTask(contentsOf: file).examples(.training, in: DataSource(folder)) {
          _ = Demonstrations([example])
        }
      }),
  ]

  /// Words every example of a task's training file.
  private static func word(_ name: String, in folder: URL) throws {
    let examples = try Registry<any EvaluationTask>.task(name).examples(.training, in: DataSource(folder))
    for example in examples { _ = Demonstrations([example]) }
  }

  /// A file that the tests of the tasks read.
  private static func task(_ name: String) -> String { "Packages/Datasets/Tests/DatasetsTests/Goldens/tasks/\(name)" }

  private static func own(_ name: String) -> String { "Tools/fuzz/Seeds/\(name)" }

  /// Reads every page of a tensor.
  private static func touch(_ tensor: Tensor?) {
    guard let tensor, tensor.count > 0 else { return }
    var sum: UInt8 = 0
    for i in stride(from: 0, to: tensor.byteCount, by: 4096) {
      sum ^= tensor.bytes.load(fromByteOffset: i, as: UInt8.self)
    }
    sum ^= tensor.bytes.load(fromByteOffset: tensor.byteCount - 1, as: UInt8.self)
    withExtendedLifetime(sum) {}
  }

  /// A tokenizer that could be read must tokenize.
  private static func use(_ tokenizer: Tokenizer) throws {
    let ids = tokenizer.encode("Once upon a time, 12345 naïve 日本語 🙂\u{0}\n\n  <s>    end</s>")
    _ = try tokenizer.decode(ids)
    _ = tokenizer.encoding(
      of: "A cafe\u{301} \u{1F469}\u{200D}\u{1F692}", pairedWith: " \t b", offsetsIn: .unicodeScalars)
    _ = tokenizer.encode(String(repeating: "ab", count: 2000))
  }
}
