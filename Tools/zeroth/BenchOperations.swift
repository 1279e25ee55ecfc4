import ArgumentParser
import Foundation
import TensorCore
import Training

extension BenchModel {
  /// For help and complaints.
  static var names: String { all.map(\.name).joined(separator: ", ") }

  /// - Throws: a usage error for a name that is not known.
  static func validate(_ names: [String]) throws {
    if let unknown = names.first(where: { BenchModel(named: $0) == nil }) {
      throw ValidationError("--model must be one of \(BenchModel.names), not '\(unknown)'")
    }
  }
}

extension BenchCommand {
  struct Operations: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ops",
      abstract: "Every kernel's rate against the machine's own, and what share of a forward each operation takes.",
      discussion: """
        Kernels that go over memory are held against a plain copy or scaling of as many bytes, in a core's cache and out
        of every cache; attention and linear layers against plain matrix products. The ceilings are measured beside them,
        in the same process.

        EXAMPLES
          zeroth bench ops
          zeroth bench ops --only forward --model llama-125m
          zeroth bench ops --only kernels --threads 1 --json
        """)

    enum Part: String, ExpressibleByArgument, CaseIterable { case kernels, products, forward }

    @Option(help: "kernels, products or forward; all of them where this is not given.") var only: Part?
    @Option(help: "Shape of the forward's model: \(BenchModel.names). May be repeated; all where it is not given.")
    var model: [String] = []
    @Option(help: "Sequences of the forward's batch.") var sequences = 16
    @Option(help: "Tokens of each.") var length = 64
    @Option(help: "Threads; 0: kernels and products with one and with all, the forward with all.") var threads = 0
    @Option(help: "Measurements of each kernel, product and forward.") var repetitions = 5
    @Flag(help: "Print the result as JSON.") var json = false

    func validate() throws {
      try BenchModel.validate(model)
      guard (1...4096).contains(sequences), (1...512).contains(length), (1...1000).contains(repetitions) else {
        throw ValidationError("--sequences 1 to 4096, --length 1 to 512, --repetitions 1 to 1000")
      }
      guard (0...1024).contains(threads) else { throw ValidationError("--threads must be from 0 to 1024") }
    }

    private struct Report: Encodable {
      var kernels: [KernelBench.Row] = []
      var products: [ProductBench.Row] = []
      var forwards: [ForwardBench.Report] = []
    }

    func run() throws {
      let counts = threads == 0 ? KernelBench.oneAndAll : [Threads(threads)]
      var report = Report()
      for part in only.map({ [$0] }) ?? Part.allCases {
        switch part {
        case .kernels:
          report.kernels = try KernelBench(threads: counts, repetitions: repetitions).run()
          if !json { printKernels(report.kernels) }
        case .products:
          report.products = try ProductBench(threads: counts, repetitions: repetitions).run()
          if !json { printProducts(report.products) }
        case .forward:
          for name in model.isEmpty ? BenchModel.all.map(\.name) : model {
            let forward = try ForwardBench(
              // Validated.
              model: BenchModel(named: name) ?? BenchModel.all[0], sequences: sequences, length: length,
              threads: counts[counts.count - 1], repetitions: repetitions
            ).run()
            report.forwards.append(forward)
            if !json { printForward(forward) }
          }
        }
      }
      if json { try Output.json(report) }
    }

    /// One line a kernel: its rate and share in cache and from memory, for each number of threads.
    private func printKernels(_ rows: [KernelBench.Row]) {
      var lines: [[String]] = [], header = ["kernel, GB/s"], index: [String: Int] = [:]
      for row in rows {
        if index[row.kernel] == nil {
          index[row.kernel] = lines.count
          lines.append([row.kernel])
        }
        let place = index[row.kernel] ?? 0
        lines[place] += [String(format: "%.1f", row.gigabytes), share(row.share)]
        let threads = row.threads == 1 ? "1 thread" : "\(row.threads) threads"
        if place == 0 { header += ["\(row.isCached ? "cache" : "memory"), \(threads)", "of copy"] }
      }
      Output.table(lines, header: header)
      Output.line("")
    }

    private func printProducts(_ rows: [ProductBench.Row]) {
      Output.table(
        rows.map {
          [
            $0.product, "\($0.threads)", String(format: "%.1f", $0.gigaflops),
            String(format: "%.1f", $0.ceilingGigaflops),
            share($0.share), String(format: "%.1f", $0.gigabytes),
          ]
        }, header: ["product", "threads", "GFLOP/s", "SGEMM", "of it", "GB/s"])
      Output.line("")
    }

    private func printForward(_ report: ForwardBench.Report) {
      Output.table(
        report.rows.map {
          [
            $0.operation.rawValue, Quantity.percent($0.share), String(format: "%.2f ms", 1000 * $0.seconds),
            $0.gigaflops == 0 ? "" : String(format: "%.1f", $0.gigaflops), String(format: "%.1f", $0.gigabytes),
          ]
        } + [["between them", Quantity.percent(report.otherShare), "", "", ""]],
        header: [
          "\(report.model), \(report.tokens) tokens, \(report.threads) threads", "share", "time", "GFLOP/s", "GB/s",
        ])
      Output.line(
        String(
          format: "forward: %.3f s, %.0f GFLOP/s, %.1f %% of SGEMM beside it (%.0f)\n", report.seconds,
          report.gigaflops,
          100 * report.gigaflops / report.ceilingGigaflops, report.ceilingGigaflops))
    }

    private func share(_ value: Double) -> String { String(format: "%.0f %%", 100 * value) }
  }
}
