import ArgumentParser
import Foundation
import TensorCore
import Training

extension BenchCommand {
  struct Methods: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "method",
      abstract: "Steps of optimizers and schemes: their time in forwards, their memory against the forecast.",
      discussion: """
        On a model of random weights. Every token but the first of each sequence is predicted, as in language modelling.
        The forecast is made without arithmetic; what is measured is resident memory beyond that of the bare program.

        EXAMPLES
          zeroth bench method
          zeroth bench method --optimizer fo-sgd --scheme lora --model smollm2-135m
          zeroth bench method --optimizer zo-sgd --optimizer fo-sgd --length 64 --length 256 --length 1024
          zeroth bench method --optimizer fo-sgd --set gradient_checkpointing=true
        """)

    @Option(help: "The model's shape: \(BenchModel.names).") var model = BenchModel.all[0].name
    @Option(help: "float32, float16 or bfloat16.") var dtype = "float32"
    @Option(name: .customLong("scheme"), help: "Tuning scheme. May be repeated; all where it is not given.")
    var schemes: [String] = []
    @Option(name: .customLong("optimizer"), help: "Optimizer. May be repeated; all where it is not given.")
    var optimizers: [String] = []
    @Option(name: .customLong("length"), help: "Tokens of each sequence: 128 where it is not given. May be repeated.")
    var lengths: [Int] = []
    @Option(help: "Sequences of the batch.") var sequences = 4
    @Option(help: "Measured steps.") var repetitions = 3
    @Option(name: .customLong("set"), help: ArgumentHelp("As in a recipe. May be repeated.", valueName: "key=value"))
    var settings: [String] = []
    @Flag(help: "Print the result as JSON.") var json = false
    @OptionGroup var threads: ThreadArguments
    @OptionGroup var plugins: PluginArguments

    func validate() throws {
      try BenchModel.validate([model])
      guard DType(name: dtype) != nil else { throw ValidationError("--dtype must be float32, float16 or bfloat16") }
      guard (1...4096).contains(sequences), lengths.allSatisfy((2...1024).contains), (1...1000).contains(repetitions)
      else { throw ValidationError("--sequences 1 to 4096, --length 2 to 1024, --repetitions 1 to 1000") }
    }

    func run() throws {
      let components = try plugins.load().components
      var reports: [MethodBench.Report] = []
      for scheme in schemes.isEmpty ? components.schemes.names : schemes {
        for optimizer in optimizers.isEmpty ? components.optimizers.names : optimizers {
          for length in lengths.isEmpty ? [128] : lengths {
            let bench = MethodBench(
              // Validated.
              model: BenchModel(named: model) ?? BenchModel.all[0], dtype: DType(name: dtype) ?? .float32,
              sequences: sequences, length: length, threads: threads.value, repetitions: repetitions)
            reports.append(
              try bench.run(["scheme=\(scheme)", "optimizer=\(optimizer)"] + settings, components: components))
          }
        }
      }
      if json { return try Output.json(reports) }
      Output.table(
        reports.map { report in
          [
            "\(report.scheme) + \(report.optimizer)", "\(report.tokens)", Quantity.count(report.trainable),
            String(format: "%.3f s", report.stepSeconds), String(format: "%.2f", report.forwardsPerStep),
            Quantity.bytes(report.forecast.totalBytes), Quantity.bytes(report.measuredBytes),
            Quantity.percent(report.measuredShare),
          ]
        },
        header: [
          "\(model), \(dtype)", "tokens", "train", "step", "in forwards", "forecast", "measured", "of forecast",
        ])
    }
  }
}
