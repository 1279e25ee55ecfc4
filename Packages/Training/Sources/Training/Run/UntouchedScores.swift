import Bundles
import Evaluation
import Foundation
import TensorCore
import TuningCore

/// What models as they came score on held-out examples, kept in a folder: runs that differ by optimizer, scheme or seed
/// begin at one model, which need not be asked again by each of them.
///
/// An entry is found by everything that its numbers follow from; an entry that is missing or damaged is made anew.
public struct UntouchedScores: Sendable {
  public let folder: URL

  public init(_ folder: URL) { self.folder = folder }

  func scores(of question: Question) throws -> ExampleScores? {
    guard let data = try? Data(contentsOf: file(question)),
      let scores = try? JSONDecoder().decode(ExampleScores.self, from: data),
      scores.scores.count == question.requests.count, scores.predictions.count == question.requests.count
    else { return nil }
    return scores
  }

  func keep(_ scores: ExampleScores, of question: Question) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw TrainingError(.unwritable, "cannot make \(folder.path): \(error.localizedDescription)")
    }
    try AtomicFile.write(json: scores, to: file(question))
  }

  private func file(_ question: Question) throws -> URL {
    folder.appending(path: try ContentHash(of: question.encoded()).hex + ".json")
  }

  /// What candidates' ranks follow from.
  struct Question: Encodable {
    /// SHA-256 of the weights' files and of the adapter's.
    let weights: String
    let adapter: String?
    /// As it was read.
    let configuration: String
    let dtype: String
    let newHeadLabels: Int
    /// Of the new head; nil where there is none.
    let seed: UInt64?
    let requests: [ScoringRequest]
    let inputFree: [ScoringRequest]?
    let kernels = KernelPath.name
    let zeroth = ZerothVersion.text

    fileprivate func encoded() throws -> Data {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(self)
    }
  }
}

extension Experiment {
  /// What the model as it came is asked of `part`; nil where that is not kept: there is nothing to ask, the model answers in
  /// its own words, or its configuration cannot be worded.
  func untouchedQuestion(of part: ExamplePart, weights: ContentHash) throws -> UntouchedScores.Question? {
    guard writer == nil, !data[part].isEmpty, let worded = try? configuration.jsonText(dtype: .float32) else {
      return nil
    }
    return UntouchedScores.Question(
      weights: weights.hex, adapter: try attachment.adapter?.contentHash.hex,
      configuration: worded, dtype: recipe.dtype.rawValue,
      newHeadLabels: recipe.newHeadLabels, seed: recipe.newHead?.seed, requests: data[part],
      inputFree: data.inputFree[part])
  }
}
