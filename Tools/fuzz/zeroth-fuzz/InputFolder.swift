import CFuzzMemory
import Foundation

/// A folder for each reader with its companions, in which inputs take their turns.
struct InputFolder {
  private let url: URL

  /// - Parameter readers: those whose folders are made.
  init(_ url: URL, readers: [FuzzReader], root: URL) throws {
    self.url = url
    for reader in readers {
      let folder = url.appending(path: reader.name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, source) in reader.companions where name != reader.file {
        try Data(contentsOf: root.appending(path: source)).write(to: folder.appending(path: name))
      }
    }
  }

  /// Has `reader` read `input`, within its memory; whether it did without complaint.
  ///
  /// - Parameter status: that the process ends with where the memory is not enough; 0 aborts.
  func read(_ input: [UInt8], _ reader: FuzzReader, status: Int32) throws -> Outcome {
    let folder = url.appending(path: reader.name), file = folder.appending(path: reader.file)
    // A new file each time: an old one may still be mapped.
    try? FileManager.default.removeItem(at: file)
    try Data(input).write(to: file)
    fuzz_memory_arm(FuzzReader.memoryLimit(size: input.count), status)
    do {
      try reader.read(folder, file)
      return Outcome(complaint: nil, memory: fuzz_memory_disarm())
    } catch {
      let complaint = "\(error)"
      return Outcome(complaint: complaint, memory: fuzz_memory_disarm())
    }
  }

  struct Outcome {
    /// What the reader's error says.
    var complaint: String?
    /// Most bytes asked for.
    var memory: Int
  }
}
