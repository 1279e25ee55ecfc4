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

  /// Readings before, with 64 MiB that have been touched, and after these were given back.
  private func readings() throws -> (before: MemoryMeter.Reading, with: MemoryMeter.Reading, after: MemoryMeter.Reading)
  {
    let before = try #require(Self.meter.read())
    let block = try Storage.owned(byteCount: Self.size)
    let untouched = try #require(Self.meter.read())
    #expect(untouched.resident < before.resident + Self.size / 2, "memory counts once it is touched")
    memset(block.base, 1, Self.size)
    let with = try #require(Self.meter.read())
    withExtendedLifetime(block) {}
    return (before, with, try #require(Self.meter.read()))
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
        let (before, with, _) = try readings()
        return with.resident >= before.resident + size && with.anonymous >= before.anonymous + size
          && with.peak >= before.resident + size
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
        let (_, with, after) = try readings()
        guard after.peak >= with.peak - Self.slack else { return false }
        Self.meter.restart()
        let anew = try #require(Self.meter.read())
        return anew.peak <= with.peak - Self.size / 2 && anew.peak <= anew.resident + Self.slack
      })
  }
}
