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
  /// False: the logs of finished runs, which are long, are not read, and there are no pictures of their losses.
  public var readsLogs: Bool

  public init(
    rows: [String]? = nil, columns: [String]? = nil, conditions: [(key: String, value: String)] = [],
    hasLogarithmicLoss: Bool = false, readsLogs: Bool = true
  ) {
    self.rows = rows
    self.columns = columns
    self.conditions = conditions
    self.hasLogarithmicLoss = hasLogarithmicLoss
    self.readsLogs = readsLogs
  }
}
