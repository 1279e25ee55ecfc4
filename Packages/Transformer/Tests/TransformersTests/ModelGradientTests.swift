import Autodiff
import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Transformers

/// Gradients of whole models agree with torch's in float64, on every family, of every parameter that trains.
@Suite struct ModelGradientTests {
  /// Of ‖Δ‖, as a share of what `scale` says.
  static let tolerance = 2e-5

  /// What a tensor's gradient may be wrong by a share of: its norm, but not nothing where it is small beside the whole's,
  /// as those of keys' biases are, which softmax does not see, or beside the slopes of log-probabilities, which are about 1.
  static func scale(_ own: Double, of whole: Double) -> Double { max(own, 0.01 * max(whole, 1)) }

  struct Case: Sendable, CustomTestStringConvertible {
    let golden: GradientGolden
    let objective: Objective
    var expected: GradientGolden.Expected { golden.expected[objective.rawValue]! }
    var testDescription: String { "\(golden.name), \(objective.rawValue)" }

    static let all = GradientGolden.all.flatMap { golden in
      Objective.allCases.filter(\.isDifferentiable).map { Case(golden: golden, objective: $0) }
    }

    func oracle(_ memory: ExactOracle.Memory = .whole, threads: Int = 2) throws -> ExactOracle {
      let pretrained = try golden.trainable()
      return ExactOracle(
        EagerOracle(
          model: pretrained.model, state: pretrained.state, objective: objective, threads: Threads(threads)),
        memory: memory)
    }
  }

  @Test func everyFamilyIsThere() throws {
    let found = Set(try GradientGolden.all.map { try $0.json().string("model_type") ?? "" })
    #expect(found == Set(ModelFamily.all.map(\.modelType)))
    #expect(Set(GradientGolden.all.map(\.prediction)) == ["nextToken", "maskedToken", "label"])
    #expect(try GradientGolden.all.contains { try $0.batch().layout.segments.contains { $0.prefix != nil } })
  }

  @Test(arguments: Case.all)
  func gradientsAreTorchs(_ test: Case) throws {
    let expected = test.expected
    let gradient = try test.oracle().gradient(on: test.golden.batch())
    #expect(abs(Double(gradient.loss) - expected.loss) <= ModelGradientTests.tolerance * max(1, abs(expected.loss)))
    // What torch knows and we do not have is never read: BERT's pooler before masked tokens.
    for (name, digest) in expected.gradients where gradient.tensors[ParameterPath(name)] == nil {
      #expect(digest.allSatisfy { $0 == 0 }, "\(name)")
    }
    let norm = expected.gradients.values.reduce(0) { $0 + $1[0] * $1[0] }.squareRoot()
    var worst = 0.0
    for (path, tensor) in gradient.tensors {
      let digest = try #require(expected.gradients[path.name], "\(path)")
      let scale = ModelGradientTests.scale(digest[0], of: norm)
      var difference = Digest(tensor.values).difference(digest), allowed = ModelGradientTests.tolerance * scale
      if let full = expected.full?[path.name], let single = expected.float32?[path.name] {
        #expect(full.values.count == tensor.count)
        let squares = zip(tensor.values, full.values).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
        difference = max(difference, squares.squareRoot())
        allowed = 3 * allowed + 10 * single
      }
      #expect(difference <= allowed, "\(path): \(difference) of \(digest[0])")
      worst = max(worst, difference / scale)
    }
    print("\(test.testDescription): ‖Δ‖ / ‖g‖ = \(worst) at most")
  }

  @Test(arguments: Case.all)
  func checkpointsChangeNoBit(_ test: Case) throws {
    let batch = try test.golden.batch()
    let whole = try test.oracle().gradient(on: batch)
    let pieces = try test.oracle(.checkpoints, threads: 1).gradient(on: batch)
    #expect(whole.loss == pieces.loss)
    #expect(whole.tensors.keys == pieces.tensors.keys)
    for (path, tensor) in whole.tensors {
      #expect(tensor.values.map(\.bitPattern) == pieces.tensors[path]?.values.map(\.bitPattern), "\(path)")
    }
  }

  @Test(arguments: Case.all)
  func directionalDerivativesAreTheGradients(_ test: Case) throws {
    let oracle = try test.oracle(), batch = try test.golden.batch()
    let gradient = try oracle.gradient(on: batch)
    let z = Direction(seed: test.golden.seed)
    let (loss, slopes) = try oracle.directionalDerivatives(along: [z], on: batch)
    #expect(abs(loss - gradient.loss) <= 1e-6 * max(1, abs(loss)))
    // z's elements are about 1, so the sum is about as large as the gradient's norm.
    let norm = gradient.tensors.values.reduce(0.0) { $0 + pow(Digest($1.values).numbers[0], 2) }.squareRoot()
    #expect(
      abs(Double(slopes[0]) - gradient.dot(z)) <= ModelGradientTests.tolerance * max(1, norm),
      "\(slopes[0]), not \(gradient.dot(z))")
  }

  /// Below the first adapter nothing is remembered, and the gradients of frozen layers are not asked for.
  @Test(arguments: GradientGolden.all.filter { ($0.lora?.blocks?[0] ?? 0) > 0 })
  func frozenLayersLeaveNothingOnTheTape(_ golden: GradientGolden) throws {
    let pretrained = try golden.trainable(), batch = try golden.batch()
    let model = pretrained.model, state = pretrained.state, first = try #require(golden.lora?.blocks)[0]
    let tape = Tape(EagerEvaluator(threads: Threads(1)), into: try GradientSums(for: state.parameters))
    let context = model.context(of: batch.tokens, layout: batch.layout)
    var hidden = model.embed(context, state: state, evaluator: tape)
    for index in 0...first {
      #expect(tape.isEmpty && !tape.isTracked(hidden), "before block \(index)")
      hidden = model.block(
        index, hidden, rows: nil, context: context, state: state, cache: nil, evaluator: tape)
    }
    #expect(!tape.isEmpty && tape.isTracked(hidden))
  }
}
