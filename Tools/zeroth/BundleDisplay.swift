import Bundles
import Foundation
import Training

/// How bundles are shown to people.
enum BundleDisplay {
  static func show(_ written: BundleWriter.Result, as file: String, json: Bool) throws {
    struct Report: Encodable {
      var file: String
      var id: String
      var kind: String
      var members: Int
      var bytes: Int
    }
    let report = Report(
      file: file, id: written.id.hex, kind: written.manifest.kind.rawValue, members: written.manifest.members.count,
      bytes: written.size)
    if json { return try Output.json(report) }
    Output.line("\(file): \(report.kind), \(report.members) files, \(Quantity.count(report.bytes)) bytes")
    Output.line("id \(report.id)")
  }

  static func show(_ reader: BundleReader) {
    let manifest = reader.manifest
    Output.line("\(manifest.title) (\(manifest.kind.rawValue))")
    Output.line("id \(reader.id)")
    Output.line("packed by zeroth \(manifest.zeroth)")
    for (name, text) in [("source", manifest.source), ("licence", manifest.licence)] {
      if let text { Output.line("\(name): \(text)") }
    }
    if let ledger = manifest.ledger {
      Output.line(
        "ledger: \(Quantity.count(ledger.steps)) steps, \(Quantity.count(ledger.records)) records of \(ledger.recordsOf), "
          + "\(ledger.law), seed \(ledger.runSeed)")
    }
    if !manifest.requirements.isEmpty {
      Output.line("")
      Output.table(
        manifest.requirements.map {
          [$0.role.rawValue, $0.name, $0.included ? "in the bundle" : "to be found", $0.sha256.hex]
        },
        header: ["needs", "name", "where", "sha256"])
    }
    if !manifest.results.isEmpty {
      Output.line("")
      Output.table(
        manifest.results.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }, header: ["result", "value"])
    }
    Output.line("")
    Output.table(
      manifest.members.map { [Quantity.count($0.size), $0.kind.rawValue, String($0.sha256.hex.prefix(12)), $0.path] },
      header: ["bytes", "kind", "sha256", "path"])
  }

  static func show(_ difference: BundleDifference) {
    guard !difference.isEmpty else { return Output.line("the same content") }
    func show<Value>(_ heading: String, _ changes: [BundleDifference.Change<Value>], _ text: (Value) -> String) {
      for change in changes {
        Output.line(
          "\(heading) \(change.name): \(change.before.map(text) ?? "none") -> \(change.after.map(text) ?? "none")")
      }
    }
    show("manifest", difference.fields) { $0 }
    show("recipe", difference.recipe) { $0 }
    show("version", difference.versions) { $0 }
    show("needs", difference.requirements) { "\($0.sha256.hex.prefix(12))\($0.included ? ", included" : "")" }
    show("result", difference.results) { "\($0)" }
    show("file", difference.members) { "\($0.sha256.hex.prefix(12)), \(Quantity.count($0.size)) bytes" }
  }

  static func show(_ report: Reproduction.Report) {
    Output.table(
      report.items.map { [$0.isSame ? "same" : "OTHER", $0.name, $0.found] + ($0.isSame ? [""] : [$0.stored]) },
      header: ["", "what", "found", "in the bundle"])
    let others = report.otherPredictions
    Output.line(
      others.isEmpty
        ? "all \(Quantity.count(report.predictions)) answers are the same"
        : "\(Quantity.count(others.count)) of \(Quantity.count(report.predictions)) answers are others: examples "
          + others.prefix(10).map(String.init).joined(separator: ", ") + (others.count > 10 ? ", ..." : ""))
    if !report.kernels.isSame {
      Output.line(
        "kernels are \(report.kernels.found), and were \(report.kernels.stored): scores may differ in their last digits"
      )
    }
    Output.line(report.isSame ? "exactly the bundle's result" : "not the bundle's result")
  }
}

/// Bytes that are done, their rate, and the time left.
final class ByteProgressLine {
  private let line = ProgressLine()
  private var stage: BundleProgress.Stage?
  private var began = Date()

  func show(_ progress: BundleProgress) {
    if stage != progress.stage { (stage, began) = (progress.stage, Date()) }
    let seconds = Date().timeIntervalSince(began)
    var text = "\(progress.stage.rawValue)  \(Quantity.bytes(progress.done)) of \(Quantity.bytes(progress.total))"
    if seconds > 0.5, progress.done > 0 {
      let rate = Double(progress.done) / seconds
      text +=
        "  \(Quantity.bytes(Int(rate)))/s  \(Quantity.duration(Double(progress.total - progress.done) / rate)) left"
    }
    line.show(text)
  }

  func finish() { line.finish() }
}
