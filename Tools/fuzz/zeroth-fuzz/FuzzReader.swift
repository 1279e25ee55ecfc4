import Foundation

/// A reader of files that come from outside, as the fuzzer drives it: what it reads, what its inputs are made of.
///
/// To add one: a line in `FuzzReader.all`.
struct FuzzReader: Sendable {
  /// Names the folder of its corpus.
  let name: String
  /// What the input is called in the folder that `read` is given.
  let file: String
  /// Files of the repository that lie beside it, by the name they have there.
  var companions: [String: String] = [:]
  /// Files of the repository that inputs are made from.
  let seeds: [String]
  /// Words of the format.
  var dictionary: [String] = []
  var isJSON = false
  var isText = false
  /// The part of an input that is worth more changes than the rest.
  var header: (@Sendable ([UInt8]) -> Range<Int>?)?
  /// Makes a changed input fit again: the header has so many bytes now.
  var mend: (@Sendable (inout [UInt8], _ header: Int) -> Void)?
  /// Reads the input in `folder`. Errors are what is asked for; anything else is a finding.
  let read: @Sendable (_ folder: URL, _ file: URL) throws -> Void

  /// Bytes that reading an input may ask for: what a header asks for, the file must hold.
  static func memoryLimit(size: Int) -> Int { (64 << 20) + 16 * size }

  /// The larger files of the repository make slow inputs.
  private static let greatestSeed = 1 << 18

  /// The seeds' content, and that of the corpus.
  func inputs(root: URL, corpus: URL) throws -> [[UInt8]] {
    let kept = (try? FileManager.default.contentsOfDirectory(atPath: corpus.appending(path: name).path)) ?? []
    let files = seeds.map { root.appending(path: $0) } + kept.sorted().map { corpus.appending(path: "\(name)/\($0)") }
    let inputs = try files.map { [UInt8](try Data(contentsOf: $0)) }.filter { $0.count <= FuzzReader.greatestSeed }
    guard !inputs.isEmpty else { throw FuzzError("\(name): no seeds of at most \(FuzzReader.greatestSeed) bytes") }
    return inputs
  }
}

/// What is wrong with how the fuzzer was called.
struct FuzzError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
