import Foundation

/// All jobs, one after the other, and the table of what came of them.
struct KillTest {
  /// Kinds of jobs, as `--job` takes them.
  static let jobNames = "train, bundle-create, bundle-extract"

  private let options: Options
  private let program: Program
  private let jobs: [any KillJob]
  private let scratch: URL

  /// - Throws: `KillError` where there is no such job, or nothing to test.
  init(_ options: Options) throws {
    self.options = options
    program = try Program()
    scratch = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "zeroth-kill-\(getpid())")
    let model = options.root.appending(path: "Models/stories260K"), bundle = scratch.appending(path: "bundle/model.zb")
    let all: [any KillJob] =
      TrainingJob.all(root: options.root) + [BundleJob.create(of: model), BundleJob.extract(of: bundle)]
    jobs = options.job == "all" ? all : all.filter { $0.name.hasPrefix(options.job) }
    guard !jobs.isEmpty else {
      throw KillError("--job \(options.job): there are \(all.map(\.name).joined(separator: ", "))")
    }
  }

  /// Whether all of it held.
  func run() throws -> Bool {
    defer { try? FileManager.default.removeItem(at: scratch) }
    try packModel()
    say(Outcome.heading)
    var sum = Outcome(name: "all")
    for (number, job) in jobs.enumerated() {
      let share = options.kills * (number + 1) / jobs.count - options.kills * number / jobs.count
      var trial = try Trial(
        job, program, in: scratch.appending(path: "\(number)"), seed: options.seed &+ UInt64(number))
      try trial.run(kills: share, findings: options.findings)
      say(trial.outcome.row)
      sum += trial.outcome
    }
    say(sum.row)
    return sum.failures.isEmpty
  }
}

extension KillTest {
  /// What the job that unpacks begins with.
  private func packModel() throws {
    let folder = scratch.appending(path: "bundle")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let packing = BundleJob.create(of: options.root.appending(path: "Models/stories260K"))
    let ending = try program.run(packing.begin(in: folder), in: folder)
    guard ending.exitStatus == 0 else { throw KillError("\(packing.name): \(ending.said)") }
  }
}

/// What came of the kills of a job.
struct Outcome {
  let name: String
  var cases = 0, kills = 0, resumes = 0
  /// What the job was doing, or the files that it was writing, and how often.
  var phases: [String: Int] = [:]
  /// Folders that were kept, with what is wrong in them.
  var failures: [String] = []

  init(name: String) { self.name = name }

  static let heading = line("job", "cases", "kills", "resumes", "verdict", "ended while at")

  var row: String {
    let places = phases.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
    let verdict = failures.isEmpty ? "the same" : "\(failures.count) FAILED"
    return Outcome.line(
      name, "\(cases)", "\(kills)", "\(resumes)", verdict, places.joined(separator: ", ")
    ) + failures.map { "\n  \($0)" }.joined()
  }

  private static func line(_ name: String, _ counts: String...) -> String {
    name.padding(toLength: max(24, name.count), withPad: " ", startingAt: 0)
      + counts.prefix(3).map { String(repeating: " ", count: max(1, 9 - $0.count)) + $0 }.joined()
      + "  " + counts.suffix(2).map { $0.padding(toLength: max(10, $0.count), withPad: " ", startingAt: 0) }.joined()
  }

  static func += (sum: inout Outcome, other: Outcome) {
    sum.cases += other.cases
    sum.kills += other.kills
    sum.resumes += other.resumes
    sum.phases.merge(other.phases, uniquingKeysWith: +)
    sum.failures += other.failures
  }
}
