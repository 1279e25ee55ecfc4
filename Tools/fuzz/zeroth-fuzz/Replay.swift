import Foundation

/// Reads inputs again that were kept: one file, or a folder as the corpus is one.
struct Replay {
  let options: Options

  func run(_ place: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
      throw FuzzError("\(place.path): there is no such file or folder")
    }
    let scratch = FileManager.default.temporaryDirectory.appending(path: "zeroth-fuzz-replay-\(getpid())")
    defer { try? FileManager.default.removeItem(at: scratch) }
    if !isFolder.boolValue {
      guard let name = options.reader else { throw FuzzError("--replay of a file needs --reader") }
      return try replay([place], try Options.reader(name), scratch)
    }
    let folders = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    for name in folders where !name.hasPrefix(".") {
      let reader = try Options.reader(name), folder = place.appending(path: name)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      try replay(files.map { folder.appending(path: $0) }, reader, scratch)
    }
  }

  private func replay(_ files: [URL], _ reader: FuzzReader, _ scratch: URL) throws {
    let folder = try InputFolder(scratch, readers: [reader], root: options.root)
    for file in files {
      let input = [UInt8](try Data(contentsOf: file))
      say("\(reader.name)/\(file.lastPathComponent): ", terminator: "")
      Replay.setTimer(seconds: options.hangNanoseconds / 1_000_000_000)
      let outcome = try folder.read(input, reader, status: options.isWorkerStatus ? Worker.memoryStatus : 0)
      Replay.setTimer(seconds: 0)
      let said = outcome.complaint?.replacingOccurrences(of: scratch.path, with: "") ?? "read"
      say("\(said.prefix(200)) (\(outcome.memory >> 10) KiB)")
    }
  }

  /// Ends this process by SIGALRM after so much processor time, so that a busy machine is no hang; 0 does not.
  private static func setTimer(seconds: Int) {
    signal(SIGPROF) { _ in
      signal(SIGALRM, SIG_DFL)
      raise(SIGALRM)
    }
    var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
    setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
  }
}
