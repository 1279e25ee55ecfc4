import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// The commands, run as processes.
@Suite(.workplace) struct CommandTests {
  private static let stories = Project.stories.path

  // MARK: train, eval, replay

  @Test func trainingEndsWithATableAndAResult() throws {
    let place = try Workplace()
    let recipe = try place.write(TinyRecipe.yaml(["learning_rate": "1e-3"]), to: "tiny.yaml").path
    let output = try Program.succeed("train", recipe, folder: place.url)
    let folder = RunFolder(place("runs/tiny-0"))
    for words in ["8 held-out examples", "before", "after", "change", "95 % interval", "run folder \(folder.url.path)"]
    {
      #expect(output.out.contains(words), "\(words)")
    }
    for words in ["260,032 parameters", "16 train, 8 dev, 8 held out", "step 6  dev accuracy", "full + zo-sgd"] {
      #expect(output.err.contains(words), "\(words)")
    }
    let again = try Program.succeed("train", recipe, "--json", "--set", "output=again", folder: place.url)
    #expect(again.lines.count == 1)
    let result = try JSONDecoder().decode(RunResult.self, from: Data(again.out.utf8))
    let stored = try JSONDecoder().decode(RunResult.self, from: Data(contentsOf: folder.result))
    #expect(result.finalParameters == stored.finalParameters && result.testPredictions == stored.testPredictions)
    #expect(result.recipeIdentity == stored.recipeIdentity && result.steps == 6)

    // Evaluating the run is evaluating its best parameters; evaluating the recipe, its model as it came.
    let run = try Program.succeed("eval", folder.url.path, "--json").object()
    #expect((run["predictions"] as? [Int])?.map { .candidate($0) } == stored.testPredictions)
    #expect(run["metric"] as? String == "accuracy" && run["scores"] as? [Double] == stored.testScores)
    #expect(run["value"] as? Double == stored.testAfter.value && run["low"] as? Double == stored.testAfter.low)
    let base = try Program.succeed("eval", recipe, "--json").object()
    #expect(base["value"] as? Double == stored.testBefore.value)
    let dev = try Program.succeed("eval", recipe, "--part", "dev", "--json").object()
    #expect(dev["value"] as? Double == stored.devBefore && dev["part"] as? String == "dev")
    let table = try Program.succeed("eval", folder.url.path)
    #expect(table.out.contains("accuracy") && table.lines.count == 2)

    // The ledger gives the last weights; the hash is that of result.json.
    let replayed = try Program.succeed(
      "replay", folder.ledger.path, "--out", place("rebuilt").path, "--json"
    ).object()
    #expect(replayed["parameters"] as? String == stored.finalParameters)
    let generated = try Program.succeed("generate", "--run", folder.url.path, "--max-tokens", "3", "Once", "--json")
    #expect(try (generated.object()["ids"] as? [Int])?.count == 3)
  }

  @Test func runsAreReported() throws {
    let place = try Workplace()
    let recipe = try place.write(TinyRecipe.yaml(["learning_rate": "1e-3"]), to: "tiny.yaml").path
    for seed in ["0", "1"] {
      _ = try Program.succeed(
        "train", recipe, "--set", "seed=\(seed)", "--set", "output=runs/\(seed)", folder: place.url)
    }
    try place.write("nonsense", to: "runs/broken/recipe.yaml")
    let output = try Program.succeed(
      "report", "runs", "--html", "report.html", "--tensorboard", "logs", "--columns", "learning_rate",
      folder: place.url)
    for words in ["Accuracy, %: sst2, stories260K", "learning_rate 0.001", "(2)", "Memory and time"] {
      #expect(output.out.contains(words), "\(words)")
    }
    #expect(output.out.contains("2 runs: 2 finished"))
    expect(output.err, mentions: "runs/broken/recipe.yaml: line 1 is no 'key: value'")
    #expect(try String(contentsOf: place("report.html"), encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
    #expect(FileManager.default.fileExists(atPath: place("logs/runs/0").path))
    let json =
      try JSONSerialization.jsonObject(
        with: Data(Program.succeed("report", "runs", "--json", folder: place.url).out.utf8)) as? [String: Any]
    #expect((json?["runs"] as? [Any])?.count == 2)
    #expect(try Program.succeed("report", "runs", "--csv", folder: place.url).out.hasPrefix("table,title,"))
    #expect(try Program.succeed("report", "runs", "--latex", folder: place.url).out.contains("\\toprule"))

    let none = try Program.run("report", "logs", folder: place.url)
    #expect(none.status == 1)
    expect(none.err, mentions: "nothing to report", "logs: no run folder is at or below it")
    let unknown = try Program.run("report", "runs", "--rows", "optimiser", folder: place.url)
    #expect(unknown.status == 1)
    expect(unknown.err, mentions: "no run has the key 'optimiser'; those that vary are seed")
  }

  private func shell(_ line: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", line]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// `tee` ends at Ctrl-C too, and a pager when it is left: the run goes on without them.
  @Test func aRunOutlivesItsReader() throws {
    let place = try Workplace()
    let recipe = try place.write(TinyRecipe.yaml(["output": "run"]), to: "tiny.yaml").path
    _ = try shell("cd '\(place.url.path)' && '\(Program.executable.path)' train '\(recipe)' 2>&1 | head -n 1")
    #expect(FileManager.default.fileExists(atPath: place("run/result.json").path))
  }

  /// A shell's script starts what runs in the background with Ctrl-C ignored: whoever sends it means it.
  @Test func aRunInTheBackgroundIsStoppedToo() throws {
    let place = try Workplace()
    let recipe = try place.write(TinyRecipe.yaml(["output": "run", "steps": "4000"]), to: "tiny.yaml").path
    let status = try shell(
      """
      trap '' INT; cd '\(place.url.path)'; '\(Program.executable.path)' train '\(recipe)' > log 2>&1 & run=$!
      while [ ! -s run/metrics.jsonl ] && kill -0 $run; do sleep 0.05; done; kill -INT $run; wait $run
      """)
    #expect(status == 75)
  }

  @Test func whatCannotBeWrittenIsAFailure() throws {
    #expect(try shell("'\(Program.executable.path)' recipe defaults > /dev/full 2> /dev/null") == 1)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func signalsStopAndTheRunGoesOn(_ signal: Int32) throws {
    let place = try Workplace()
    let changes = ["steps": "400", "evaluate_every": "0", "checkpoint_every": "0", "output": place("run").path]
    let recipe = try place.write(TinyRecipe.yaml(changes), to: "tiny.yaml")
    let folder = RunFolder(place("run"))
    let running = try Program.Running(["train", recipe.path])
    try running.signal(signal, whenLinesOf: folder.metrics, reach: 4)
    let output = try running.wait()
    #expect(output.status == 75)
    #expect(output.err.contains("--resume \(folder.url.path)") && output.err.contains("of 400"))
    #expect(output.out.isEmpty)
    let step = try #require(folder.checkpointSteps().first)
    #expect(step >= 3 && step < 400 && output.err.contains("stopped after step \(step)"))
    #expect(!FileManager.default.fileExists(atPath: folder.result.path))
    #expect(try Training.LedgerReader(folder.ledger).stepCount == step)
  }

  // MARK: text

  @Test func greedyContinuationIsTheOneOfLlama2c() throws {
    let story = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park."
    let output = try Program.succeed(
      "generate", "--model", Self.stories, "--max-tokens", "60", "Once upon a time")
    #expect(output.out.hasPrefix(story))
    let json = try Program.succeed(
      "generate", "--model", Self.stories, "--max-tokens", "60", "--json", "Once upon a time"
    ).object()
    #expect("Once upon a time\(json["text"] as? String ?? "")\n" == output.out)
    #expect(json["finish"] as? String == "length" && (json["ids"] as? [Int])?.count == 60)
    let stopped = try Program.succeed(
      "generate", "--model", Self.stories, "--stop", "Lily", "--json", input: "Once upon a time"
    ).object()
    #expect(stopped["text"] as? String == ", there was a little girl named ")
    #expect(stopped["finish"] as? String == "stop_string")
    let drawn = try (0..<2).map { _ in
      try Program.succeed(
        "generate", "--model", Self.stories, "--temperature", "1", "--seed", "3", "--max-tokens", "20", "Once"
      ).out
    }
    #expect(drawn[0] == drawn[1])
  }

  @Test func chatsAreWordedByATemplate() throws {
    let place = try Workplace()
    let bare = try Program.run("generate", "--model", Self.stories, "--chat", "Hi")
    #expect(bare.status == 1 && bare.out.isEmpty)
    expect(bare.err, mentions: "without a chat template", "--template", "vicuna")
    let vicuna = try Program.succeed(
      "generate", "--model", Self.stories, "--template", "vicuna", "--system", "Be brief.", "--chat", "Hi",
      "--max-tokens", "4", "--json"
    ).object()
    #expect(vicuna["prompt"] as? String == "<s>Be brief. USER: Hi ASSISTANT:")

    // A model with a template of its own answers what plain text with the same tokens is continued by.
    let model = try place.modelCopy()
    let template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    try place.write(template, to: "model/chat_template.jinja")
    func generate(_ arguments: String...) throws -> Program.Output {
      try Program.Running(["generate", "--model", model.path, "--max-tokens", "20"] + arguments).wait()
    }
    let answer = try generate("--chat", "Once upon a time")
    let continued = try generate("Once upon a time")
    #expect(answer.status == 0 && "Once upon a time" + answer.out == continued.out)
    let refusing = try place.write("\n{{ raise_exception('No system.') if messages|length > 1 }}", to: "other.jinja")
    let refused = try generate("--template", refusing.path, "--system", "x", "--chat", "Hi")
    #expect(refused.status == 1)
    expect(refused.err, mentions: "line 2, column 4", "No system.")
    let missing = try generate("--template", "alpaca", "--chat", "Hi")
    expect(missing.err, mentions: "'alpaca'", "vicuna")
    for option in ["--chat", "--system", "--template"] { #expect(try generate(option, "vicuna", "Once").status == 64) }
  }

  @Test func tokensGoThereAndBack() throws {
    let text = "Once upon a time\n\nIt was great: naïve 😀"
    let ids = try Program.succeed("tokenize", "--tokenizer", Self.stories, input: text + "\n")
    #expect(ids.out.hasPrefix("1 403 407 261 378\n1\n"))
    let bare = try Program.succeed("tokenize", "--tokenizer", Self.stories, "--bare", input: text + "\n")
    #expect(bare.out.hasPrefix("403 407 261 378\n\n"))
    let back = try Program.succeed("tokenize", "--tokenizer", Self.stories, "--decode", input: bare.out)
    #expect(back.out == text + "\n")
    let json = try Program.succeed("tokenize", "--tokenizer", Self.stories, "--json", input: "It was great\n").object()
    #expect(json["text"] as? String == "It was great" && (json["ids"] as? [Int])?.first == 1)
    let bad = try Program.run("tokenize", "--tokenizer", Self.stories, "--decode", input: "1 2\n3 four\n")
    #expect(bad.status == 1)
    expect(bad.err, mentions: "standard input, line 2", "'four' is no token id")
    let windows = try Program.succeed("tokenize", "--tokenizer", Self.stories, "--bare", input: "It was\r\n\r\ngreat")
    #expect(windows.out == "359 413 286\n\n298 276 294\n")
    let foreign = try Program.run("tokenize", "--tokenizer", Self.stories, "--decode", input: "1\n512\n")
    #expect(foreign.status == 1)
    expect(foreign.err, mentions: "standard input, line 2", "512")
  }

  /// log p of a continuation's tokens is the log-softmax of the logits where they are predicted.
  @Test func scoresAndLogitsAgree() throws {
    let query = #"{"prompt": "Once upon a", "continuations": [" time", " bird sang"]}"#
    let scores = try Program.succeed("score", "--model", Self.stories, input: query + "\n\n" + query + "\n")
    #expect(scores.lines.count == 2 && scores.lines[0] == scores.lines[1])
    let answer = try JSONDecoder().decode(ContinuationScores.self, from: Data(scores.lines[0].utf8))
    #expect(answer.continuations[0].sum > answer.continuations[1].sum)
    for continuation in answer.continuations {
      let prompt = answer.promptIds.map(Int.init), ids = continuation.ids.map(Int.init)
      let positions = ids.indices.map { prompt.count - 1 + $0 }
      let line = #"{"ids": \#(prompt + ids), "positions": \#(positions)}"#
      let logits = try #require(
        try Program.succeed("logits", "--model", Self.stories, input: line).object()["logits"] as? [[Double]])
      for (index, row) in logits.enumerated() {
        let greatest = row.max() ?? 0
        let logSum = greatest + log(row.reduce(0) { $0 + exp($1 - greatest) })
        #expect(abs(row[ids[index]] - logSum - Double(continuation.logProbabilities[index])) < 1e-4)
      }
      #expect(abs(continuation.mean * Double(ids.count) - continuation.sum) < 1e-9)
    }
  }

  @Test func textsLongerThanTheModelAreRefused() throws {
    let query = #"{"prompt": "\#(String(repeating: "word ", count: 600))", "continuations": ["a"]}"#
    let score = try Program.run("score", "--model", Self.stories, input: query)
    #expect(score.status == 1)
    expect(score.err, mentions: "line 1", "room for 512", "shorten")
    let generate = try Program.run("generate", "--model", Self.stories, String(repeating: "word ", count: 600))
    #expect(generate.status == 1)
    expect(generate.err, mentions: "tokens", "512", "shorten the text")
  }

  @Test func logitsByPositionAndRankAgree() throws {
    func ask(_ line: String) throws -> [String: Any] {
      try Program.succeed("logits", "--model", Self.stories, input: line).object()
    }
    let all = try #require(try ask(#"{"ids": [1, 403, 407]}"#)["logits"] as? [[Double]])
    #expect(all.count == 3 && all.allSatisfy { $0.count == 512 })
    let last = try #require(try ask(#"{"ids": [1, 403, 407], "positions": [2]}"#)["logits"] as? [[Double]])
    // Products of one row and of three sum in different orders.
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-4 * max(1, abs(b)) }
    #expect(last.count == 1 && zip(last[0], all[2]).allSatisfy(close))
    let top = try #require(
      try ask(#"{"ids": [1, 403, 407], "positions": [2], "top": 3}"#)["top"] as? [[[String: Any]]])
    let ranked = last[0].indices.sorted { last[0][$0] > last[0][$1] }.prefix(3)
    #expect(top[0].map { $0["id"] as? Int } == ranked.map { $0 })
    #expect(top[0].map { $0["logit"] as? Double } == ranked.map { last[0][$0] })
    for (line, words) in [
      (#"{"ids": [1, 512]}"#, "512"), (#"{"ids": [1], "positions": [1]}"#, "1"), (#"{"ids": []}"#, "line 1"),
      (#"{"ids": [1], "top": 0}"#, "top is 0"), (#"{"idz": [1]}"#, "'ids' is missing"), ("ids", "not JSON"),
    ] {
      let output = try Program.run("logits", "--model", Self.stories, input: line)
      #expect(output.status == 1)
      expect(output.err, mentions: "standard input, line 1", words)
    }
  }

  // MARK: inspecting

  @Test func inspectTellsTheModel() throws {
    let output = try Program.succeed("inspect", "model", Self.stories, "--tensors")
    for words in ["llama", "safetensors", "260,032", "512", "model.layers.4.mlp.down_proj.weight"] {
      #expect(output.out.contains(words), "\(words)")
    }
    let json = try Program.succeed("inspect", Self.stories, "--json").object()
    #expect(json["parameters"] as? Int == 260_032 && json["weightBytes"] as? Int == 4 * 260_032)
    #expect((json["tensors"] as? [Any])?.count == 47)
  }

  @Test func inspectedNoiseIsThatOfTheGoldens() throws {
    struct Goldens: Decodable { var fills: [[String: Golden]] }
    enum Golden: Decodable {
      case text(String), number(Int)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = try (try? .number(container.decode(Int.self))) ?? .text(container.decode(String.self))
      }
      var text: String { if case .text(let text) = self { text } else { "" } }
      var number: Int { if case .number(let number) = self { number } else { 0 } }
    }
    let file = Project.file("Packages/Tensor/Tests/TensorCoreTests/Goldens/noise.json")
    let fills = try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file)).fills
    let fill = try #require(fills.last)
    let seed = try #require(UInt64(fill["seed"]?.text ?? "", radix: 16))
    for law in NoiseLaw.allCases {
      let expected = try #require(fill[law.rawValue]?.text).split(separator: " ").map { "0x" + $0.lowercased() }
      let output = try Program.succeed(
        "inspect", "noise", "--seed", "\(seed)", "--path", fill["path"]?.text ?? "", "--law", law.rawValue, "--start",
        "\(fill["start"]?.number ?? 0)", "--count", "\(expected.count)", "--json")
      let rows = try #require(
        try JSONSerialization.jsonObject(with: Data(output.out.utf8)) as? [[String: Any]])
      #expect(rows.map { $0["bits"] as? String } == expected)
    }
  }

  @Test func pluginsAreListedAndDescribed() throws {
    let list = try Program.succeed("plugins", "list")
    for words in ["zo-sgd", "lora", "full", "optimizer", "ZO-SGD 0.1.0"] { #expect(list.out.contains(words)) }
    let info = try Program.succeed("plugins", "info", "zo-sgd")
    for words in ["zo-sgd.epsilon", "2305.17333", "Cost", "0.001"] { #expect(info.out.contains(words), "\(words)") }
    let json = try Program.succeed("plugins", "info", "lora", "--json").object()
    #expect(json["kind"] as? String == "scheme")
    let typo = try Program.run("plugins", "info", "zo-sdg")
    #expect(typo.status == 1)
    expect(typo.err, mentions: "Did you mean 'zo-sgd'?")
  }

  @Test func recipesAreShownAndChecked() throws {
    let place = try Workplace()
    let defaults = try Program.succeed("recipe", "defaults").out
    let recipe = try place.write(defaults, to: "mine.yaml")
    let empty = try Program.run("recipe", "check", recipe.path)
    #expect(empty.status == 64)
    expect(empty.err, mentions: "'model' is missing", "'data' is missing")
    let filled = try Program.succeed(
      "recipe", "check", recipe.path, "--set", "model=\(Self.stories)", "--set", "data=\(Project.sentiment.path)")
    #expect(filled.out.contains("model: \(Self.stories)") && filled.out.contains("zo-sgd.epsilon: 0.001"))
    // What is printed is a recipe, and the same one.
    let resolved = try place.write(filled.out, to: "resolved.yaml")
    let again = try Program.succeed("recipe", "check", resolved.path)
    #expect(again.out == filled.out)
  }

  // MARK: the rest

  @Test func matrixProductsAreMeasured() throws {
    let output = try Program.succeed(
      "bench", "gemm", "--rows", "64", "--outputs", "64", "--inputs", "64", "--threads", "1", "--json"
    ).object()
    #expect((output["gigaflops"] as? Double ?? 0) > 0 && output["threads"] as? Int == 1)
  }

  @Test func productsOfModelsAreMeasured() throws {
    let output = try Program.succeed(
      "bench", "ops", "--only", "products", "--threads", "1", "--repetitions", "1", "--json"
    ).object()
    let products = try #require(output["products"] as? [[String: Any]])
    #expect(products.contains { ($0["product"] as? String)?.hasPrefix("attention, causal") == true })
    #expect(products.allSatisfy { ($0["gigaflops"] as? Double ?? 0) > 0 && $0["threads"] as? Int == 1 })
  }

  @Test func archivesAreOpened() throws {
    let place = try Workplace()
    let list = try Program.succeed("archive", "list", Project.sentiment.path)
    #expect(list.out.contains("SST-2/dev.tsv"))
    let hash = "54a9c12c77e402fc14d6a66a506f24d999f596b0176eb777c972cccc2f9cc4b0"
    _ = try Program.succeed(
      "archive", "extract", Project.sentiment.path, "SST-2/dev.tsv", "--out", "dev.tsv", "--sha256", hash,
      folder: place.url)
    #expect(try Data(contentsOf: place("dev.tsv")).count { $0 == UInt8(ascii: "\n") } == 873)
    let other = try Program.run(
      "archive", "extract", Project.sentiment.path, "SST-2/train.tsv", "--out", "train.tsv", "--sha256", hash,
      folder: place.url)
    try place.write("earlier", to: "dev.tsv")
    let spared = try Program.run(
      "archive", "extract", Project.sentiment.path, "SST-2/train.tsv", "--out", "dev.tsv", "--sha256", hash,
      folder: place.url)
    #expect(spared.status == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.url.path) == ["dev.tsv"])
    #expect(try String(contentsOf: place("dev.tsv"), encoding: .utf8) == "earlier")
    #expect(other.status == 1 && !FileManager.default.fileExists(atPath: place("train.tsv").path))
    expect(other.err, mentions: "SST-2/train.tsv", "SHA-256", hash)
    let missing = try Program.run(
      "archive", "extract", Project.sentiment.path, "SST-2/tset.tsv", "--out", "test.tsv", folder: place.url)
    #expect(missing.status == 1)
    expect(missing.err, mentions: "SST-2/tset.tsv")
  }

  @Test(
    arguments: [
      [], ["train"], ["probe"], ["eval"], ["generate"], ["tokenize"], ["score"], ["logits"], ["inspect"], ["plugins"],
      ["recipe"], ["bench"], ["replay"], ["report"], ["archive"],
    ])
  func everyHelpHasExamples(_ command: [String]) throws {
    let output = try Program.run(["--help"], of: command)
    #expect(output.status == 0)
    expect(output.out, mentions: "OVERVIEW: ", "USAGE: zeroth", "EXAMPLES")
  }

  @Test(
    arguments: [
      ["inspect", "model"], ["inspect", "scheme"], ["inspect", "noise"], ["plugins", "list"], ["plugins", "info"],
      ["recipe", "defaults"],
      ["recipe", "check"], ["bench", "step"], ["bench", "ops"], ["bench", "gemm"], ["bench", "noise"],
      ["archive", "list"],
      ["archive", "extract"],
    ])
  func everySubcommandSaysWhatItDoes(_ command: [String]) throws {
    let output = try Program.run(["--help"], of: command)
    #expect(output.status == 0)
    expect(output.out, mentions: "OVERVIEW: ", "USAGE: zeroth \(command.joined(separator: " "))")
  }

  @Test func wrongArgumentsAreUsageErrors() throws {
    for arguments in [
      ["train"], ["fly"], ["train", "r.yaml", "--resume", "x", "--set", "steps=1"], ["generate", "Once"],
      ["generate", "--model", "a", "--run", "b", "Once"], ["bench", "gemm", "--rows", "0"],
      ["bench", "step", "--model", "opt"], ["bench", "ops", "--model", "opt"],
      ["bench", "ops", "--only", "everything"],
      ["inspect", "noise", "--start", "-1"], ["replay", "l", "--out", "o", "--step", "-1"],
      ["eval", "x", "--part", "tets"],
      ["inspect", "noise", "--start", "9223372036854775807"], ["generate", "--model", "m", "--plugin", "p.so", "x"],
      ["generate", "--model", "m", "--threads", "-2", "x"], ["generate", "--run", "r", "--adapter", "a", "x"],
      ["report"], ["report", "r", "--csv", "--json"],
      ["report", "r", "--where", "task"], ["report", "r", "--rows", ","], ["probe", "r.yaml"],
      ["probe", "r.yaml", "--out", "o", "--c", "0"],
    ] {
      let output = try Program.run([], of: arguments)
      #expect(output.status == 64, "\(arguments): \(output.err)")
      #expect(output.out.isEmpty && output.err.contains("Error: "), "\(arguments): \(output.err)")
    }
    #expect(try Program.succeed("--version").out == "\(ZerothVersion.text)\n")
  }
}

extension Program {
  fileprivate static func run(_ arguments: [String], of command: [String]) throws -> Output {
    try Running(command + arguments).wait()
  }
}
