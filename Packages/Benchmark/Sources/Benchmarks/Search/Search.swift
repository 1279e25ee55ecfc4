/// A search as it stands: which trials go on to which rung, and which one is chosen.
///
/// It is a pure function of the scores that its trials have come to, so that a search which was stopped anywhere and
/// asked again decides alike.
public struct Search: Sendable {
  /// What a trial has come to at a rung.
  public enum Outcome: Sendable, Equatable {
    /// The best look at dev after its beginning and up to the rung.
    case score(DevScore)
    /// Its losses were no numbers before it came there.
    case diverged
  }

  /// What is to be done now.
  public enum Decision: Sendable, Equatable {
    /// These trials have not come to `steps` steps yet.
    case run(trials: [Int], steps: Int)
    case chosen(trial: Int)
    /// Every trial has diverged.
    case hopeless
  }

  /// A decision, and the trials that have not been left behind.
  public struct Standing: Sendable, Equatable {
    public var decision: Decision
    public var alive: [Int]
  }

  public let method: SearchMethod
  public let trials: Int
  /// The steps after which several trials are compared, ascending.
  public let rungs: [Int]
  /// Of a trial's recipe, which its learning rate follows; trials end at the last of the rungs.
  public let trialSteps: Int

  public init(_ method: SearchMethod, trials: Int, steps: Int) {
    self.method = method
    self.trials = trials
    let all = method.rungs(trials: trials, steps: steps)
    trialSteps = all[all.count - 1]
    var entering = trials, rungs = [all[0]]
    for rung in all.dropFirst() {
      entering = method.survivors(of: entering)
      // What would go on alone has nothing left to be compared with.
      if entering > 1 { rungs.append(rung) }
    }
    self.rungs = rungs
  }

  /// - Parameter outcome: of a trial at a rung's steps; nil where it has not come so far.
  public func standing(_ outcome: (_ trial: Int, _ steps: Int) -> Outcome?) -> Standing {
    var alive = Array(0..<trials)
    for (number, rung) in rungs.enumerated() {
      var scores: [(trial: Int, score: DevScore)] = [], missing: [Int] = []
      for trial in alive {
        switch outcome(trial, rung) {
        case .score(let score): scores.append((trial, score))
        case .diverged: break
        case nil: missing.append(trial)
        }
      }
      guard missing.isEmpty else { return Standing(decision: .run(trials: missing, steps: rung), alive: alive) }
      // Ties go to the setting that the grid names first.
      scores.sort { $0.score.isBetter(than: $1.score) || ($0.score == $1.score && $0.trial < $1.trial) }
      guard let best = scores.first else { break }
      alive = scores.prefix(method.survivors(of: alive.count)).map(\.trial).sorted()
      guard number < rungs.count - 1, alive.count > 1 else {
        return Standing(decision: .chosen(trial: best.trial), alive: [best.trial])
      }
    }
    return Standing(decision: .hopeless, alive: [])
  }
}

/// A look at the development set, as trials are compared by it.
public struct DevScore: Sendable, Codable, Equatable {
  /// The task's metric, with the sign by which more is better.
  public var metric: Double
  /// In nats; decides between equal metrics. nil where answers are generated, and ties stay ties.
  public var loss: Double?

  public init(metric: Double, loss: Double?) {
    self.metric = metric
    self.loss = loss
  }

  public func isBetter(than other: DevScore) -> Bool {
    metric != other.metric ? metric > other.metric : loss ?? .infinity < other.loss ?? .infinity
  }
}
