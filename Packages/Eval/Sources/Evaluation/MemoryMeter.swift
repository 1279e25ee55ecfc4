import Foundation
import TensorCore

/// Resident memory of this process, from the kernel's own accounting.
public struct MemoryMeter: Sendable {
  /// Bytes resident now: all, and those that no file backs.
  public struct Reading: Sendable, Codable, Equatable {
    public var resident: Int
    public var anonymous: Int
    /// Greatest `resident` since the last `restart`, or since the process began.
    public var peak: Int
  }

  public init() {}

  /// nil where the system does not tell.
  public func read() -> Reading? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    func bytes(_ key: String) -> Int? {
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key + ":") }) else { return nil }
      return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map {
        $0 * 1024
      }
    }
    guard let resident = bytes("VmRSS"), let anonymous = bytes("RssAnon"), let peak = bytes("VmHWM") else { return nil }
    return Reading(resident: resident, anonymous: anonymous, peak: peak)
  }

  /// Bytes that this process can still take without swapping: what the kernel estimates to be free of the machine, within
  /// the limits of the process's control groups, as of a container. nil where the system does not tell.
  public static var availableBytes: Int? { [machineBytes, ControlGroups().availableBytes].compactMap { $0 }.min() }

  private static var machineBytes: Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Makes the peak begin anew at what is resident now. Does nothing where the system does not allow it.
  public func restart() { try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8) }
}
