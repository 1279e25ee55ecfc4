import Bundles
import Foundation
import TensorCore
import TuningCore

extension Experiment {
  /// What the run's ledger is bound to: everything that its numbers follow from, by content.
  func ledgerHeader(plugins: [String]) throws -> LedgerHeader {
    LedgerHeader(
      recipe: recipe, directionLaw: method.directionLaw, records: method.plan.records,
      baseModel: try ModelSource.hash(of: weightFiles), configuration: try source.configurationHash(),
      tokenizer: try source.tokenizerHash(),
      data: data.contentHash,
      dataFiles: data.files,
      adapter: try attachment.adapter?.contentHash, plugins: plugins, zeroth: ZerothVersion.text)
  }
}
