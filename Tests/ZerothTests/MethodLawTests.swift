import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// The laws of ARCHITECTURE.md, section 8, for steps that treat a part of the parameters at a time, or a part of their
/// elements.
@Suite(.workplace) struct MethodLawTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var changes: [String: String]

    var testDescription: String {
      changes.filter { $0.key != "model" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
        separator: " ")
    }

    init(_ changes: [String: String]) {
      self.changes = ["scheme": "full", "model": Project.smallModel.path].merging(changes) { $1 }
    }
  }

  static let mask = ["masking": "random-mask", "random-mask.sparsity": "0.75"]
  static func hybrid(of first: String, and second: String) -> [String: String] {
    ["partition": "hybrid", "hybrid.first_order_blocks": "2", "optimizer": first, "second_optimizer": second]
  }
  static let shapes: [Shape] = [
    Shape(["partition": "blockwise"]),
    Shape(["partition": "blockwise", "blockwise.updates": "at-end", "optimizer": "zo-adam"]),
    Shape(["partition": "blockwise", "blockwise.level": "linear", "zo-sgd.queries": "2"]),
    Shape(["partition": "blockwise", "blockwise.level": "attention-mlp", "zo-sgd.weight_decay": "0.1"]),
    Shape(["partition": "blockwise", "scheme": "lora", "optimizer": "zo-sgd-mmt"]),
    Shape(mask.merging(["random-mask.period": "2", "optimizer": "zo-adam", "zo-adam.weight_decay": "0.1"]) { $1 }),
    Shape(mask.merging(["random-mask.rates": "uniform", "dtype": "bfloat16"]) { $1 }),
    Shape(mask.merging(["partition": "blockwise", "zo-sgd.law": "sphere"]) { $1 }),
    Shape(["masking": "magnitude-mask", "optimizer": "zo-sgd-mmt"]),
    Shape(["optimizer": "zo-adam", "state_window": "3", "zo-adam.queries": "2"]),
    Shape(mask.merging(["partition": "blockwise", "optimizer": "zo-sgd-mmt", "state_window": "2"]) { $1 }),
    Shape(["masking": "magnitude-mask", "magnitude-mask.keep": "large", "optimizer": "forward-grad"]),
    Shape(["masking": "magnitude-mask", "optimizer": "fo-adamw"]),
    Shape(
      hybrid(of: "zo-sgd", and: "fo-adamw").merging(["zo-sgd.sides": "one-sided"]) { $1 }),
    Shape(hybrid(of: "zo-sgd-mmt", and: "zo-adam").merging(["zo-sgd-mmt.queries": "2"]) { $1 }),
    Shape(hybrid(of: "zo-adam", and: "zo-sgd")),
    Shape(hybrid(of: "zo-adam", and: "fo-sgd").merging(mask) { $1 }),
  ]

  @Test(arguments: shapes) func threadsAndStopsTellTheSame(_ shape: Shape) throws {
    let place = try Workplace()
    let unbroken = Session(
      folder: RunFolder(place("one")), changes: shape.changes.merging(["threads": "1"]) { $1 })
    let before = try TrainedParameters.hash(unbroken.experiment().oracle.state.parameters).hex
    let result = try unbroken.finish()
    #expect(result.finalParameters != before)
    let broken = Session(folder: RunFolder(place("two")), changes: shape.changes.merging(["threads": "2"]) { $1 })
    guard case .stopped(4) = try broken.run(stop: { $0.steps == 4 }) else {
      Issue.record("the run did not stop")
      return
    }
    #expect(try broken.finish(resume: true).finalParameters == result.finalParameters)
  }

  /// Of a run in which nothing stops its numbers from moving.
  @Test(arguments: shapes) func declaredCostIsNoLessThanAsked(_ shape: Shape) throws {
    let experiment = try Session(folder: RunFolder(Project.root), changes: shape.changes).experiment()
    let cost = experiment.method.cost(of: experiment.oracle.state.parameters)
    for step in 0..<2 {
      let before = Work(experiment.exact)
      _ = try experiment.advance(step: step)
      let asked = Work(experiment.exact) - before
      // What is shared between parts is asked once.
      #expect(asked.forwardPasses <= cost.queriesPerStep && asked.forwardPasses > 0)
      #expect(asked.backwardPasses == cost.gradientsPerStep && asked.tangents == cost.slopesPerStep)
    }
    #expect(experiment.method.tensors.reduce(0) { $0 + $1.tensor.byteCount } == cost.stateBytes)
  }

  /// Elements that a mask leaves out keep their bits, and so does their state, whatever the optimizer and its decay.
  @Test(arguments: (try? Plugins.host().components.optimizers.names) ?? [], ["float32", "bfloat16"])
  func maskedElementsKeepTheirBits(_ optimizer: String, dtype: String) throws {
    var changes = try Pair(scheme: "full", optimizer: optimizer).changes(["weight_decay": "0.1"])
    changes.merge(Self.mask.merging(["random-mask.period": "0", "dtype": dtype, "learning_rate": "1e-2"]) { $1 }) { $1 }
    let experiment = try Session(folder: RunFolder(Project.root), changes: changes).experiment()
    let support = experiment.method.plan.support(of: 0, step: 0)
    func values() -> [ParameterPath: [Float]] {
      Dictionary(
        uniqueKeysWithValues: experiment.oracle.state.parameters.trainable.map { ($0.path, $0.tensor.values) })
    }
    let before = values()
    for step in 0..<3 { _ = try experiment.advance(step: step) }
    let after = values()
    var moved = 0, all = 0
    for (path, old) in before {
      // What a direction is 0 at, for certain, is left out.
      var z = [Float](repeating: 0, count: old.count)
      z.withUnsafeMutableBufferPointer {
        Direction(seed: 1, law: .rademacher, support: support).fill($0, of: path, start: 0)
      }
      for i in old.indices {
        let isMoved = old[i].bitPattern != after[path]![i].bitPattern
        #expect(!isMoved || z[i] != 0, "\(path)[\(i)]")
        moved += isMoved ? 1 : 0
      }
      all += old.count
    }
    #expect(moved > 0 && moved < all / 3)
  }

  @Test func whatDoesNotFitTogetherIsSaid() throws {
    func refusal(_ changes: [String: String]) -> String? {
      message { _ = try Session(folder: RunFolder(Project.root), changes: changes).experiment() }
    }
    expect(refusal(["partition": "hybrid"]), mentions: "hybrid", "second_optimizer")
    expect(refusal(["second_optimizer": "fo-sgd"]), mentions: "second_optimizer", "fo-sgd", "partition")
    expect(
      refusal(["partition": "hybrid", "second_optimizer": "fo-sgd", "hybrid.first_order_blocks": "99"]),
      mentions: "99")
    expect(refusal(["partition": "blokwise"]), mentions: "blokwise", "blockwise")
    expect(refusal(["masking": "random"]), mentions: "random-mask")
    expect(refusal(["masking": "random-mask", "random-mask.sparsity": "1"]), mentions: "random-mask.sparsity")
    expect(refusal(["second_optimizer": "fo-sdg"]), mentions: "fo-sgd")
    expect(refusal(["state_window": "5"]), mentions: "state_window", "zo-sgd keeps none")
    expect(refusal(["state_window": "5", "optimizer": "fo-adam"]), mentions: "fo-adam", "exact gradients")
  }
}
