/// The examples of a part in the file's order, each put into words when it is asked for: what is kept is what the file
/// holds, not a long passage once for each of its questions' candidates.
public struct TaskExamples: RandomAccessCollection, Sendable {
  public let count: Int
  private let word: @Sendable (Int) -> TaskExample

  /// What `word` makes of each of `samples`.
  public init<Sample: Sendable>(_ samples: [Sample], word: @escaping @Sendable (Sample) -> TaskExample) {
    count = samples.count
    self.word = { word(samples[$0]) }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { count }

  public subscript(index: Int) -> TaskExample {
    precondition(indices.contains(index), "TaskExamples: \(index) of \(count)")
    return word(index)
  }
}
