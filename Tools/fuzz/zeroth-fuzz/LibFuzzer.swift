#if LIBFUZZER
  import CFuzzMemory
  import Foundation

  /// The program as LLVM's libFuzzer drives it: inputs grow by what code they reach. `Tools/fuzz/libfuzzer` builds it so.
  enum LibFuzzer {
    /// The reader that is tried, and where. Set once, before the loop begins.
    nonisolated(unsafe) private static var target: (reader: FuzzReader, folder: InputFolder)?

    /// Runs libFuzzer's loop: `zeroth-fuzz READER FOLDER [libFuzzer's arguments]`. The reader's seeds are put into the
    /// folder, where the corpus grows.
    ///
    /// - Returns: what the process ends with.
    static func run(_ arguments: [String]) throws -> Int32 {
      guard arguments.count > 2, let reader = FuzzReader.all.first(where: { $0.name == arguments[1] }) else {
        throw FuzzError("give a reader and a folder; readers: " + FuzzReader.all.map(\.name).joined(separator: ", "))
      }
      let root = URL(filePath: FileManager.default.currentDirectoryPath), growing = URL(filePath: arguments[2])
      for (number, seed) in try reader.inputs(root: root, corpus: root.appending(path: "Tools/fuzz/Corpus"))
        .enumerated()
      {
        try Data(seed).write(to: growing.appending(path: "seed-\(number)"))
      }
      let scratch = FileManager.default.temporaryDirectory.appending(path: "zeroth-libfuzzer-\(getpid())")
      target = (reader, try InputFolder(scratch, readers: [reader], root: root))
      var words = ([arguments[0]] + arguments.dropFirst(3) + [growing.path]).map { strdup($0) } + [nil]
      var count = Int32(words.count - 1)
      return words.withUnsafeMutableBufferPointer { words in
        var list = words.baseAddress
        return LLVMFuzzerRunDriver(&count, &list) { oneInput($0, $1) }
      }
    }

    /// An input that asks for too much memory aborts, as a crash does; both are libFuzzer's findings.
    fileprivate static func read(_ input: [UInt8]) {
      guard let target else { return }
      _ = try? target.folder.read(input, target.reader, status: 0)
    }
  }

  /// What libFuzzer calls, from our own `main` or from the one that it brings.
  @_cdecl("LLVMFuzzerTestOneInput")
  func oneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    LibFuzzer.read(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
  }
#endif
