/// What becomes of the matches of a pattern when text is split at them.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case contiguous = "Contiguous"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"

  /// A stretch of text that either matches the pattern or lies between matches.
  struct Segment {
    var range: Range<Int>
    var isMatch: Bool
  }

  /// Appends the pieces that `segments`, which cover the text in order, become.
  func pieces(of segments: [Segment], into pieces: inout [Range<Int>]) {
    switch self {
    case .removed: for segment in segments where !segment.isMatch { pieces.append(segment.range) }
    case .isolated: for segment in segments { pieces.append(segment.range) }
    case .contiguous: merge(segments, into: &pieces) { $0.isMatch == $1.isMatch }
    case .mergedWithPrevious: merge(segments, into: &pieces) { !$0.isMatch && $1.isMatch }
    case .mergedWithNext: merge(segments, into: &pieces) { $0.isMatch && !$1.isMatch }
    }
  }

  /// Joins each segment to the one before it where `joins` says so.
  private func merge(
    _ segments: [Segment], into pieces: inout [Range<Int>], _ joins: (Segment, Segment) -> Bool
  ) {
    for (index, segment) in segments.enumerated() {
      if index > 0, joins(segments[index - 1], segment), let last = pieces.popLast() {
        pieces.append(last.lowerBound..<segment.range.upperBound)
      } else {
        pieces.append(segment.range)
      }
    }
  }
}
