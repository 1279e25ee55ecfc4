import Evaluation
import Foundation
import TensorCore
import TuningCore

/// Linear probing: the head's rows of the words that answers consist of, fitted exactly to the frozen body's features.
///
/// Features are what the head's table is multiplied by at the rows that predict the gold answers' tokens; classes are
/// those tokens. The fit is `SoftmaxRegression`'s and its W takes the place of the table's rows; other rows stay. There
/// are no steps: the minimum is one, so nothing is drawn and no learning rate chosen.
///
/// MeZO's code does the same with scikit-learn's `LogisticRegressionCV`, in a table that is the embedding too.
public struct LinearProbe {
  /// What came of it.
  public struct Report: Sendable, Codable, Equatable {
    /// Gold tokens that were fitted to.
    public var rows: Int
    /// Token ids that are told apart.
    public var classes: [Int32]
    /// Elements of a feature.
    public var width: Int
    /// Steps of Newton's method.
    public var iterations: Int
    public var metric: Metric
    public var testBefore: Estimate
    public var testAfter: Estimate
    public var testChange: Estimate
    /// Folder of the model with the fitted table.
    public var output: String
  }

  private let experiment: Experiment
  private let inverseRegularisation: Double

  /// - Parameters:
  ///   - experiment: of a scheme that trains the output table alone; its optimizer is not asked.
  ///   - inverseRegularisation: c of `SoftmaxRegression`.
  /// - Throws: `TrainingError.invalidInput` for another scheme, or a table that the embedding shares.
  public init(_ experiment: Experiment, inverseRegularisation: Double = 1) throws {
    let state = experiment.oracle.state, model = experiment.oracle.model
    guard let head = model.head(in: state), state.parameters.require(head.table).isTrainable,
      state.parameters.trainable.allSatisfy({ $0.path == head.table || $0.path == head.bias })
    else {
      throw TrainingError(
        .invalidInput,
        "a probe fits the output table and nothing else: set scheme: head, not \(experiment.recipe.scheme)")
    }
    guard head.table != model.tokenTable else {
      throw TrainingError(
        .invalidInput, "the output table is the embedding too, which a probe must not change: set head.untie: true")
    }
    guard head.bias == nil, head.prediction == .nextToken else {
      throw TrainingError(.invalidInput, "a probe is for heads that predict next tokens, without a bias")
    }
    self.experiment = experiment
    self.inverseRegularisation = inverseRegularisation
  }

  /// Fits, measures on held-out examples before and after, and writes the model.
  ///
  /// - Throws: `TrainingError.unwritable` where something is at `folder`; what the fit and the evaluation throw.
  /// - Cost: a forward of the training examples, two of the held-out ones, and the fit.
  public func run(to folder: URL) throws -> Report {
    try RunFolder.requireNew(folder)
    let before = try evaluate()
    let (features, tokens) = try features()
    let classes = Set(tokens).sorted(), oracle = experiment.oracle
    guard let head = oracle.model.head(in: oracle.state) else { preconditionFailure("checked when it was made") }
    let table = oracle.state.parameters.require(head.table).tensor
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    let fitted = try SoftmaxRegression(
      features: features, width: table.rowLength, classes: tokens.compactMap { numbers[$0] },
      classCount: classes.count, inverseRegularisation: inverseRegularisation)
    for (number, token) in classes.enumerated() {
      let row = fitted.weights[number * fitted.width..<(number + 1) * fitted.width].map(Float.init)
      row.withUnsafeBufferPointer { table.store($0, at: Int(token) * table.rowLength) }
    }
    let after = try evaluate()
    try experiment.export(to: folder)
    return Report(
      rows: tokens.count, classes: classes, width: fitted.width, iterations: fitted.iterations,
      metric: experiment.metric, testBefore: before.mean, testAfter: after.mean,
      testChange: after.change(from: before), output: folder.path)
  }

  private func evaluate() throws -> ExampleScores {
    guard let scores = try experiment.evaluate(.test) else { preconditionFailure("an evaluation that nobody ends") }
    return scores
  }

  /// The features of every gold token of the training examples, and the tokens.
  func features() throws -> (features: [Float], tokens: [Int32]) {
    let oracle = experiment.oracle, model = oracle.model, train = experiment.data.train
    let evaluator = EagerEvaluator(threads: oracle.threads, workspace: oracle.workspace)
    var features: [Float] = [], tokens: [Int32] = []
    for start in stride(from: 0, to: train.count, by: experiment.recipe.batchSize) {
      let batch = try PackedBatch(Array(train[start..<min(start + experiment.recipe.batchSize, train.count)]))
      try model.validate(batch, in: oracle.state)
      let (rows, targets) = batch.askedRows
      let hidden = model.hiddenStates(
        of: batch.tokens, layout: batch.layout, rows: rows, state: oracle.state, evaluator: evaluator)
      let input = model.headInput(hidden, state: oracle.state, evaluator: evaluator)
      withExtendedLifetime(input) {
        let values = input.floats()
        for target in batch.examples.flatMap({ targets[$0.continuations[$0.gold]] }) {
          features += values[target.row * input.columns..<(target.row + 1) * input.columns]
          tokens.append(target.token)
        }
      }
    }
    return (features, tokens)
  }
}
