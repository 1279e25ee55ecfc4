import Evaluation

/// The runs that stand for a method: those of its settings that were best on the development set. Held-out scores are
/// not looked at.
struct Selection {
  /// Of one setting, with different seeds.
  let runs: [RunRecord]
  /// How many settings there were to choose from.
  let settingCount: Int
  /// More than one setting, and no scores on dev to choose by: none is chosen.
  let isOpen: Bool

  /// - Parameter keys: labels that make a setting of their own.
  init(_ set: RunSet, settings keys: [String]) {
    let finals = set.runs.filter { !$0.isSearch }
    let settings = RunSet(finals.isEmpty ? set.runs : finals).groups(by: keys)
    settingCount = settings.count
    guard settings.count > 1 else {
      (runs, isOpen) = (settings.first?.runs.runs ?? [], false)
      return
    }
    // Settings under which no run ended without numbers come first.
    let ranked = settings.compactMap { setting -> (isWhole: Bool, score: Double, runs: [RunRecord])? in
      let scores = setting.runs.runs.compactMap { run in
        run.outcome.flatMap { outcome in outcome.dev.map { outcome.higherIsBetter ? $0 : -$0 } }
      }
      guard let mean = SampleMean(scores) else { return nil }
      return (!setting.runs.runs.contains { $0.hasDiverged }, mean.value, setting.runs.runs)
    }
    // The first of equals: the order is that of the settings' values.
    var best = ranked.first
    for one in ranked.dropFirst() {
      guard let leader = best else { break }
      if one.isWhole != leader.isWhole ? one.isWhole : one.score > leader.score { best = one }
    }
    let hasFinished = set.runs.contains { $0.outcome != nil }
    runs = best?.runs ?? (hasFinished ? [] : settings.flatMap(\.runs.runs))
    isOpen = best == nil && hasFinished
  }
}

extension RunRecord {
  var hasDiverged: Bool { if case .diverged = state { true } else { false } }
  var isUnfinished: Bool { if case .unfinished = state { true } else { false } }
  /// What tells replicates apart, for pairs.
  var replicate: [String] { [label("seed"), label("data_seed")] }
}
