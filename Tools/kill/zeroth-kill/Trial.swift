import Foundation

/// One job: how it goes unbroken, and case after case of how it goes when it is ended again and again.
struct Trial {
  private(set) var outcome: Outcome
  private let job: any KillJob
  private let program: Program
  /// Where every case is made.
  private let place: URL
  private let reference: URL
  /// Of the unbroken job.
  private let seconds: Double
  private let operations: [(target: String, count: Int)]
  private let seed: UInt64
  private var random: SplitMix64

  /// Does the job unbroken, twice.
  ///
  /// - Throws: `KillError` where it fails, or comes to something else the second time.
  init(_ job: any KillJob, _ program: Program, in scratch: URL, seed: UInt64) throws {
    (self.job, self.program, self.seed) = (job, program, seed)
    outcome = Outcome(name: job.name)
    random = SplitMix64(seed: seed)
    place = scratch.appending(path: "place")
    reference = scratch.appending(path: "reference")
    let log = scratch.appending(path: "operations")
    seconds = try Trial.unbroken(job, program, in: place)
    try FileManager.default.moveItem(at: place, to: reference)
    _ = try Trial.unbroken(job, program, in: place, log: log)
    let differences = try job.differences(in: place, from: reference)
    guard differences.isEmpty else {
      throw KillError("\(job.name) comes to something else each time: \(differences.joined(separator: "; "))")
    }
    let paths = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    operations = job.targets.map { target in (target, paths.count { $0.contains(target) }) }.filter { $0.count > 0 }
  }

  private static func unbroken(_ job: any KillJob, _ program: Program, in place: URL, log: URL? = nil) throws -> Double
  {
    try empty(place)
    let ending = try program.run(job.begin(in: place), in: place, log: log)
    guard ending.exitStatus == 0 else { throw KillError("\(job.name), unbroken: \(ending.said)") }
    return ending.seconds
  }

  /// Cases until there were so many kills, or one that failed.
  mutating func run(kills: Int, findings: URL) throws {
    while outcome.kills < kills, outcome.failures.isEmpty {
      var blows: [Blow] = []
      let most = min(kills - outcome.kills, Int.random(in: 1...6, using: &random))
      let complaints = try oneCase(&blows, atMost: most)
      outcome.cases += 1
      if !complaints.isEmpty { try keep(complaints, after: blows, in: findings) }
    }
  }

  /// Begins, ends, goes on, ends... and lets it come to its end.
  ///
  /// - Returns: what is wrong.
  private mutating func oneCase(_ blows: inout [Blow], atMost most: Int) throws -> [String] {
    try Trial.empty(place)
    var arguments = try job.begin(in: place), kept = 0
    while true {
      let blow = blows.count < most ? Blow.draw(operations, by: &random) : nil
      let ending = try program.run(arguments, in: place, blow, unbroken: seconds)
      let complaints = job.complaints(goingOnFrom: kept, said: ending.said)
      guard complaints.isEmpty else { return complaints }
      // A blow may come after the end.
      if ending.exitStatus == 0 { return try job.differences(in: place, from: reference) }
      guard let blow, ending.isBy(blow) else { return ["status \(ending.exitStatus ?? -1): \(ending.said)"] }
      blows.append(blow)
      outcome.kills += 1
      outcome.phases[blow.target ?? job.phase(in: place), default: 0] += 1
      let left = try job.complaints(in: place, reference: reference, wasAsked: ending.exitStatus != nil)
      guard left.isEmpty else { return left }
      kept = job.kept(in: place)
      arguments = try job.goOn(in: place)
      outcome.resumes += 1
    }
  }

  private mutating func keep(_ complaints: [String], after blows: [Blow], in findings: URL) throws {
    let folder = findings.appending(path: "\(job.name.replacing(" ", with: "-"))-seed-\(seed)-case-\(outcome.cases)")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: place, to: folder.appending(path: "found"))
    try FileManager.default.copyItem(at: reference, to: folder.appending(path: "unbroken"))
    let story = blows.map { "\($0)\n" }.joined() + complaints.map { "\($0)\n" }.joined()
    try Data(story.utf8).write(to: folder.appending(path: "story.txt"))
    outcome.failures.append("\(folder.path): \(complaints.joined(separator: "; "))")
  }

  private static func empty(_ folder: URL) throws {
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }
}

extension Program.Ending {
  /// What a run that a signal asked to stop ends with.
  private static let stopped: Int32 = 75

  /// Whether it is the end that such a blow makes.
  fileprivate func isBy(_ blow: Blow) -> Bool {
    switch blow {
    case .moment, .operation: signal == SIGKILL
    // One that comes before the program listens ends it at once.
    case .request(let asked, _): signal == asked || exitStatus == Self.stopped
    }
  }
}
