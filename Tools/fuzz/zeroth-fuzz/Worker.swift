import Foundation

/// A process that reads inputs until it is ended, or until one ends it.
struct Worker {
  /// What a worker ends with where an input asks for too much memory.
  static let memoryStatus: Int32 = 77
  /// What a replay ends with where an input keeps its reader busy.
  static let hangStatus: Int32 = 78

  let options: Options
  let job: Int
  /// The first input's number.
  let start: Int

  func run() throws -> Never {
    let scratch = URL(filePath: options.scratch ?? "")
    let slot = try Slot(scratch.appending(path: "slot-\(job)"))
    let readers = try options.readers()
    let folder = try InputFolder(scratch.appending(path: "job-\(job)"), readers: readers, root: options.root)
    let seeds = try readers.map { try $0.inputs(root: options.root, corpus: options.corpus) }
    let supervisor = getppid()
    for iteration in start... {
      // Nobody is left to tell.
      guard getppid() == supervisor else { break }
      let number = iteration % readers.count, reader = readers[number]
      slot.iteration = iteration
      slot.reader = number
      var mutator = Mutator(
        random: RandomBytes(seed: options.seed &* 0x1_0000_01b3 ^ UInt64(job) << 48 ^ UInt64(iteration)))
      // The seeds themselves come first.
      let turn = iteration / readers.count
      let input = turn < seeds[number].count ? seeds[number][turn] : mutator.input(for: reader, from: seeds[number])
      slot.input = input
      slot.beganWall = Slot.now(CLOCK_MONOTONIC)
      slot.began = Slot.now(CLOCK_PROCESS_CPUTIME_ID)
      let outcome = try folder.read(input, reader, status: Worker.memoryStatus)
      slot.began = 0
      slot.count(number, wasRead: outcome.complaint == nil)
    }
    exit(0)
  }
}
