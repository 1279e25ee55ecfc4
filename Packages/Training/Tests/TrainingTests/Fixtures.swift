import Foundation
import TuningCore

@testable import Training

/// Components as plugins would register them; making one is no part of these tests.
func sampleComponents() throws -> Components {
  var components = Components()
  func add<Product>(_ registry: inout Registry<Product>, _ name: String, _ options: [OptionSpecification]) throws {
    let description = ComponentDescription(
      name: name, summary: "For tests.", reference: "none", cost: "none", options: options)
    try registry.register(description, origin: "tests 1.0") { _ in throw TuningError(.notApplicable, "for tests") }
  }
  try add(&components.schemes, "full", [])
  try add(
    &components.schemes, "lora",
    [
      OptionSpecification("rank", .integer(atLeast: 1, atMost: 4096), default: .integer(8), help: "r."),
      OptionSpecification("alpha", .number(above: 0, atMost: .infinity), default: .number(16), help: "α."),
      OptionSpecification(
        "target_modules", .names, default: .list([.text("q_proj"), .text("v_proj")]), help: "Layers."),
      OptionSpecification("rslora", .boolean, default: .boolean(false), help: "α / √r."),
    ])
  try add(
    &components.optimizers, "zo-sgd",
    [
      OptionSpecification("epsilon", .number(above: 0, atMost: 10), default: .number(1e-3), help: "ε."),
      OptionSpecification("queries", .integer(atLeast: 1, atMost: 65535), default: .integer(1), help: "q."),
      OptionSpecification("law", .choice(["gaussian", "rademacher"]), default: .text("gaussian"), help: "Of z."),
    ])
  try add(
    &components.optimizers, "zo-adam",
    [
      OptionSpecification("beta1", .fraction(from: 0, below: 1), default: .number(0.9), help: "β₁.")
    ])
  return components
}

/// A folder that is gone when the value is.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "zeroth-training-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ data: Data, to name: String) throws -> URL {
    let file = url.appending(path: name)
    try data.write(to: file)
    return file
  }
}

/// The project's folder `docs`.
let documentation = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../../docs").standardizedFileURL
