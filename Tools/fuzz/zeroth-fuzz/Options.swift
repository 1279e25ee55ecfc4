import Foundation

/// What the command line asks for.
struct Options {
  static let usage = """
    usage: zeroth-fuzz [--seconds N] [--seed N] [--reader NAME] [--jobs N] [--findings N] [--corpus DIR]
           zeroth-fuzz --replay FILE --reader NAME
           zeroth-fuzz --replay DIR
           zeroth-fuzz --list

    Changes small valid files by a seed and has the readers read them. An input that crashes its reader, keeps it busy
    for seconds or has it ask for more memory than 64 MiB and 16 times the file is kept, made smaller, and fails the run.

      --seconds N    how long (30)
      --seed N       what to begin with (1): the same seed makes the same inputs
      --reader NAME  only this reader
      --jobs N       workers side by side (the processors)
      --findings N   stop after so many (8)
      --corpus DIR   kept inputs to begin from, a folder for each reader (Tools/fuzz/Corpus)
      --out DIR      where findings go (fuzz-findings)
      --hang N       seconds of processor time that are a hang (5)
      --root DIR     the repository (the current folder)
      --replay       read a kept input again, or all of a folder as the corpus is one
    """

  var seconds = 30
  var seed: UInt64 = 1
  var reader: String?
  var jobs = ProcessInfo.processInfo.activeProcessorCount
  var findings = 8
  var root = URL(filePath: FileManager.default.currentDirectoryPath)
  var replay: String?
  var isList = false
  var isHelp = false
  private var corpusPath: String?
  private var out = "fuzz-findings"
  private var hang = 5
  // Between the supervisor and its workers.
  var worker: Int?
  var start = 0
  var scratch: String?
  var isWorkerStatus = false

  var corpus: URL { corpusPath.map { URL(filePath: $0) } ?? root.appending(path: "Tools/fuzz/Corpus") }
  var findingsFolder: URL { URL(filePath: out) }
  var hangNanoseconds: Int { hang * 1_000_000_000 }

  /// - Throws: `FuzzError` for an option that there is not, or for a value that is no number.
  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      func text() throws -> String {
        guard let value = rest.popFirst() else { throw FuzzError("\(name) needs a value") }
        return value
      }
      func number(_ range: ClosedRange<Int>) throws -> Int {
        let value = try text()
        guard let number = Int(value), range.contains(number) else {
          throw FuzzError("\(name) \(value): expected a number of \(range.lowerBound) to \(range.upperBound)")
        }
        return number
      }
      switch name {
      case "--seconds": seconds = try number(1...1_000_000)
      case "--seed": seed = UInt64(try number(0...Int.max))
      case "--reader": reader = try text()
      case "--jobs": jobs = try number(1...256)
      case "--findings": findings = try number(1...10_000)
      case "--corpus": corpusPath = try text()
      case "--out": out = try text()
      case "--hang": hang = try number(1...1000)
      case "--root": root = URL(filePath: try text())
      case "--replay": replay = try text()
      case "--list": isList = true
      case "-h", "--help": isHelp = true
      case "--worker": worker = try number(0...255)
      case "--start": start = try number(0...Int.max)
      case "--scratch": scratch = try text()
      case "--worker-status": isWorkerStatus = true
      default: throw FuzzError("\(name): there is no such option\n\n\(Options.usage)")
      }
    }
  }

  func readers() throws -> [FuzzReader] { try reader.map { [try Options.reader($0)] } ?? FuzzReader.all }

  static func reader(_ name: String) throws -> FuzzReader {
    guard let reader = (FuzzReader.all + [.selfTest]).first(where: { $0.name == name }) else {
      throw FuzzError("there is no reader '\(name)'; there are \(FuzzReader.all.map(\.name).joined(separator: ", "))")
    }
    return reader
  }
}
