import Foundation

/// Makes a finding smaller while it stays one of its kind: cuts its end, takes out pieces, writes zeros.
struct Minimizer {
  let options: Options
  /// How many inputs it may try.
  private var tries = 150

  init(_ options: Options) { self.options = options }

  mutating func minimize(_ finding: Finding) throws -> Finding {
    // A hang takes its whole time for every try.
    if finding.kind == .hang { tries = 12 }
    var best = finding
    guard try isSame(best) else { return best }
    var size = best.input.count / 2
    while size > 0, tries > 0 {
      var start = best.input.count - size
      while start >= 0, tries > 0 {
        var shorter = best
        shorter.input.removeSubrange(start..<min(best.input.count, start + size))
        if try isSame(shorter) { best = shorter } else if try isZeroed(&best, start, size) {}
        start -= size
      }
      size /= 2
    }
    return best
  }

  private mutating func isZeroed(_ best: inout Finding, _ start: Int, _ size: Int) throws -> Bool {
    let range = start..<min(best.input.count, start + size)
    guard !range.isEmpty, best.input[range].contains(where: { $0 != 0 }) else { return false }
    var zeroed = best
    zeroed.input.replaceSubrange(range, with: repeatElement(0, count: range.count))
    guard try isSame(zeroed) else { return false }
    best = zeroed
    return true
  }

  private mutating func isSame(_ finding: Finding) throws -> Bool {
    tries -= 1
    return try finding.happensAgain(options)
  }
}

extension Finding {
  /// Whether the input ends its reader in the same way in a process of its own.
  func happensAgain(_ options: Options) throws -> Bool {
    let file = FileManager.default.temporaryDirectory.appending(path: "zeroth-fuzz-\(getpid()).input")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(input).write(to: file)
    let process = try Child.spawn(
      [
        "--replay", file.path, "--reader", reader.name, "--root", options.root.path, "--worker-status", "--hang",
        "\(options.hangNanoseconds / 1_000_000_000)",
      ], isQuiet: true)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status != 0 && Child.kind(status: status) == kind
  }
}
