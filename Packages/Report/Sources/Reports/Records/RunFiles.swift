import Foundation

/// What a report reads of `result.json`. Runs of other versions may lack some of it.
struct ResultFile: Decodable {
  struct Share: Decodable {
    var value: Double
    var low: Double?
    var high: Double?
    var count: Int?
  }
  struct Work: Decodable {
    var forwardPasses: Int
    var backwardPasses: Int?
    var tangents: Int?
    var tokens: Int?
  }
  struct Forecast: Decodable {
    var weightBytes: Int
    var activationBytes: Int
    var scratchBytes: Int
    var gradientBytes: Int
    var stateBytes: Int
  }

  var metric: String?
  var higherIsBetter: Bool?
  var steps: Int
  var bestStep: Int
  var devBefore: Double?
  var devBest: Double?
  var testBefore: Share
  var testAfter: Share
  var work: Work
  var trainingSeconds: Double?
  var trainable: Int?
  var inferencePeakBytes: Int?
  var trainingPeakBytes: Int?
  var forecast: Forecast?
}

/// What a report reads of a line of `metrics.jsonl`: a step, or an evaluation, which has a score on dev.
struct MetricsLine: Decodable {
  struct Work: Decodable {
    var forwardPasses: Int
  }

  var step: Int
  var loss: Double?
  var learningRate: Double?
  var work: Work?
  var seconds: Double?
  var peakBytes: Int?
  var devScore: Double?
  /// The same in logs of earlier versions.
  var devAccuracy: Double?
  var devLoss: Double?

  /// On dev, of any metric.
  var score: Double? { devScore ?? devAccuracy }
}

/// `diverged.json`.
struct DivergenceFile: Decodable {
  var step: Int
}

/// What a report reads of a benchmark's `benchmark.json`.
struct BenchmarkFile: Decodable {
  struct Cell: Decodable {
    /// The run's folder, relative to the file's.
    var folder: String
    var labels: [String: String]?
    var state: String?
    /// `search` or `final`.
    var phase: String?
  }

  var cells: [Cell]
}
