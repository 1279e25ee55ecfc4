import Foundation

/// `zeroth train` and `zeroth train --resume`: a small run that is ended anywhere is the run that nothing ended.
struct TrainingJob: KillJob {
  let name: String
  let settings: [String: String]

  /// - Parameter changes: of the recipe that all have in common: twelve steps of the committed model.
  init(_ name: String, root: URL, _ changes: [String: String]) {
    self.name = "train \(name)"
    settings = [
      "model": root.appending(path: "Models/stories260K").path,
      "data": root.appending(path: "Data/SST-2/SST-2.zip").path, "steps": "12", "train_examples": "16",
      "dev_examples": "8", "test_examples": "8", "batch_size": "4", "max_length": "128", "learning_rate": "1e-3",
      "evaluate_every": "4", "checkpoint_every": "3", "threads": "1",
    ].merging(changes) { $1 }
  }

  let targets = ["recipe", "ledger", "metrics", "checkpoint", "best", "report", "result"]

  func begin(in place: URL) throws -> [String] {
    let recipe = place.appending(path: "job.yaml")
    let lines = settings.merging(["output": run(place).path]) { $1 }.sorted { $0.key < $1.key }
    try Data(lines.map { "\($0.key): \($0.value)\n" }.joined().utf8).write(to: recipe)
    return ["train", recipe.path]
  }

  func goOn(in place: URL) throws -> [String] {
    // Without a recipe it is no run yet.
    exists(run(place).appending(path: "recipe.yaml")) ? ["train", "--resume", run(place).path] : try begin(in: place)
  }

  func phase(in place: URL) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: run(place).path)) ?? []
    if let torn = names.first(where: { $0.hasPrefix(".") }), let target = targets.first(where: torn.contains) {
      return target
    }
    if names.contains("result.json") { return "end" }
    guard let last = (try? lines(in: place))?.last, let step = last["step"] as? Int else { return "start" }
    let isEvaluation = last["devExamples"] != nil
    if isEvaluation { return step == number("steps") ? "test" : "steps" }
    let isDue = number("evaluate_every") > 0 && step % number("evaluate_every") == 0
    return isDue || step == number("steps") ? "evaluation" : "steps"
  }

  /// The step of the last checkpoint.
  func kept(in place: URL) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: run(place).path)) ?? []
    return names.compactMap { $0.hasPrefix("checkpoint-") ? Int($0.dropFirst("checkpoint-".count)) : nil }.max() ?? 0
  }

  func complaints(in place: URL, reference: URL, wasAsked: Bool) throws -> [String] {
    var complaints: [String] = []
    let done = try lines(in: place).compactMap { $0["steps"] == nil ? nil : $0["step"] as? Int }.max() ?? 0
    let interval = wasAsked ? 0 : number("checkpoint_every") > 0 ? number("checkpoint_every") : number("steps")
    if done - kept(in: place) > interval { complaints.append("\(done) steps done, \(kept(in: place)) of them kept") }
    // Steps that are done again are done alike, so that at any time the ledger is the beginning of one and the same file.
    let ledger = run(place).appending(path: "ledger.zl")
    if exists(ledger) {
      let due = try Data(contentsOf: run(reference).appending(path: "ledger.zl"))
      if !due.starts(with: try Data(contentsOf: ledger)) { complaints.append("the ledger is that of another run") }
    }
    let best = "best"
    if exists(run(place).appending(path: best)) {
      let names = try [place, reference].map {
        Set(try FileManager.default.contentsOfDirectory(atPath: run($0).appending(path: best).path))
      }
      if names[0] != names[1] { complaints.append("best/ is not whole: \(names[0].sorted())") }
    }
    return complaints
  }

  func complaints(goingOnFrom kept: Int, said: String) -> [String] {
    // A run that had finished has nothing to say.
    guard let line = said.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix("run  ") }) else { return [] }
    return line.hasSuffix(", step \(kept) of \(number("steps"))")
      ? [] : ["from the checkpoint of step \(kept): \(line)"]
  }

  func differences(in place: URL, from reference: URL) throws -> [String] {
    let session: Set = ["seconds", "trainingSeconds", "inferencePeakBytes", "trainingPeakBytes"]
    // Where a request came while the last look at dev was under way, its checkpoint does not know of it.
    let looks: Set = ["evaluatedStep", "bestStep", "bestScore", "bestLoss"]
    return try FolderComparison(ignoredKeys: [
      "metrics.jsonl": ["seconds", "tokensPerSecond", "secondsLeft", "peakBytes"], "result.json": session,
      "progress.json": session.union(looks),
    ]).differences(place, from: reference)
  }

  private func run(_ place: URL) -> URL { place.appending(path: "run") }

  private func number(_ key: String) -> Int { settings[key].flatMap(Int.init) ?? 0 }

  private func exists(_ file: URL) -> Bool { access(file.path, F_OK) == 0 }

  /// The log's whole lines.
  ///
  /// - Throws: `KillError` where one but the last is none.
  private func lines(in place: URL) throws -> [[String: Any]] {
    let file = run(place).appending(path: "metrics.jsonl")
    guard exists(file) else { return [] }
    let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
    return try lines.enumerated().compactMap { number, line in
      if let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] { return object }
      guard number == lines.count - 1 else { throw KillError("\(file.path):\(number + 1): no JSON") }
      return nil
    }
  }
}

extension TrainingJob {
  /// Optimizers of either order and with a state, schemes, number formats, parts and masks, intervals of checkpoints; a
  /// program that scores.
  static func all(root: URL) -> [TrainingJob] {
    func file(_ path: String) -> String { root.appending(path: path).path }
    return [
      TrainingJob("zo-sgd", root: root, ["scheme": "full", "zo-sgd.queries": "2"]),
      TrainingJob(
        "zo-adam-lora", root: root,
        ["scheme": "lora", "optimizer": "zo-adam", "dtype": "bfloat16", "checkpoint_every": "1", "evaluate_every": "2"]),
      TrainingJob(
        "zo-sgd-mmt-prefix", root: root,
        ["scheme": "prefix", "optimizer": "zo-sgd-mmt", "checkpoint_every": "5", "evaluate_every": "1"]),
      TrainingJob(
        "zo-adam-window", root: root,
        ["scheme": "full", "optimizer": "zo-adam", "state_window": "3", "checkpoint_every": "4"]),
      TrainingJob("fo-adam", root: root, ["scheme": "full", "optimizer": "fo-adam", "threads": "2"]),
      TrainingJob(
        "blocks-masked", root: root,
        [
          "scheme": "full", "dtype": "bfloat16", "partition": "blockwise", "masking": "random-mask",
          "random-mask.sparsity": "0.5", "checkpoint_every": "2", "schedule": "cosine",
        ]),
      TrainingJob(
        "hybrid", root: root,
        [
          "scheme": "full", "partition": "hybrid", "hybrid.first_order_blocks": "2", "second_optimizer": "fo-adamw",
          "checkpoint_every": "0", "dev_examples": "0",
        ]),
      TrainingJob(
        "forward-grad-head", root: root, ["scheme": "head", "optimizer": "forward-grad", "dtype": "float16"]),
      TrainingJob(
        "scored", root: root,
        [
          "scheme": "full", "task": file("Recipes/format/task.yaml"), "data": file("Recipes/format"),
          "objective": "external", "scorer": "[sh, \(file("Recipes/format/score.sh"))]", "zo-sgd.epsilon": "0.02",
          "max_new_tokens": "12", "learning_rate": "2e-4",
        ]),
    ]
  }
}
