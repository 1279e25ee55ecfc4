/// What a run's ledger holds, to be seen without reading it.
public struct LedgerSummary: Sendable, Hashable, Codable {
  public var steps: Int
  /// One a query.
  public var records: Int
  /// Of the ledger's file.
  public var bytes: Int
  /// What the records are of: `moves`, `estimates` or `gradients`.
  public var recordsOf: String
  public var optimizer: String
  public var scheme: String
  /// Of every direction: `gaussian`, `gaussian-fast`, `rademacher`.
  public var law: String
  public var runSeed: UInt64

  public init(
    steps: Int, records: Int, bytes: Int, recordsOf: String, optimizer: String, scheme: String, law: String,
    runSeed: UInt64
  ) {
    self.steps = steps
    self.records = records
    self.bytes = bytes
    self.recordsOf = recordsOf
    self.optimizer = optimizer
    self.scheme = scheme
    self.law = law
    self.runSeed = runSeed
  }

  private enum CodingKeys: String, CodingKey {
    case steps, records, bytes
    case recordsOf = "records_of"
    case optimizer, scheme, law
    case runSeed = "run_seed"
  }
}
