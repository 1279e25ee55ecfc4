import TensorCore

/// A stretch of queries and the keys that they see: attention's geometry, once for all evaluators.
///
/// The keys are columns side by side, those of `shared` first, then those of `prefix`, then those of `own`.
public struct AttentionSpan: Sendable, Equatable {
  /// Rows whose queries these are.
  public let queries: Range<Int>
  /// Keys that stand before every segment.
  public let shared: Range<Int>
  /// Keys of the segment that the queries' segment continues.
  public let prefix: Range<Int>
  /// Keys of the queries' own segment, or of the cache that it continues.
  public let own: Range<Int>
  /// The segment that the queries' segment continues, else their own; 0 where keys are shared: spans of different
  /// families share no key.
  public let family: Int
  /// The last and the first column that the first query sees, the next query one more of each; nil: all see all.
  private let lastOfFirst: Int?
  private let firstOfFirst: Int

  /// Number of columns.
  public var width: Int { shared.count + prefix.count + own.count }

  /// The ranges of keys with the column at which each begins.
  public var keys: [(rows: Range<Int>, column: Int)] {
    [(shared, 0), (prefix, shared.count), (own, shared.count + prefix.count)].filter { !$0.0.isEmpty }
      .map { (rows: $0.0, column: $0.1) }
  }

  /// Columns that query `row`, counted from the first, sees.
  public func columns(_ row: Int) -> Range<Int> {
    guard let lastOfFirst else { return 0..<width }
    return max(0, firstOfFirst + row)..<lastOfFirst + row + 1
  }

  /// What `columns` says, as the kernel takes it.
  var visible: HeadAttention.Visible {
    lastOfFirst.map { .moving(from: firstOfFirst, to: $0 + 1) } ?? .all(0..<width)
  }

  /// - Parameter earlier: how many of `own`'s keys come before the first query.
  private init(
    queries: Range<Int>, shared: Range<Int>, prefix: Range<Int>, own: Range<Int>, earlier: Int,
    pattern: AttentionPattern, family: Int
  ) {
    self.queries = queries
    self.family = family
    guard case .causal(let window) = pattern else {
      (self.shared, self.prefix, self.own, lastOfFirst, firstOfFirst) = (shared, prefix, own, nil, 0)
      return
    }
    // Keys that no query of the span sees take no part.
    let position = shared.count + prefix.count + earlier
    let unseen = window.map { max(0, position - $0 + 1) } ?? 0
    self.shared = shared.dropFirst(unseen)
    self.prefix = prefix.dropFirst(max(0, unseen - shared.count))
    let unseenOwn = max(0, unseen - shared.count - prefix.count)
    self.own = own.lowerBound + unseenOwn..<own.lowerBound + earlier + queries.count
    lastOfFirst = position - unseen
    firstOfFirst = window.map { position - $0 + 1 - unseen } ?? -own.upperBound
  }

  /// The spans of a layout, of at most `queries` queries each, in the order of the rows.
  ///
  /// - Parameters:
  ///   - shared: how many keys stand before those of the rows, seen from every segment.
  ///   - cached: the rows of a cache that hold what comes before each segment, shared keys included; the segment's own
  ///     keys follow them there.
  public static func spans(
    of layout: SequenceLayout, _ pattern: AttentionPattern, shared: Int = 0, cached: [Range<Int>]? = nil,
    queries: Int = 64
  ) -> [AttentionSpan] {
    layout.segments.enumerated().flatMap { number, segment in
      precondition(
        segment.prefix.map { layout.segments[$0].prefix == nil && pattern != .bidirectional } ?? true,
        "attention: rows \(segment.rows) continue a segment that continues another, or is read in both directions")
      let prefix = segment.prefix.map { layout.segments[$0].rows.shifted(by: shared) } ?? 0..<0
      let earlier = cached?[number]
      let own =
        earlier.map { $0.lowerBound..<$0.upperBound + segment.rows.count } ?? segment.rows.shifted(by: shared)
      return stride(from: segment.rows.lowerBound, to: segment.rows.upperBound, by: queries).map { first in
        AttentionSpan(
          queries: first..<min(segment.rows.upperBound, first + queries), shared: 0..<(cached == nil ? shared : 0),
          prefix: prefix, own: own, earlier: (earlier?.count ?? 0) + first - segment.rows.lowerBound, pattern: pattern,
          family: shared > 0 ? 0 : segment.prefix ?? number)
      }
    }
  }
}

extension Range<Int> {
  fileprivate func shifted(by distance: Int) -> Range { lowerBound + distance..<upperBound + distance }
}
