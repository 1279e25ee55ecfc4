import Dispatch
import Foundation

/// Compresses a stream on several threads at once: it is cut into pieces of one size, each of which becomes a zstd frame
/// of its own, and the frames are written in order. A zstd file may consist of any number of frames.
///
/// The bytes depend on the stream and the release of zstd alone, not on the number of threads. Memory is about 10 MiB a
/// thread.
final class ZstandardFrameWriter {
  /// Bytes of every frame but the last when unpacked. Text shrinks by a few per cent less than in one frame, weights as
  /// well; a smaller piece costs text more, a larger one takes more memory a thread.
  static let frameSize = 2 << 20
  /// Weights shrink alike at every level; text by a tenth more at 6 than at 3, and little more beyond.
  static let level = 6
  static let greatestThreadCount = 6

  private let sink: FileSink
  private let path: String
  private let threads: Int
  private var current = Frame()
  /// Being compressed, the oldest first.
  private var pending: [Frame] = []

  /// - Parameter threads: nil for one a processor.
  init(sink: FileSink, path: String, threads: Int?) {
    self.sink = sink
    self.path = path
    self.threads = min(max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount), Self.greatestThreadCount)
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      rest = rest.dropFirst(current.append(UnsafeRawBufferPointer(rebasing: rest)))
      if current.isFull {
        if pending.count == threads { try writeOldest() }
        pending.append(current)
        current.start(path: path)
        current = Frame()
      }
    }
  }

  func close() throws {
    while !pending.isEmpty { try writeOldest() }
    if !current.isEmpty { try sink.append(current.compressed(path: path)) }
  }

  private func writeOldest() throws { try sink.append(pending.removeFirst().finished()) }

  /// A piece of the stream on its way to a frame. One thread has it at a time: the stream's, a worker's, the stream's.
  private final class Frame: @unchecked Sendable {
    private let content = UnsafeMutableRawBufferPointer.allocate(byteCount: frameSize, alignment: 16)
    private var count = 0
    private var result: Result<Data, any Error>?
    private let done = DispatchSemaphore(value: 0)

    deinit { content.deallocate() }

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { count == content.count }

    /// How many of `bytes` there was room for.
    func append(_ bytes: UnsafeRawBufferPointer) -> Int {
      let part = bytes.prefix(content.count - count)
      UnsafeMutableRawBufferPointer(rebasing: content[count...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: part))
      count += part.count
      return part.count
    }

    func start(path: String) {
      DispatchQueue.global(qos: .userInitiated).async {
        self.result = Result { try self.compressed(path: path) }
        self.done.signal()
      }
    }

    func finished() throws -> Data {
      done.wait()
      guard let result else { preconditionFailure("ZstandardFrameWriter: a frame is done and has no result") }
      return try result.get()
    }

    func compressed(path: String) throws -> Data {
      let piece = UnsafeRawBufferPointer(rebasing: content[..<count])
      var frame = Data(capacity: count / 2)
      let output = try ArchiveOutput(.zstandard(level: level), path: path) { frame.append(contentsOf: $0) }
      try output.append("", piece)
      try output.close()
      return frame
    }
  }
}
