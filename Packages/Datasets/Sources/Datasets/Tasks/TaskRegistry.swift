import TuningCore

extension Registry where Product == any EvaluationTask {
  /// The tasks of this package, by the names that recipes use.
  public static func tasks() throws -> Registry {
    var registry = Registry(kind: "task")
    let versions = SST2.templateVersions
    try registry.register(
      ComponentDescription(
        name: "sst2", summary: "Sentiment of sentences from film reviews, two classes.",
        reference: "Socher et al. 2013; GLUE (Wang et al. 2019)", cost: "two candidates of one prompt an example",
        options: [
          OptionSpecification(
            "template", .integer(atLeast: versions.lowerBound, atMost: versions.upperBound), default: .integer(0),
            help: "0: \"{sentence} It was great\"; 1: \"{sentence} great\"")
        ]),
      origin: "Datasets"
    ) { options in try SST2(templateVersion: options.integer("template")) }
    return registry
  }
}
