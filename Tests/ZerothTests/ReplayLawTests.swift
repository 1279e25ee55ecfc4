import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// Replayed = live, by hash: for every scheme with every optimizer that a plugin registers, for parts and masks, each in
/// float32 and bfloat16, live on one of the ways that a machine may compute, replayed on all others.
///
/// Which kernels compute is for the whole process, so each group has a process of its own.
@Suite(.workplace) struct ReplayLawTests {
  /// How a machine may compute.
  struct Way: CustomStringConvertible {
    var threads: Int
    var isPortable: Bool

    static let all =
      [1, 2].map { Way(threads: $0, isPortable: true) }
      + (KernelPath.processorHasAVX2 ? [1, 2].map { Way(threads: $0, isPortable: false) } : [])

    var description: String { "\(threads) threads, \(isPortable ? "portable" : "AVX2") kernels" }
  }

  /// Methods by what they change in the recipe.
  struct Group: Sendable, Codable, CustomTestStringConvertible {
    var name: String
    var methods: [[String: String]] = []

    var testDescription: String { name }
  }

  private static let numbers: [[String: String]] = [
    ["scheme": "full", "zo-sgd.queries": "3", "zo-sgd.law": "sphere"],
    ["scheme": "full", "zo-sgd.sides": "one-sided", "zo-sgd.law": "gaussian-fast", "rounding": "nearest"],
    ["scheme": "lora", "zo-sgd.law": "rademacher"],
    ["scheme": "full", "optimizer": "zo-adam", "dtype": "float16"],
    ["scheme": "full", "dtype": "float16", "rounding": "nearest"],
  ]

  static let groups: [Group] = {
    guard let components = try? Plugins.host().components else { return [] }
    let schemes = components.schemes.names.map { scheme in
      Group(
        name: scheme,
        methods: components.optimizers.names.compactMap {
          try? Pair(scheme: scheme, optimizer: $0).changes(["queries": "2", "weight_decay": "0.1"])
        })
    }
    let ways = numbers.map { $0.merging(["model": Project.smallModel.path]) { $1 } }
    return schemes + [
      Group(name: "parts and masks", methods: MethodLawTests.shapes.map(\.changes)),
      Group(name: "directions and rounding", methods: ways),
    ]
  }()

  @Test func everyPairIsHere() throws {
    let components = try Plugins.host().components
    for (scheme, group) in zip(components.schemes.names, Self.groups) {
      #expect(Set(group.methods.map { $0["optimizer"] }) == Set(components.optimizers.names), "\(scheme)")
    }
    #expect(Self.groups.count == components.schemes.names.count + 2)
  }

  @Test(arguments: groups) func replayedIsLiveOnEveryMachine(_ group: Group) async throws {
    let place = try Workplace().url
    await #expect(processExitsWith: .success) { [group, place = place as URL] in
      for (number, changes) in group.methods.enumerated() {
        for (format, dtype) in ["float32", "bfloat16"].enumerated() {
          let live = Way.all[(number + 3 * format) % Way.all.count]
          try Self.expectReplay(
            of: ["dtype": dtype, "schedule": "linear"].merging(changes) { $1 }, live: live,
            in: place.appending(path: "\(number)-\(dtype)"))
        }
      }
    }
  }

  private static func expectReplay(of changes: [String: String], live: Way, in folder: URL) throws {
    let run = try LiveRun(changes, on: live, in: folder)
    #expect(run.after != run.before, "\(changes)")
    let bytes = try Data(contentsOf: run.ledger).count
    #expect(try bytes == LedgerReader(run.ledger).header.encoded().count + 20 * run.records, "\(changes)")
    for way in Way.all where way.description != live.description {
      #expect(try run.replay(on: way) == run.after, "\(changes): \(live) live, replayed on \(way)")
    }
  }
}

/// Three steps, without a look at dev, and a payload after the last where exact gradients had a part.
private struct LiveRun {
  let ledger: URL
  /// Hashes of the parameters that train.
  let before: String
  let after: String
  let records: Int

  init(_ changes: [String: String], on way: ReplayLawTests.Way, in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    KernelPath.forcePortable(way.isPortable)
    let small = [
      "threads": "\(way.threads)", "steps": "3", "batch_size": "2", "dev_examples": "0", "test_examples": "1",
    ]
    let session = Session(folder: RunFolder(folder), changes: changes.merging(small) { $1 })
    let experiment = try session.experiment()
    ledger = session.folder.ledger
    before = TrainedParameters.hash(experiment.oracle.state.parameters).hex
    let writer = try LedgerWriter(creating: ledger, header: experiment.ledgerHeader(plugins: session.plugins))
    var records = 0
    for step in 0..<experiment.recipe.steps {
      _ = try experiment.advance(step: step) { updates in
        try writer.append(step: step, updates: updates)
        records += updates.reduce(0) { $0 + max(1, $1.terms.count) }
      }
    }
    self.records = records
    let payload = experiment.method.plan.payload(of: experiment.oracle.state.parameters)
    try LedgerReader(ledger).payloads?.write(payload, step: experiment.recipe.steps)
    after = TrainedParameters.hash(experiment.oracle.state.parameters).hex
  }

  /// The hash of what the ledger gives.
  func replay(on way: ReplayLawTests.Way) throws -> String {
    KernelPath.forcePortable(way.isPortable)
    let replay = try Replay(
      ledger: ledger, base: nil, components: Plugins.host().components, threads: Threads(way.threads))
    return try replay.run(steps: nil, to: ledger.deletingLastPathComponent().appending(path: "\(way)")) { _, _ in }
      .parameters
  }
}
