import Foundation
import TensorCore
import Testing

@testable import TuningCore

@Suite struct WorkspaceTests {
  @Test func whatIsFreeIsTakenAgain() {
    let workspace = Workspace()
    let first = workspace.take(byteCount: 100), second = workspace.take(byteCount: 1)
    #expect(first == 0..<128 && second == 128..<192)
    workspace.giveBack(first)
    #expect(workspace.take(byteCount: 128) == first && workspace.take(byteCount: 1) == 192..<256)
    #expect(workspace.peakBytes == 256)
  }

  /// A forecast tells what would be too much.
  @Test func idleThreadsMayTakeMoreThanTheMachineHas() {
    let workspace = Workspace(isIdle: true), physical = Int(ProcessInfo.processInfo.physicalMemory)
    let ranges = (0..<3).map { _ in workspace.take(byteCount: physical) }
    #expect(ranges.last?.upperBound ?? 0 >= 3 * physical && workspace.peakBytes >= 3 * physical)
  }
}
