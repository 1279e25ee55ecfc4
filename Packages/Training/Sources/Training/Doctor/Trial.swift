import TensorCore
import TuningCore

/// A few steps of a run's own method, at the learning rate that it reaches after its warm-up.
struct Trial {
  /// nil where the steps could not be made.
  private(set) var secondsPerStep: Double?
  private var differences: [QuestionedOracle.Difference] = []
  private var change = ElementSample.Change()
  /// Of the first step's batches, before and after.
  private var losses: (before: Float, after: Float)?
  /// What ended the steps.
  private var failure: String?
  /// Of the trainable parameters that are narrower than `float32`.
  private var dtype: DType?

  init(_ experiment: Experiment, steps: Int, comparisons: Int) throws {
    let recipe = experiment.recipe, first = min(recipe.learningRate.warmup, max(0, recipe.steps - 1))
    let oracle = QuestionedOracle(experiment.asked, experiment.exact, comparing: comparisons)
    let batches = try experiment.data.batches(step: first, recipe)
    let plan = experiment.method.plan
    let sample = ElementSample(
      experiment.oracle.state.parameters, supports: plan.parts.indices.map { plan.support(of: $0, step: first) })
    dtype = experiment.oracle.state.parameters.trainable.map(\.tensor.dtype).first { $0 != .float32 }
    do {
      let before = try experiment.oracle.losses(at: [.none], on: batches)[0], watch = Stopwatch()
      for step in first..<first + steps {
        _ = try experiment.advance(step: step, oracle: oracle)
        if step == first { change = sample.change(to: experiment.oracle.state.parameters) }
      }
      secondsPerStep = (watch.seconds - oracle.ownSeconds) / Double(steps)
      losses = (before, try experiment.oracle.losses(at: [.none], on: batches)[0])
    } catch let error as TuningError where error.code == .nonFiniteLoss {
      failure = error.message
    }
    differences = oracle.differences
  }

  func findings(of recipe: ResolvedRecipe) -> [Finding] {
    [epsilon(recipe), movement(recipe), loss()].compactMap { $0 }
  }

  // MARK: displacements

  /// Two losses that are closer than this, relative to their size, differ by rounding as much as by the displacement.
  private static let roundingGap = 1e-5

  /// Of the differences of losses against the exact slopes, by scale: √(Σ (quotient − slope)² / Σ slope²).
  private func errors() -> [Double]? {
    let known = differences.filter { $0.slope != nil }
    let norm = known.reduce(0) { $0 + ($1.slope ?? 0) * ($1.slope ?? 0) }
    guard norm > 0 else { return nil }
    return QuestionedOracle.scales.indices.map { scale in
      let sum = known.reduce(0.0) { sum, difference in
        let error = difference.quotients[scale] - (difference.slope ?? 0)
        return sum + error * error
      }
      return (sum / norm).squareRoot()
    }
  }

  private func epsilon(_ recipe: ResolvedRecipe) -> Finding? {
    guard !differences.isEmpty else { return nil }
    guard let errors = errors() else {
      let flat = differences.count(where: \.isFlat)
      return Finding(
        "epsilon", flat == differences.count ? .warning : .fine,
        "\(flat) of \(differences.count) differences of losses are exactly 0",
        advice: flat == differences.count ? "displace further: raise epsilon, or take a larger batch" : "")
    }
    func percent(_ error: Double) -> String { error < 10 ? "\(Int((100 * error).rounded())) %" : "more than 1,000 %" }
    let found =
      "differences of losses miss the exact slopes by \(percent(errors[0])); by \(percent(errors[1])) with displacements of "
      + "a tenth, by \(percent(errors[2])) with ten times as large ones"
    guard errors[0] > 0.1 else { return Finding("epsilon", found) }
    let gap = differences.map(\.gap).reduce(0, +) / Double(differences.count)
    return Finding(
      "epsilon", errors[0] > 0.5 ? .problem : .warning, found,
      advice: "make \(option(recipe)) "
        + (gap < Self.roundingGap
          ? "ten times as large, or more: rounding hides the difference" : "a tenth as large, or less: the loss curves")
    )
  }

  /// What the optimizer calls its displacement, and what it is.
  private func option(_ recipe: ResolvedRecipe) -> String {
    guard let epsilon = recipe.options(of: recipe.optimizer)["epsilon"] else { return "displacements" }
    return "\(recipe.optimizer).epsilon, \(epsilon.description),"
  }

  // MARK: the update

  private func movement(_ recipe: ResolvedRecipe) -> Finding? {
    // Where no loss differs from another there is nothing to move by.
    let isFlat = !differences.isEmpty && differences.allSatisfy(\.isFlat)
    guard failure == nil, change.asked > 0, !isFlat else { return nil }
    let share = Double(change.moved) / Double(change.asked)
    let size = change.before > 0 ? (change.added / change.before).squareRoot() : nil
    let found =
      "a step moves \(Int((100 * share).rounded())) % of the elements that it is about"
      + (size.map { String(format: ", by %.1e of their size", $0) } ?? "")
    if let size, size > 1 {
      return Finding("update", .problem, found + ": nothing is left of the model", advice: "lower the learning rate")
    }
    let rounds = dtype != nil && recipe.rounding == .nearest
    if change.moved == 0 {
      return Finding(
        "update", .problem, found,
        advice: rounds
          ? "set rounding: stochastic: steps below half a unit of \(dtype?.name ?? "") are lost by rounding: nearest"
          : "raise the learning rate: it is lost in the parameters' last digits")
    }
    guard rounds, share < 0.5 else { return Finding("update", found) }
    return Finding(
      "update", .warning, found + ": the others' steps are below half a unit of \(dtype?.name ?? "")",
      advice: "set rounding: stochastic, or dtype: float32")
  }

  private func loss() -> Finding? {
    let advice = "lower the learning rate"
    if let failure { return Finding("learning rate", .problem, failure, advice: advice) }
    guard let losses else { return nil }
    let found = "the first batch's loss goes from \(losses.before) to \(losses.after) in \(Doctor.trialSteps) steps"
    return losses.after < 2 * losses.before + 0.1
      ? Finding("learning rate", found) : Finding("learning rate", .problem, found, advice: advice)
  }
}
