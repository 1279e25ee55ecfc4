import Foundation
import Synchronization

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
      let watch = Watchdog(nanoseconds: options.hangNanoseconds)
      let outcome = try folder.read(input, reader, status: options.isWorkerStatus ? Worker.memoryStatus : 0)
      watch.stop()
      let said = outcome.complaint?.replacingOccurrences(of: scratch.path, with: "") ?? "read"
      say("\(said.prefix(200)) (\(outcome.memory >> 10) KiB)")
    }
  }
}

/// Ends this process where it has been busy for too long. A thread and no signal: whoever started this process may have
/// blocked those.
private final class Watchdog: Sendable {
  private let isOver = Mutex(false)

  /// - Parameter nanoseconds: of processor time, so that a busy machine is no hang.
  init(nanoseconds: Int) {
    let end = Slot.now(CLOCK_PROCESS_CPUTIME_ID) + nanoseconds
    Thread.detachNewThread { [self] in
      while !isOver.withLock({ $0 }) {
        if Slot.now(CLOCK_PROCESS_CPUTIME_ID) > end {
          say("hang: busy for \(nanoseconds / 1_000_000_000) s of processor time")
          _exit(Worker.hangStatus)
        }
        usleep(2000)
      }
    }
  }

  func stop() { isOver.withLock { $0 = true } }
}
