/// What a user can mend: a configuration, a file, a name, a number that left the finite ones.
public struct TuningError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable {
    case unknownComponent
    case duplicateComponent
    case invalidOption
    case unmatchedTarget
    case missingParameter
    case wrongShape
    case invalidBatch
    case nonFiniteLoss
    case notApplicable
    case invalidConfiguration
  }

  public let code: Code
  /// What, where, and what to do about it.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

/// The nearest of a list of names, for messages.
public enum NearName {
  /// `name` itself cannot be had: the closest of `candidates` within a third of its length, or nil.
  public static func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(2, name.count / 3)
    let best = candidates.map { ($0, distance(name.lowercased(), $0.lowercased())) }.min {
      ($0.1, $0.0) < ($1.1, $1.0)
    }
    guard let best, best.1 <= limit else { return nil }
    return best.0
  }

  /// ` Did you mean 'x'?`, or nothing.
  public static func hint(for name: String, among candidates: some Sequence<String>) -> String {
    suggestion(for: name, among: candidates).map { " Did you mean '\($0)'?" } ?? ""
  }

  /// Edits between two words, a swap of neighbours counting as one.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a), b = Array(b)
    var beforeLast = [Int](), last = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[b.count]
  }
}
