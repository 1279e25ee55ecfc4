import Evaluation
import Foundation
import Testing
import TuningCore

/// Against References/regression.
@Suite struct SoftmaxRegressionTests {
  struct Golden: Decodable, Sendable, CustomTestStringConvertible {
    let features: [Float]
    let width: Int
    let classes: [Int]
    let count: Int
    let c: Double
    let weights: [Double]

    var testDescription: String { "\(classes.count) rows of \(width), \(count) classes, c = \(c)" }

    static let all: [Golden] = {
      let file = Bundle.module.url(forResource: "regression", withExtension: "json", subdirectory: "Goldens")!
      return try! JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
    }()
  }

  @Test(arguments: Golden.all) func minimaAreScikitLearns(_ golden: Golden) throws {
    let fitted = try SoftmaxRegression(
      features: golden.features, width: golden.width, classes: golden.classes, classCount: golden.count,
      inverseRegularisation: golden.c)
    let scale = golden.weights.map(abs).max() ?? 1
    #expect(fitted.weights.count == golden.weights.count)
    for (f, w) in zip(fitted.weights, golden.weights) { #expect(abs(f - w) <= 1e-6 * scale, "\(f), not \(w)") }
  }

  /// A class that no row has is as unlikely as the others make it; one class alone leaves nothing to learn.
  @Test func classesWithoutRows() throws {
    let fitted = try SoftmaxRegression(features: [1, 2, -1, 0.5], width: 2, classes: [0, 0], classCount: 3)
    #expect(zip(fitted.weights[2..<4], fitted.weights[4..<6]).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(try SoftmaxRegression(features: [1, 2], width: 2, classes: [0], classCount: 1).weights == [0, 0])
    #expect(try SoftmaxRegression(features: [], width: 2, classes: [], classCount: 2).weights == [0, 0, 0, 0])
  }

  @Test(arguments: [
    ([1, 2, 3] as [Float], 2, [0], 1, 1.0), ([1, 2], 2, [1], 1, 1), ([1, 2], 2, [-1], 1, 1), ([1, .nan], 2, [0], 1, 1),
    ([1, .infinity], 2, [0], 1, 1), ([1, 2], 2, [0], 1, 0), ([1, 2], 2, [0], 1, .nan), ([], 0, [], 1, 1),
    ([], 1, [], 0, 1),
  ])
  func whatIsNoProblemIsRefused(_ features: [Float], _ width: Int, _ classes: [Int], _ count: Int, _ c: Double) {
    let error = #expect(throws: TuningError.self) {
      try SoftmaxRegression(
        features: features, width: width, classes: classes, classCount: count, inverseRegularisation: c)
    }
    #expect(error?.code == .invalidConfiguration)
  }
}
