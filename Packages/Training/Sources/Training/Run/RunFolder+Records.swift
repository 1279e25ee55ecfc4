import Foundation

extension RunFolder {
  /// The steps and the evaluations that the log holds, in order; what cannot be read of it is left out.
  public var log: (steps: [StepReport], evaluations: [EvaluationReport]) { MetricsLog.read(metrics) }

  /// What the run found, where it has finished under this very recipe.
  public func finished(_ recipe: ResolvedRecipe) -> RunResult? { storedResult(of: recipe, steps: recipe.steps) }

  /// Where the run's losses were no numbers any more; nil where they are.
  public var storedDivergence: Divergence? {
    (try? Data(contentsOf: divergence)).flatMap { try? JSONDecoder().decode(Divergence.self, from: $0) }
  }
}
