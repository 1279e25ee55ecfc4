import Foundation
import TensorCore
import Testing

@testable import Transformers

@Suite struct SafetensorsTests {
  /// A file of this header and so many bytes of data.
  private func file(_ header: String, data: Int, length: UInt64? = nil, in folder: URL) throws -> URL {
    let url = folder.appending(path: "model.safetensors")
    var content = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
    content += Data(header.utf8) + Data((0..<data).map { UInt8(truncatingIfNeeded: $0) })
    try content.write(to: url)
    return url
  }

  @Test func writtenFilesAreReadBack() throws {
    try withTemporaryFolder { folder in
      let tensors = [
        ("b", try Tensor([1, -2, 0.5], shape: [3], dtype: .bfloat16)),
        ("a", try Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])),
        ("ü \"x\"\n", try Tensor([7], shape: [], dtype: .float16)),
        ("empty", try Tensor(zeros: [0, 4])),
      ]
      let url = folder.appending(path: "x.safetensors"), again = folder.appending(path: "y.safetensors")
      try SafetensorsWriter.write(tensors, to: url)
      try SafetensorsWriter.write(tensors, to: again)
      #expect(try Data(contentsOf: url) == Data(contentsOf: again))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["x.safetensors", "y.safetensors"])
      let file = try SafetensorsFile(url)
      #expect(file.metadata == ["format": "pt"])
      #expect(file.entries.map(\.bytes.lowerBound).min()! % 64 == 0)
      for (name, tensor) in tensors {
        let read = try file.tensor(name)
        #expect(read.values == tensor.values && read.shape == tensor.shape && read.dtype == tensor.dtype)
        #expect(!read.isWritable)
      }
    }
  }

  @Test func unalignedDataIsCopied() throws {
    try withTemporaryFolder { folder in
      let header =
        #"{"p":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
      let url = try file(header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8), data: 9, in: folder)
      let tensor = try SafetensorsFile(url).tensor("x")
      let bytes = try Data(contentsOf: url).suffix(8)
      #expect(tensor.isWritable)
      #expect(
        tensor.values.map(\.bitPattern)
          == [0, 4].map { k in
            bytes.dropFirst(k).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
          })
    }
  }

  @Test func otherDTypesAreErrorsThatNameThem() throws {
    try withTemporaryFolder { folder in
      let whole = try file(#"{"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, data: 8, in: folder)
      let error = failure { try SafetensorsFile(whole).tensor("ids") }
      #expect(error?.code == .unsupported && error!.message.contains("'ids'") && error!.message.contains("I64"))
      let unknown = try file(#"{"q":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, data: 1, in: folder)
      #expect(failure { try SafetensorsFile(unknown) }?.code == .unsupported)
    }
  }

  /// Headers that lie, with a word of what each error must say.
  @Test(arguments: [
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}"#, "outside"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "outside"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, "outside"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, "outside"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#, "expected"),
    (#"{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "does not fill"),
    (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#, "impossible shape"),
    (#"{"x":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}"#, "impossible shape"),
    (
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      "overlaps"
    ),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "hole"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "belong to none"),
    (
      #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
      "twice"
    ),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, "ends in the middle"),
    (#"{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, "expected"),
    (#"{"x":{"dtype":"F32","shape":[2]}}"#, "expected"),
    (#"{"x":7}"#, "expected"), (#"[1]"#, "not a JSON object"), (#"{"__metadata__":{"a":1}}"#, "not a string"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x"#, "more text"), ("\u{1}", "expected a JSON value"),
    ("", "ends"),
    (String(repeating: "[", count: 1000), "nested"),
  ])
  func lyingHeadersAreErrors(header: String, word: String) throws {
    try withTemporaryFolder { folder in
      let url = try file(header, data: 8, in: folder)
      let error = failure { try SafetensorsFile(url) }
      #expect(error?.code == .malformedFile, "\(header)")
      #expect(
        error?.message.contains(word) == true && error?.message.contains(url.path) == true, "\(error?.message ?? "-")")
    }
  }

  @Test func lyingLengthsAreErrors() throws {
    try withTemporaryFolder { folder in
      for length: UInt64 in [100, 1 << 40, .max, UInt64(Int.max)] {
        let url = try file("{}", data: 0, length: length, in: folder)
        #expect(failure { try SafetensorsFile(url) }?.message.contains("header says") == true)
      }
      let short = folder.appending(path: "short.safetensors")
      try Data([1, 2, 3]).write(to: short)
      #expect(failure { try SafetensorsFile(short) }?.message.contains("too few") == true)
    }
  }

  /// Every file that is cut short somewhere, and every one with a byte of its header changed, is read or refused.
  @Test func damageIsAnErrorNeverACrash() throws {
    let original = try Data(contentsOf: Goldens.folder.appending(path: "one-head-one-layer/model.safetensors"))
    let headerEnd = 8 + Int(original.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "model.safetensors")
      for end in stride(from: 1, to: original.count, by: 97) {
        try original.prefix(end).write(to: url)
        #expect(failure { try SafetensorsFile(url) }?.code == .malformedFile)
      }
      var refused = 0
      for place in stride(from: 0, to: headerEnd, by: 5) {
        var damaged = original
        damaged[place] ^= 0x15
        try damaged.write(to: url)
        let error = failure {
          let file = try SafetensorsFile(url)
          for entry in file.entries { _ = try file.tensor(entry.name).values.count }
        }
        refused += error == nil ? 0 : 1
      }
      #expect(refused > 100)
    }
  }

  @Test func emptyAndUnreadableFilesAreErrors() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "empty.safetensors")
      try Data().write(to: url)
      #expect(throws: TensorError.self) { try SafetensorsFile(url) }
      #expect(throws: TensorError.self) { try SafetensorsFile(folder) }
      #expect(throws: TensorError.self) { try SafetensorsFile(folder.appending(path: "none.safetensors")) }
    }
  }

  @Test func aFullDiskIsAnErrorThatSaysSo() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let error = failure {
      try [1, 2, 3].withUnsafeBytes {
        try ReplacementFile.write($0, to: descriptor, file: URL(filePath: "/full/model.safetensors"))
      }
    }
    #expect(error?.code == .writeFailed)
    #expect(error?.message.contains("No space left") == true && error?.message.contains("make room") == true)
  }

  @Test func whatCannotBeWrittenLeavesTheOldFile() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "taken")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      let error = failure { try SafetensorsWriter.write([("x", try Tensor([1], shape: [1]))], to: target) }
      #expect(error?.code == .writeFailed)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
      let nowhere = folder.appending(path: "no/such/folder/x.safetensors")
      #expect(failure { try SafetensorsWriter.write([], to: nowhere) }?.code == .writeFailed)
    }
  }
}
