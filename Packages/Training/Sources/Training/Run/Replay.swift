import Bundles
import Foundation
import TensorCore
import Transformers
import TuningCore

/// Rebuilds weights from a base model and the ledgers of its runs: no data, no tokenizer, no forward pass.
public struct Replay {
  public struct Report: Sendable, Codable, Equatable {
    /// That were made.
    public var steps: Int
    public var seconds: Double
    /// SHA-256 over the trained parameters, as `result.json` has it for a whole run.
    public var parameters: String
    public var output: String
  }

  private let ledger: LedgerReader
  private let source: ModelSource
  private let attachment: Attachment
  private let components: Components
  private let threads: Threads

  /// Opens a ledger for a base model.
  ///
  /// - Parameter base: where the base model lies here; nil: where the run found it.
  /// - Throws: `LedgerError`; `TuningError` where a plugin is missing.
  public init(ledger url: URL, base: URL?, components: Components, threads: Threads) throws {
    ledger = try LedgerReader(url)
    let recipe = ledger.header.recipe
    source = try ModelSource(path: base ?? recipe.model, dtype: recipe.dtype, newHead: recipe.newHead)
    attachment = try Attachment(recipe, components: components)
    self.components = components
    self.threads = threads
  }

  /// Makes the first `steps` steps (all where nil) and writes the result to `folder` as `transformers` or `peft` load it.
  ///
  /// - Throws: `TrainingError.otherBase` where the base model's content is not what the run began with; `.unwritable`
  ///   where something is at `folder` already: nothing is written over.
  public func run(steps: Int?, to folder: URL, progress: (_ done: Int, _ total: Int) -> Void) throws -> Report {
    guard steps ?? 0 <= ledger.stepCount else {
      throw TrainingError(.invalidInput, "the ledger has \(ledger.stepCount) steps, not \(steps ?? 0)")
    }
    let total = steps ?? ledger.stepCount
    return try rebuild([ledger], to: folder, steps: total) { playbacks in
      try playbacks[0].advance(to: total) { progress($0, total) }
    }
  }

  /// Makes all steps but those of `leftOut`, as if they had not been: what later steps moved by stays as it was.
  ///
  /// - Throws: as `run`; `LedgerError.underivableUpdate` where an update depends on those before it.
  public func run(leavingOut leftOut: Range<Int>, to folder: URL, progress: (Int, Int) -> Void) throws -> Report {
    guard leftOut.upperBound <= ledger.stepCount else {
      throw TrainingError(.invalidInput, "the ledger has \(ledger.stepCount) steps, not \(leftOut.upperBound)")
    }
    try ledger.requireIndependentSteps(for: "taking back steps")
    let total = ledger.stepCount
    return try rebuild([ledger], to: folder, steps: total - leftOut.count) { playbacks in
      try playbacks[0].advance(to: total, leavingOut: leftOut) { progress($0, total) }
    }
  }

  /// Makes the steps of this ledger, and then those of others on the same base: their changes add up.
  ///
  /// - Throws: as `run`; `LedgerError.otherRun` where a ledger is of another base, scheme or number format, or its
  ///   adapters begin at other values; `.underivableUpdate` where updates are not independent of one another.
  public func run(with others: [URL], to folder: URL, progress: (Int, Int) -> Void) throws -> Report {
    let all = try [ledger] + others.map(LedgerReader.init), total = all.reduce(0) { $0 + $1.stepCount }
    for other in all {
      try other.requireIndependentSteps(for: "composing runs")
      try other.requireNoDecay()
      try other.requireSameGround(as: ledger)
    }
    return try rebuild(all, to: folder, steps: total) { playbacks in
      var before = 0
      for playback in playbacks {
        try playback.advance(to: playback.ledger.stepCount) { progress(before + $0, total) }
        before += playback.ledger.stepCount
      }
    }
  }

  /// - Parameter make: makes the steps, by a playback of each ledger on the one base.
  private func rebuild(
    _ ledgers: [LedgerReader], to folder: URL, steps: Int, make: ([Playback]) throws -> Void
  ) throws -> Report {
    try RunFolder.requireNew(folder)
    let pretrained = try source.load(), header = ledger.header
    try source.requireModel(of: header, weights: pretrained.source.files)
    guard try attachment.adapter?.contentHash == header.adapter else {
      throw TrainingError(
        .otherBase,
        "\(header.recipe.adapter?.path ?? "the ledger's run"): the adapter that the run began with is not there any more"
      )
    }
    var state = pretrained.state
    try attachment.attach(to: &state, of: pretrained.model)
    for other in ledgers.dropFirst() { try requireSameBeginning(state, other, of: pretrained.model) }
    // All of them before the first step: what a mask is made of are the weights as they came.
    let playbacks = try ledgers.map {
      try Playback($0, on: state, of: pretrained.model, components: components, threads: threads)
    }
    let watch = Stopwatch()
    try make(playbacks)
    let report = Report(
      steps: steps, seconds: watch.seconds, parameters: TrainedParameters.hash(state.parameters).hex,
      output: folder.path)
    try Experiment.export(
      state, scheme: attachment.scheme, source: source, configuration: pretrained.configuration, to: folder)
    return report
  }

  /// Adapters that are drawn at random begin elsewhere with another seed, and steps from there mean nothing here.
  private func requireSameBeginning(_ state: ModelState, _ other: LedgerReader, of model: any LanguageModel) throws {
    var fresh = try source.load().state
    try Attachment(other.header.recipe, components: components).attach(to: &fresh, of: model)
    guard TrainedParameters.hash(fresh.parameters) == TrainedParameters.hash(state.parameters) else {
      throw LedgerError(
        .otherRun,
        "\(other.file.path): its adapters began at other values than those of \(ledger.file.path), by another seed: only "
          + "runs of one seed, or of the model's own parameters, add up")
    }
  }
}

extension LedgerReader {
  fileprivate func requireIndependentSteps(for purpose: String) throws {
    guard header.records == .moves else {
      throw LedgerError(
        .underivableUpdate,
        "\(file.path): \(purpose) needs updates that do not depend on one another; \(header.recipe.optimizer) "
          + (header.records == .estimates
            ? "keeps a state that every step changes, so each of its updates depends on all before it"
            : "went along exact gradients, which a ledger does not hold"))
    }
  }

  /// A decay multiplies what came before it, so that the order of two runs would matter.
  fileprivate func requireNoDecay() throws {
    try forEachStep { step, updates in
      for case .move(let move) in updates where move.decay != 0 {
        throw LedgerError(
          .underivableUpdate,
          "\(file.path): step \(step) decays the weights, so that its run does not add up with another")
      }
    }
  }

  fileprivate func requireSameGround(as first: LedgerReader) throws {
    let (a, b) = (first.header, header)
    func check(_ what: String, _ isSame: Bool) throws {
      guard !isSame else { return }
      throw LedgerError(
        .otherRun, "\(file.path): \(what) is not that of \(first.file.path): their changes do not add up")
    }
    try check("the base model", a.baseModel == b.baseModel)
    try check("the new head", a.recipe.newHead == b.recipe.newHead)
    try check("the adapter", a.adapter == b.adapter)
    try check("the number format", a.recipe.dtype == b.recipe.dtype && a.rounding == b.rounding)
    try check(
      "the scheme",
      a.recipe.scheme == b.recipe.scheme
        && a.recipe.options(of: a.recipe.scheme) == b.recipe.options(of: b.recipe.scheme))
  }
}
