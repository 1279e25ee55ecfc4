import Bundles
import Foundation
import TensorCore
import TuningCore

extension Experiment {
  /// What the run's ledger is bound to: everything that its numbers follow from, by content.
  func ledgerHeader(plugins: [String]) throws -> LedgerHeader {
    LedgerHeader(
      recipe: recipe, directionLaw: drivers[.first]!.optimizer.directionLaw, records: ledgerRecords,
      baseModel: try ModelSource.hash(ofWeights: weightFiles), tokenizer: try source.tokenizerHash(),
      data: data.contentHash, plugins: plugins, zeroth: ZerothVersion.text)
  }

  private var ledgerRecords: LedgerRecords {
    if drivers.values.contains(where: { $0.cost.gradientsPerStep > 0 }) { return .gradients }
    return drivers[.first]!.optimizer.rule == nil ? .moves : .estimates
  }
}
