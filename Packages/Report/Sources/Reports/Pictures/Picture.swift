import Plots

/// Figures that show one thing, and its numbers.
public struct Picture: Sendable, Equatable {
  /// Unlike those of other pictures of a report.
  public var identifier: String
  public var title: String
  public var figures: [Figure]
  /// What the figures show, in numbers; nil: a table of the same section has them.
  public var table: Table?
}
