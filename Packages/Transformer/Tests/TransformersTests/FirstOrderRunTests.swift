import Autodiff
import FirstOrder
import Foundation
import PEFT
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Ten steps of the first-order optimizers on a small LLaMA are torch's in float64.
@Suite struct FirstOrderRunTests {
  /// References/fo-optimizers: a model, and runs from its weights.
  struct Golden: NoiseWeighted {
    let name: String
    let config: String
    let seed: UInt64
    let dtype: String
    let pooler: Bool
    let runs: [Run]
  }

  struct Run: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let optimizer: String
    let objective: Objective
    let steps: Int
    let rate: Float
    let shape: LearningRateSchedule.Shape?
    let warmup: Int?
    let momentum: Double?
    let decay: Float?
    let beta1: Double?
    let beta2: Double?
    let epsilon: Float?
    let amsgrad: Bool?
    /// The gradient's greatest norm.
    let clip: Double?
    /// Of each step.
    let batches: [[[GradientGolden.Request]]]
    let losses: [Double]
    /// By parameter, how far it came: see `Digest`.
    let moved: [String: [Double]]

    var testDescription: String { name }

    var schedule: LearningRateSchedule {
      LearningRateSchedule(shape: shape ?? .constant, peak: rate, warmup: warmup ?? 0, total: steps)
    }

    func makeOptimizer() -> any Optimizer {
      let clipping = GradientClipping(greatestNorm: clip)
      let weightDecay = WeightDecay(decay ?? 0, isCoupled: optimizer != "fo-adamw")
      guard optimizer != "fo-sgd" else {
        return FOSGD(momentum: momentum ?? 0, weightDecay: weightDecay, clipping: clipping)
      }
      let adam = Adam(
        beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999, epsilon: epsilon ?? 1e-8, isAMSGrad: amsgrad ?? false,
        weightDecay: weightDecay)
      return optimizer == "fo-adam" ? FOAdam(adam: adam, clipping: clipping) : FOAdamW(adam: adam, clipping: clipping)
    }
  }

  static let golden = Golden.read(Goldens.folder.appending(path: "fo-optimizers.json"))[0]

  @Test(arguments: golden.runs)
  func tenStepsAreTorchs(_ run: Run) throws {
    var pretrained = try FirstOrderRunTests.golden.load()
    let seeds = SeedSequence(runSeed: 1), threads = Threads(2)
    try FullTuning().attach(to: &pretrained.state, of: pretrained.model, seeds: seeds)
    let parameters = pretrained.state.parameters
    let start = try parameters.parameters.map { try $0.tensor.copy() }
    let oracle = ExactOracle(
      EagerOracle(model: pretrained.model, state: pretrained.state, objective: run.objective, threads: threads))
    var optimizer = run.makeOptimizer()
    let state = try OptimizerState(rule: optimizer.rule, for: parameters)
    for (step, requests) in run.batches.enumerated() {
      let context = StepContext(step: step, learningRate: run.schedule.rate(at: step), seeds: seeds)
      let batches = try requests.map { try PackedBatch($0.map(\.scoring)) }
      let outcome = try optimizer.step(context, on: batches, oracle: oracle)
      #expect(abs(Double(outcome.loss) - run.losses[step]) <= 1e-5 * run.losses[step], "step \(step)")
      parameters.apply(outcome.update, step: step, state: state, threads: threads)
    }
    #expect(Set(run.moved.keys) == Set(parameters.paths.map(\.name)))
    var worst = 0.0
    for (parameter, before) in zip(parameters.parameters, start) {
      let expected = try #require(run.moved[parameter.path.name])
      let difference = Digest(zip(parameter.tensor.values, before.values).map { $0 - $1 }).difference(expected)
      worst = max(worst, difference / expected[0])
      #expect(difference <= 1e-4 * expected[0], "\(parameter.path): \(difference) of \(expected[0])")
    }
    print("\(run.name): ‖Δ‖ / ‖θ₁₀ − θ₀‖ = \(worst) at most")
  }
}
