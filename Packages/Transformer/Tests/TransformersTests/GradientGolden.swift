import Foundation
import PEFT
import TensorCore
import TuningCore

@testable import Transformers

/// A small model of References/model-gradients, a batch, and the gradients that torch gives of its losses.
struct GradientGolden: NoiseWeighted {
  /// A request of any kind; which one the model's prediction says.
  struct Request: Decodable, Sendable {
    let prompt: [Int32]?
    let continuations: [[Int32]]?
    let scoredCounts: [Int]?
    let tokens: [Int32]?
    let tokenTypes: [Int32]?
    let blanks: [Int]?
    let candidates: [[Int32]]?
    let labels: Int?
    let gold: Int

    var scoring: ScoringRequest {
      ScoringRequest(
        prompt: prompt ?? [], continuations: continuations ?? [], scoredCounts: scoredCounts, gold: gold)
    }
  }

  struct Adapter: Decodable, Sendable {
    let rank: Int
    let alpha: Float
    let targets: [String]
    /// The first and the last.
    let blocks: [Int]?
  }

  struct Expected: Decodable, Sendable {
    let loss: Double
    /// By parameter: what `Digest` says.
    let gradients: [String: [Double]]
    /// The gradients themselves, where the file holds them.
    let full: [String: Floats]?
    /// How far torch's gradients in `float32` are from them: ‖Δ‖.
    let float32: [String: Double]?
  }

  let name: String
  let config: String
  let seed: UInt64
  let dtype: String
  let pooler: Bool
  let prediction: String
  let requests: [Request]
  let lora: Adapter?
  /// By objective.
  let expected: [String: Expected]

  /// The committed ones, and those of a file that ZEROTH_GRADIENT_GOLDENS names.
  static let all: [GradientGolden] = {
    let more = ProcessInfo.processInfo.environment["ZEROTH_GRADIENT_GOLDENS"].map { [URL(filePath: $0)] } ?? []
    let files = ["opt", "llama", "bert", "roberta"].map { Goldens.folder.appending(path: "model-gradients/\($0).json") }
    return (files + more).flatMap(read)
  }()

  func batch() throws -> PackedBatch {
    switch prediction {
    case "label":
      try PackedBatch(
        labelled: requests.map {
          LabelRequest(tokens: $0.tokens ?? [], tokenTypes: $0.tokenTypes, labels: $0.labels ?? 0, gold: $0.gold)
        })
    case "maskedToken":
      try PackedBatch(
        cloze: requests.map {
          ClozeRequest(
            tokens: $0.tokens ?? [], tokenTypes: $0.tokenTypes, blanks: $0.blanks ?? [],
            candidates: $0.candidates ?? [], gold: $0.gold)
        })
    default: try PackedBatch(requests.map(\.scoring))
    }
  }

  /// All parameters training, or the adapter's where there is one.
  func trainable() throws -> PretrainedModel {
    var pretrained = try load()
    let seeds = SeedSequence(runSeed: 1)
    guard let lora else {
      try FullTuning().attach(to: &pretrained.state, of: pretrained.model, seeds: seeds)
      return pretrained
    }
    let blocks = lora.blocks.map { $0[0]...$0[1] }
    try LoRA(rank: lora.rank, alpha: lora.alpha, targets: lora.targets, blocks: blocks)
      .attach(to: &pretrained.state, of: pretrained.model, seeds: seeds)
    for parameter in pretrained.state.parameters.trainable {
      let values = noise(parameter.path, parameter.tensor.shape, parameter.role)
      for (i, value) in values.enumerated() { parameter.tensor.mutableFloats[i] = value }
    }
    return pretrained
  }
}

/// What the goldens keep of a gradient g of n elements: ‖g‖, Σ g, Σ g[i] cos i, and g[k (n − 1) / 3] for k of 0 to 3.
/// Wrong numbers show in the first, wrong places of right ones in the third.
struct Digest {
  let numbers: [Double]
  /// How much each number changes, at most, where g does by 1.
  let sensitivities: [Double]

  init(_ gradient: some Collection<Float>) {
    let g = gradient.map(Double.init), n = g.count
    var (squares, sum, wave) = (0.0, 0.0, 0.0)
    for (i, slope) in g.enumerated() {
      squares += slope * slope
      sum += slope
      wave += slope * cos(Double(i))
    }
    numbers = [squares.squareRoot(), sum, wave] + (0..<4).map { g[$0 * (n - 1) / 3] }
    sensitivities = [1, Double(n).squareRoot(), Double(n).squareRoot(), 1, 1, 1, 1]
  }

  /// The greatest change of the gradient that the numbers would allow, were they as `expected`.
  func difference(_ expected: [Double]) -> Double {
    guard expected.count == numbers.count, numbers.allSatisfy(\.isFinite) else { return .infinity }
    return zip(zip(numbers, expected), sensitivities).map { abs($0.0 - $0.1) / $1 }.max() ?? .infinity
  }
}
