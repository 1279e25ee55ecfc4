import Testing

@testable import Benchmarks

@Suite struct SearchTests {
  @Test(arguments: [
    (SearchMethod(.grid), 9, 100, [100]),
    (SearchMethod(.halving, eta: 3), 9, 900, [100, 300, 900]),
    (SearchMethod(.halving, eta: 3), 8, 1000, [333, 999]),
    (SearchMethod(.halving, eta: 2), 5, 100, [25, 50, 100]),
    (SearchMethod(.halving, eta: 3), 2, 100, [100]),
    // No rung is shorter than a step.
    (SearchMethod(.halving, eta: 2), 64, 5, [1, 2, 4]),
  ])
  func rungsAreMultiplesOfTheFirst(method: SearchMethod, trials: Int, steps: Int, expected: [Int]) {
    #expect(method.rungs(trials: trials, steps: steps) == expected)
  }

  /// Better ones have higher numbers; a score falls with the rung for those that are told.
  private func play(
    _ search: Search, diverging: [Int: Int] = [:], score: (Int, Int) -> DevScore
  ) -> (decision: Search.Decision, steps: Int, order: [[Int]]) {
    var done = [Int](repeating: 0, count: search.trials), order: [[Int]] = []
    while true {
      let standing = search.standing { trial, steps in
        if let end = diverging[trial], steps > end, done[trial] >= end { return .diverged }
        return done[trial] >= steps ? .score(score(trial, steps)) : nil
      }
      guard case .run(let trials, let steps) = standing.decision else {
        return (standing.decision, done.reduce(0, +), order)
      }
      order.append(trials)
      for trial in trials { done[trial] = min(steps, diverging[trial] ?? steps) }
    }
  }

  @Test func halvingKeepsTheBest() {
    let search = Search(SearchMethod(.halving, eta: 3), trials: 9, steps: 900)
    let played = play(search) { trial, _ in DevScore(metric: Double((trial * 4) % 9), loss: 1) }
    // 4t mod 9 for t = 0...8: 0 4 8 3 7 2 6 1 5.
    #expect(played.order == [Array(0..<9), [2, 4, 6]])
    #expect(played.decision == .chosen(trial: 2))
    #expect(played.steps == 9 * 100 + 3 * 200)
    #expect(search.method.steps(trials: 9, rungs: search.rungs) == played.steps)
  }

  /// What leads early need not lead late.
  @Test func laterRungsDecide() {
    let search = Search(SearchMethod(.halving, eta: 2), trials: 4, steps: 400)
    let played = play(search) { trial, steps in
      DevScore(metric: trial == 3 && steps > 100 ? 0 : Double(trial), loss: 1)
    }
    #expect(played.order == [[0, 1, 2, 3], [2, 3]])
    #expect(played.decision == .chosen(trial: 2))
  }

  @Test func tiesGoToTheLowerLossThenToTheFirst() {
    let search = Search(SearchMethod(.grid), trials: 4, steps: 10)
    #expect(play(search) { trial, _ in DevScore(metric: 1, loss: [3, 2, 2, 5][trial]) }.decision == .chosen(trial: 1))
  }

  @Test func whatDivergesIsLeftBehind() {
    let search = Search(SearchMethod(.halving, eta: 3), trials: 9, steps: 900)
    let played = play(search, diverging: [8: 50, 7: 150]) { trial, _ in DevScore(metric: Double(trial), loss: 1) }
    #expect(played.order == [Array(0..<9), [5, 6, 7]])
    #expect(played.decision == .chosen(trial: 6))
    let all = Dictionary(uniqueKeysWithValues: (0..<9).map { ($0, 10) })
    #expect(play(search, diverging: all) { _, _ in DevScore(metric: 1, loss: 1) }.decision == .hopeless)
  }

  /// A search that is asked again in the middle says what is missing, whoever is done already.
  @Test func decisionsDependOnScoresAlone() {
    let search = Search(SearchMethod(.grid), trials: 3, steps: 10)
    let standing = search.standing { trial, _ in trial == 1 ? .score(DevScore(metric: 1, loss: 1)) : nil }
    #expect(standing == .init(decision: .run(trials: [0, 2], steps: 10), alive: [0, 1, 2]))
  }
}
