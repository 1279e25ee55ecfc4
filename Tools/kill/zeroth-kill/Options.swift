import Foundation

/// What the command line asks for.
struct Options {
  static let usage = """
    usage: zeroth-kill [--kills N] [--seed N] [--job NAME] [--root DIR] [--out DIR]

    Starts zeroth on small jobs, kills it at moments and at file operations drawn by a seed, has it go on, kills it again,
    and compares what it comes to with what it comes to unbroken: every file, byte for byte, times and memory apart.

      --kills N   over all jobs (200)
      --seed N    what the kills are drawn by (1)
      --job NAME  only jobs whose name begins so (all): \(KillTest.jobNames)
      --root DIR  the repository (the current folder)
      --out DIR   where the folders of failures go (kill-findings)
    """

  var kills = 200
  var seed: UInt64 = 1
  var job = "all"
  var root = URL(filePath: FileManager.default.currentDirectoryPath)
  var findings = URL(filePath: "kill-findings")
  var isHelp = false

  /// - Throws: `KillError` for an option that there is not, or for a value that is no number.
  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      func text() throws -> String {
        guard let value = rest.popFirst() else { throw KillError("\(name) needs a value") }
        return value
      }
      func number(_ range: ClosedRange<Int>) throws -> Int {
        let value = try text()
        guard let number = Int(value), range.contains(number) else {
          throw KillError("\(name) \(value): expected a number of \(range.lowerBound) to \(range.upperBound)")
        }
        return number
      }
      switch name {
      case "--kills": kills = try number(1...1_000_000)
      case "--seed": seed = UInt64(try number(0...Int.max))
      case "--job": job = try text()
      case "--root": root = URL(filePath: try text())
      case "--out": findings = URL(filePath: try text())
      case "-h", "--help": isHelp = true
      default: throw KillError("\(name): there is no such option\n\n\(Options.usage)")
      }
    }
  }
}
