import Configurations
import Foundation
import Training
import TuningCore

/// All runs of a benchmark, with what they will take: known before the first of them begins.
public struct BenchmarkPlan: Sendable {
  public let grid: Grid
  public let combinations: [CombinationPlan]
  /// What is left out, and why.
  public let excluded: [Combination]

  /// Finds every run's steps from its budget and its method's cost, and checks all recipes as `zeroth train` does.
  ///
  /// - Parameters:
  ///   - folder: the benchmark's, in which runs have theirs.
  ///   - threads: of every run.
  ///   - survey: puts a recipe's parts together.
  ///   - seconds: measures a step by a recipe of a few of them; nil where it is not to be measured.
  /// - Throws: `ConfigurationError` with every problem, those that `survey` and `seconds` throw among them;
  ///   `BenchmarkError.stopped` where one of them throws it.
  public init(
    _ expansion: Expansion, in folder: BenchmarkFolder, threads: Int?, components: Components, tasks: [String],
    survey: (_ combination: Combination, _ recipe: ResolvedRecipe) throws -> RunSurvey,
    seconds: (_ combination: Combination, _ recipe: ResolvedRecipe) throws -> Double?
  ) throws {
    grid = expansion.grid
    excluded = expansion.combinations.filter { $0.exclusion != nil }
    var plans: [CombinationPlan] = [], problems: [ConfigurationError.Problem] = [], messages: Set<String> = []
    for combination in expansion.included {
      do {
        let planner = CombinationPlanner(
          grid: expansion.grid, combination: combination, folder: folder, threads: threads, components: components,
          tasks: tasks)
        plans.append(try planner.plan(survey: survey, seconds: seconds))
      } catch let error as ConfigurationError {
        problems += error.problems
      } catch let error as BenchmarkError where error.code == .stopped {
        throw error
      } catch {
        // What is wrong with a model or with data is wrong for many: it is told once.
        if messages.insert("\(error)").inserted {
          problems.append(.init(location: expansion.grid.fileName, message: "\(combination.name): \(error)"))
        }
      }
    }
    guard problems.isEmpty else { throw ConfigurationError(code: .invalidConfiguration, problems: problems) }
    combinations = plans
  }

  /// Of all combinations; nil where a step of one has not been measured.
  public var seconds: Double? {
    combinations.reduce(0) { sum, plan in sum.flatMap { sum in plan.totalSeconds.map { sum + $0 } } }
  }
}

/// Finds the steps of a combination's runs and resolves their recipes.
private struct CombinationPlanner {
  let grid: Grid
  let combination: Combination
  let folder: BenchmarkFolder
  let threads: Int?
  let components: Components
  let tasks: [String]

  private static let greatestForwardCount = 1e14

  func plan(
    survey: (Combination, ResolvedRecipe) throws -> RunSurvey, seconds: (Combination, ResolvedRecipe) throws -> Double?
  ) throws -> CombinationPlan {
    let trials = combination.trials
    let sample = try resolve(
      trials[0], grid.seeds.values[0].settings, place: folder.probe(combination.name).url,
      provisional: true)
    let survey = try survey(combination, sample)
    var cost = StepCost(
      survey.cost, batches: sample.gradientAccumulation, tokensPerBatch: survey.tokensPerBatch)
    let probe = try probe(trials[0])
    cost.seconds = try seconds(combination, probe)
    let steps = try steps(combination.budget, cost) ?? sample.steps
    let search: Search? =
      trials.count > 1
      ? Search(grid.search, trials: trials.count, steps: try self.steps(grid.search.budget, cost) ?? steps) : nil
    let plan = CombinationPlan(
      combination: combination, survey: survey, cost: cost,
      probe: cost.seconds == nil ? nil : probe.identity.hex, steps: steps, search: search,
      trials: try search.map { search in try trials.indices.map { try trial(trials[$0], $0, search) } } ?? [],
      finals: try trials.map { trial in try grid.seeds.values.map { try final(trial, $0, steps: steps) } },
      settings: trials.map { Dictionary(uniqueKeysWithValues: $0.map { ($0.key, $0.text) }) })
    guard Double(plan.totalSteps) * Double(cost.forwards) <= Self.greatestForwardCount else {
      throw BenchmarkError(
        .invalidBudget, "its runs would take more than 10^14 forwards: no machine comes to their end")
    }
    return plan
  }

  private func steps(_ budget: Budget?, _ cost: StepCost) throws -> Int? {
    guard let budget else { return nil }
    if let steps = try budget.steps(at: cost) { return steps }
    throw BenchmarkError(.invalidBudget, "a budget in seconds takes measuring, and no step was measured")
  }

  private func trial(_ settings: [RecipeSetting], _ index: Int, _ search: Search) throws -> ResolvedRecipe {
    let last = search.trialSteps
    return try resolve(
      settings, [grid.setting("seed", grid.search.seed)],
      place: folder.run(CellName.trial(combination.name, index), .search).url,
      further: [
        grid.setting("steps", last), grid.setting("test_examples", 0),
      ]
        // Trials are compared after each rung, and nowhere else: those that end early are looked at as often.
        + (search.rungs[0] < last ? [grid.setting("evaluate_every", search.rungs[0])] : looks(steps: last)))
  }

  private func final(_ settings: [RecipeSetting], _ seed: GridAxis.Value, steps: Int) throws -> ResolvedRecipe {
    try resolve(
      settings, seed.settings, place: folder.run(CellName.final(combination.name, seed: seed.label), .final).url,
      further: (combination.budget == nil ? [] : [grid.setting("steps", steps)]) + looks(steps: steps))
  }

  /// How often dev is looked at, where the grid says it.
  private func looks(steps: Int) -> [RecipeSetting] {
    grid.evaluations.map { [grid.setting("evaluate_every", max(1, steps / $0))] } ?? []
  }

  /// A few steps with nothing around them.
  private func probe(_ trial: [RecipeSetting]) throws -> ResolvedRecipe {
    let further = [
      ("steps", CombinationPlan.probeSteps), ("warmup_steps", 0), ("dev_examples", 0), ("test_examples", 0),
      ("evaluate_every", 0), ("checkpoint_every", 0),
    ]
    return try resolve(
      trial, grid.seeds.values[0].settings, place: folder.probe(combination.name).url,
      further: further.map { grid.setting($0.0, $0.1) })
  }

  private func resolve(
    _ trial: [RecipeSetting], _ seed: [RecipeSetting], place: URL, provisional: Bool = false,
    further: [RecipeSetting] = []
  ) throws -> ResolvedRecipe {
    let places =
      [RecipeSetting(key: "output", value: .quoted(place.path), location: grid.fileName, folder: .currentDirectory())]
      + (threads.map { [grid.setting("threads", $0)] } ?? [])
    return try grid.recipe(
      of: combination, trial: trial, seed: seed, provisional: provisional, further: places + further
    ).resolve(components: components, tasks: tasks)
  }
}
