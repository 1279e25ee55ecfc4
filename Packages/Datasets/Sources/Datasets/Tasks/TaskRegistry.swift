import TuningCore

extension Registry where Product == any EvaluationTask {
  /// The tasks of this package, by the names that recipes use.
  public static func tasks() throws -> Registry {
    var registry = Registry(kind: "task")
    try SST2.register(in: &registry)
    try COPA.register(in: &registry)
    try WinoGrande.register(in: &registry)
    try MultiRC.register(in: &registry)
    try BoolQ.register(in: &registry)
    try CB.register(in: &registry)
    try RTE.register(in: &registry)
    try WiC.register(in: &registry)
    try WSC.register(in: &registry)
    try ReCoRD.register(in: &registry)
    try SQuAD.register(in: &registry)
    try DROP.register(in: &registry)
    for task in SentenceTask.all { try registry.register(task.card.component, origin: "Datasets") { _ in task } }
    return registry
  }
}
