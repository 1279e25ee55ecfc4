import Foundation
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

  /// The task that a recipe means: a registered one, or a custom one by its file's path.
  ///
  /// - Throws: `TuningError.unknownComponent` or `.invalidOption`; what a custom task's file finds wrong.
  public static func task(_ name: String, template: Int = 0) throws -> any EvaluationTask {
    guard !CustomTask.isFile(name) else {
      return try CustomTask(contentsOf: URL(filePath: name), templateVersion: template)
    }
    return try tasks().make(name, options: ["template": .integer(template)])
  }
}
