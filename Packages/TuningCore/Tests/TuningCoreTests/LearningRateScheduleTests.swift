import Foundation
import Testing
import TuningCore

@Suite struct LearningRateScheduleTests {
  private func rates(_ shape: LearningRateSchedule.Shape, warmup: Int, total: Int) -> [Float] {
    let schedule = LearningRateSchedule(shape: shape, peak: 8, warmup: warmup, total: total)
    return (0..<total).map(schedule.rate(at:))
  }

  @Test func shapes() {
    #expect(rates(.constant, warmup: 0, total: 3) == [8, 8, 8])
    #expect(rates(.linear, warmup: 0, total: 4) == [8, 6, 4, 2])
    #expect(rates(.constant, warmup: 4, total: 6) == [2, 4, 6, 8, 8, 8])
    #expect(rates(.linear, warmup: 2, total: 6) == [4, 8, 8, 6, 4, 2])
    let cosine = rates(.cosine, warmup: 1, total: 5)
    for (rate, exact) in zip(cosine, [8, 8, 4 + 4 * cos(Double.pi / 4), 4, 4 - 4 * cos(Double.pi / 4)]) {
      #expect(abs(Double(rate) - exact) < 1e-6)
    }
  }

  /// After the last step, and where warm-up fills the whole run.
  @Test func ends() {
    let linear = LearningRateSchedule(shape: .linear, peak: 1, total: 10)
    #expect(linear.rate(at: 10) == 0 && linear.rate(at: 100) == 0)
    #expect(LearningRateSchedule(shape: .cosine, peak: 1, total: 10).rate(at: 100) == 0)
    #expect(LearningRateSchedule(peak: 1, total: 10).rate(at: 100) == 1)
    for shape in LearningRateSchedule.Shape.allCases {
      let warming = LearningRateSchedule(shape: shape, peak: 1, warmup: 10, total: 10)
      #expect(warming.rate(at: 0) == 0.1 && warming.rate(at: 9) == 1 && warming.rate(at: 10).isFinite)
      #expect(LearningRateSchedule(shape: shape, peak: 1, total: 0).rate(at: 0).isFinite)
    }
  }

  @Test func throughJSON() throws {
    let schedule = LearningRateSchedule(shape: .cosine, peak: 1e-6, warmup: 3, total: 9)
    #expect(try roundTrip(schedule) == schedule)
  }
}
