/// What a report is made of and how its tables are laid out.
public struct ReportOptions: Sendable {
  /// Labels that make the rows of the tables of scores; nil: chosen from what varies.
  public var rows: [String]?
  /// Labels that make their columns.
  public var columns: [String]?
  /// Only runs with these labels.
  public var conditions: [(key: String, value: String)]
  /// Losses on a logarithmic axis.
  public var hasLogarithmicLoss: Bool

  public init(
    rows: [String]? = nil, columns: [String]? = nil, conditions: [(key: String, value: String)] = [],
    hasLogarithmicLoss: Bool = false
  ) {
    self.rows = rows
    self.columns = columns
    self.conditions = conditions
    self.hasLogarithmicLoss = hasLogarithmicLoss
  }
}
