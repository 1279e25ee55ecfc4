import Foundation

/// Something that `zeroth` does and that may be ended at any moment, as the test drives it.
///
/// Every case of a job is made in a folder of the same path, so that files which hold paths are alike.
protocol KillJob: Sendable {
  /// Its kind and a word: `train zo-sgd`.
  var name: String { get }
  /// Parts of the names of the files that it writes: kills are aimed at each.
  var targets: [String] { get }
  /// Arguments of `zeroth` that begin the job in `place`, which is empty.
  func begin(in place: URL) throws -> [String]
  /// Arguments of `zeroth` when it was ended.
  func goOn(in place: URL) throws -> [String]
  /// What it was doing, of what it left.
  func phase(in place: URL) -> String
  /// How much of the work is kept, by a count of its own.
  func kept(in place: URL) -> Int
  /// What is wrong with what it left, whatever it was doing. `reference`: what it comes to where nothing ends it;
  /// `wasAsked`: it ended by itself, when a signal asked it to.
  func complaints(in place: URL, reference: URL, wasAsked: Bool) throws -> [String]
  /// What is wrong with where it went on. `said`: its standard error.
  func complaints(goingOnFrom kept: Int, said: String) -> [String]
  /// What it came to and would not have come to unbroken.
  func differences(in place: URL, from reference: URL) throws -> [String]
}

/// Of a job that is done wholly or not at all.
extension KillJob {
  func goOn(in place: URL) throws -> [String] { try begin(in: place) }
  func kept(in place: URL) -> Int { 0 }
  func complaints(goingOnFrom kept: Int, said: String) -> [String] { [] }
}
