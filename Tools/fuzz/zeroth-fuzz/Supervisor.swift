import Foundation

/// Runs workers for a while, and keeps what ends one of them.
struct Supervisor {
  let options: Options
  private let readers: [FuzzReader]
  private let scratch: URL

  init(_ options: Options) throws {
    self.options = options
    readers = try options.readers()
    let base = access("/dev/shm", W_OK) == 0 ? URL(filePath: "/dev/shm") : FileManager.default.temporaryDirectory
    scratch = base.appending(path: "zeroth-fuzz-\(getpid())")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
  }

  private struct Job {
    var process: pid_t
    let slot: Slot
  }

  /// - Returns: the findings, which are on disk by then.
  func run() throws -> [Finding] {
    defer { try? FileManager.default.removeItem(at: scratch) }
    let began = Slot.now(CLOCK_MONOTONIC), end = began + options.seconds * 1_000_000_000
    var findings: [Finding] = []
    var jobs = try (0..<options.jobs).map { number in
      let slot = try Slot(scratch.appending(path: "slot-\(number)"))
      return Job(process: try start(number, from: 0), slot: slot)
    }
    while Slot.now(CLOCK_MONOTONIC) < end, findings.count < options.findings {
      usleep(50_000)
      for number in jobs.indices {
        guard let kind = state(of: jobs[number]) else { continue }
        let slot = jobs[number].slot
        let finding = Finding(
          kind: kind, reader: readers[slot.reader], input: slot.input,
          origin: "seed \(options.seed), job \(number), input \(slot.iteration)")
        // A machine that stood still looks like a hang.
        if try kind == .hang && !finding.happensAgain(options) {
          say("\(finding): not a second time, so no finding")
        } else {
          try finding.save(in: options.findingsFolder)
          say("\(finding)")
          findings.append(finding)
        }
        slot.began = 0
        jobs[number].process = try start(number, from: slot.iteration + 1)
      }
    }
    for job in jobs {
      kill(job.process, SIGKILL)
      var status: Int32 = 0
      waitpid(job.process, &status, 0)
    }
    report(jobs.map(\.slot), seconds: max(1, (Slot.now(CLOCK_MONOTONIC) - began) / 1_000_000_000))
    return findings
  }

  private func start(_ job: Int, from iteration: Int) throws -> pid_t {
    try Child.spawn(
      [
        "--worker", "\(job)", "--start", "\(iteration)", "--scratch", scratch.path, "--seed", "\(options.seed)",
        "--root",
        options.root.path, "--corpus", options.corpus.path,
      ] + (options.reader.map { ["--reader", $0] } ?? []),
      isQuiet: false)
  }

  /// What has become of a worker; nil while all is well.
  private func state(of job: Job) -> Finding.Kind? {
    var status: Int32 = 0
    if waitpid(job.process, &status, WNOHANG) == job.process { return Child.kind(status: status) }
    guard job.slot.began != 0 else { return nil }
    var clock = clockid_t()
    guard clock_getcpuclockid(job.process, &clock) == 0 else { return nil }
    let began = job.slot.began, wall = job.slot.beganWall
    guard began != 0,
      Slot.now(clock) - began > options.hangNanoseconds
        || Slot.now(CLOCK_MONOTONIC) - wall > 20 * options.hangNanoseconds
    else { return nil }
    kill(job.process, SIGKILL)
    waitpid(job.process, &status, 0)
    return .hang
  }

  private func report(_ slots: [Slot], seconds: Int) {
    var total = 0
    say("reader              inputs     read")
    for (number, reader) in readers.enumerated() {
      let counts = slots.map { $0.counts(of: number) }
      let all = counts.reduce(0) { $0 + $1.all }, read = counts.reduce(0) { $0 + $1.read }
      total += all
      func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
      }
      say(reader.name + column("\(all)", 26 - reader.name.count) + column("\(read)", 9))
    }
    say("\(total) inputs in \(seconds) s, \(total / seconds) a second, seed \(options.seed)")
  }
}
