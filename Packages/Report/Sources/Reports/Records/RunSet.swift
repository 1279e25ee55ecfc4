/// Runs that are compared, their labels completed by what is told apart among them.
struct RunSet {
  let runs: [RunRecord]

  /// Adds to each run's labels:
  ///
  /// - `variant`: partition and masking with those of their options that vary; empty where there is neither,
  /// - `method`: the optimizer with its variant.
  init(_ runs: [RunRecord]) {
    let options = Self.varied(runs).filter { $0.contains(".") }
    self.runs = runs.map { run in
      var run = run
      // A benchmark may have axes of these names.
      let variant = run.labels["variant"] ?? Self.variant(of: run, naming: options)
      run.labels["variant"] = variant
      let method = variant.isEmpty ? run.label("optimizer") : "\(run.label("optimizer")) + \(variant)"
      run.labels["method"] = run.labels["method"] ?? method
      return run
    }
  }

  private static func variant(of run: RunRecord, naming options: Set<String>) -> String {
    func component(_ key: String) -> String? {
      let name = run.label(key)
      guard !name.isEmpty, name != "none" else { return nil }
      let chosen = options.filter { $0.hasPrefix(name + ".") }.sorted().compactMap { option in
        run.labels[option].map { "\(option.dropFirst(name.count + 1)) \($0)" }
      }
      return chosen.isEmpty ? name : "\(name) (\(chosen.joined(separator: ", ")))"
    }
    var parts: [String] = []
    if let partition = component("partition") {
      parts.append(component("second_optimizer").map { "\(partition) with \($0)" } ?? partition)
    }
    if let masking = component("masking") { parts.append(masking) }
    if run.label("gradient_checkpointing") == "true" { parts.append("checkpointed") }
    return parts.joined(separator: " + ")
  }

  /// Keys of which not all runs have one value. An option of a component varies where those that have it differ.
  private static func varied(_ runs: [RunRecord]) -> Set<String> {
    var values: [String: Set<String>] = [:], counts: [String: Int] = [:]
    for run in runs {
      for (key, value) in run.labels {
        values[key, default: []].insert(value)
        counts[key, default: 0] += 1
      }
    }
    return Set(
      values.filter { key, all in all.count > 1 || (!key.contains(".") && counts[key] != runs.count) }.keys)
  }

  var varied: Set<String> { Self.varied(runs) }

  /// Axes of benchmarks that are no keys of recipes and vary.
  var axes: [String] { Set(runs.flatMap(\.axes)).subtracting(["method", "variant"]).intersection(varied).sorted() }

  /// The keys that vary and mean something, for messages.
  var choices: String { varied.filter { LabelRole($0) != .place }.sorted().joined(separator: ", ") }

  /// All keys, with what is derived.
  var keys: Set<String> { Set(runs.flatMap(\.labels.keys)) }

  func filtered(_ isIncluded: (RunRecord) -> Bool) -> RunSet { RunSet(completed: runs.filter(isIncluded)) }

  private init(completed runs: [RunRecord]) { self.runs = runs }

  /// Runs that agree in all of `keys`, by their values, in the order in which values are shown.
  func groups(by keys: [String]) -> [(values: [String], runs: RunSet)] {
    Dictionary(grouping: runs) { run in keys.map(run.label) }
      .map { ($0, RunSet(completed: $1)) }
      .sorted { LabelOrder.isBefore($0.0, $1.0) }
  }
}
