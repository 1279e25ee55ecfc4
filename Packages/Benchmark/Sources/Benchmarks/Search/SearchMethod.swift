/// How the settings of a combination are chosen among those of its search space. Only scores on dev decide; trials see
/// no test examples.
public struct SearchMethod: Sendable, Codable, Equatable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Every setting runs to the end of the trials' budget.
    case grid
    /// Settings run in rungs; of each rung, the best share 1 / η goes on, until one is left (Jamieson & Talwalkar 2016).
    case halving
  }

  public var kind: Kind
  /// η, at least 2.
  public var eta: Int
  /// Of a trial that runs to the end; nil: what a final run has.
  public var budget: Budget?
  /// `seed` of every trial.
  public var seed: Int

  public init(_ kind: Kind = .grid, eta: Int = 3, budget: Budget? = nil, seed: Int = 0) {
    self.kind = kind
    self.eta = eta
    self.budget = budget
    self.seed = seed
  }

  /// The steps after which trials could be compared, ascending.
  ///
  /// With n trials and at most R steps there are as many rungs as trials can be divided by η, and as leave the first of
  /// them a step: r, ηr, η²r, ..., with r = R / ηᵏ rounded down, so that each rung is a multiple of the first and the last
  /// is at most R.
  public func rungs(trials: Int, steps: Int) -> [Int] {
    guard kind == .halving else { return [steps] }
    var count = 1, divisor = 1
    while trials / (divisor * eta) >= 1, steps / (divisor * eta) >= 1 {
      divisor *= eta
      count += 1
    }
    var rungs = [steps / divisor]
    while rungs.count < count { rungs.append(rungs[rungs.count - 1] * eta) }
    return rungs
  }

  /// How many of `trials` go on from a rung: the share 1 / η, and at least one.
  public func survivors(of trials: Int) -> Int { kind == .grid ? trials : max(1, trials / eta) }

  /// Steps that a search takes where no trial diverges.
  public func steps(trials: Int, rungs: [Int]) -> Int {
    var total = 0, done = 0, alive = trials
    for rung in rungs {
      total += alive * (rung - done)
      (done, alive) = (rung, survivors(of: alive))
    }
    return total
  }
}
