import Foundation
import Testing

@testable import Benchmarks

@Suite struct ProgressTests {
  /// A run that was killed goes on from its last checkpoint, which lies before what its log told of.
  @Test func stepsThatAreDoneAgainAreCountedAgain() throws {
    let temporary = try TemporaryFolder(), folder = BenchmarkFolder(temporary.url)
    let plan = try plan(expand("axes: {optimizer: [zo-sgd, fo-sgd]}\nbudget: {steps: 10}"), in: folder, seconds: 1)
    var state = try BenchmarkState(plan, in: folder)
    func told(_ progress: inout BenchmarkProgress, _ first: Int, _ second: Int) -> ProgressReport {
      (state.record.cells[0].stepsDone, state.record.cells[1].stepsDone) = (first, second)
      return progress.report(state, running: [])
    }
    state.record.cells[0].stepsDone = 7
    var progress = BenchmarkProgress(state)
    let begun = told(&progress, 7, 0)
    #expect(begun.stepsPerSecond == 0 && begun.secondsLeft == nil)
    // Back at step 2, while the other has done 3.
    let resumed = told(&progress, 2, 3)
    #expect(resumed.stepsPerSecond > 0 && (resumed.secondsLeft ?? -1) > 0)
    usleep(2000)
    let later = told(&progress, 9, 10)
    // 17 steps done by this session, one left.
    #expect(abs((later.secondsLeft ?? 0) * later.stepsPerSecond - 1) < 1e-9)
  }
}
