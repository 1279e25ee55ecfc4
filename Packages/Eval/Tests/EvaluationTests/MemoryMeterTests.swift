import Evaluation
import Foundation
import TensorCore
import Testing

/// Other tests of the process come and go meanwhile, so each figure has a few attempts to show what it must.
@Suite(.serialized) struct MemoryMeterTests {
  private static let meter = MemoryMeter()
  private static let size = 64 << 20
  /// The kernel counts pages by thread and adds them up now and then.
  private static let slack = 4 << 20

  private struct Readings {
    let before, untouched, touched: MemoryMeter.Reading
  }

  /// Readings before, with 64 MiB of memory, and with the same memory written; it is given back on the way out.
  private func readings() throws -> Readings {
    let before = try #require(Self.meter.read())
    let block = try Storage.owned(byteCount: Self.size)
    let untouched = try #require(Self.meter.read())
    memset(block.base, 1, Self.size)
    let touched = try #require(Self.meter.read())
    return withExtendedLifetime(block) { Readings(before: before, untouched: untouched, touched: touched) }
  }

  private func eventually(_ body: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<5 where try body() { return true }
    return false
  }

  @Test(.enabled(if: meter.read() != nil, "the system has no /proc/self/status with VmRSS, RssAnon and VmHWM"))
  func touchedMemoryIsResidentAndRaisesThePeak() throws {
    let size = Self.size - Self.slack
    #expect(
      try eventually {
        let readings = try readings(), before = readings.before, touched = readings.touched
        return readings.untouched.resident < before.resident + Self.size / 2
          && touched.resident >= before.resident + size && touched.anonymous >= before.anonymous + size
          && touched.peak >= before.resident + size
      })
    let reading = try #require(Self.meter.read())
    #expect(reading.anonymous <= reading.resident && reading.resident <= reading.peak + Self.slack)
  }

  @Test(
    .enabled(
      if: meter.read() != nil && access("/proc/self/clear_refs", W_OK) == 0, "the system has no /proc/self/clear_refs"))
  func restartBeginsThePeakAnew() throws {
    #expect(
      try eventually {
        let touched = try readings().touched, after = try #require(Self.meter.read())
        guard after.resident < after.peak - Self.size / 2, after.peak >= touched.peak - Self.slack else { return false }
        Self.meter.restart()
        let anew = try #require(Self.meter.read())
        return anew.peak <= touched.peak - Self.size / 2 && anew.peak <= anew.resident + Self.slack
      })
  }
}
