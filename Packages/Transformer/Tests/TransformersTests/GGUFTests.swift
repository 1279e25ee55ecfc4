import Foundation
import TensorCore
import Testing

@testable import Transformers

@Suite struct GGUFTests {
  private func file(_ bytes: Data, in folder: URL) throws -> URL {
    let url = folder.appending(path: "model.gguf")
    try bytes.write(to: url)
    return url
  }

  /// What opening these bytes says.
  private func complaint(_ bytes: GGUFBytes) throws -> ModelError? {
    try withTemporaryFolder { folder in
      let url = try file(bytes.bytes, in: folder)
      return failure { try GGUFFile(url) }
    }
  }

  /// Rows of random blocks and of blocks made to be awkward, beside what the reference makes of them.
  @Test func blocksAreDequantisedBitForBit() throws {
    let file = try GGUFFile(Goldens.folder.appending(path: "gguf/blocks.gguf"))
    let all = try Data(contentsOf: Goldens.folder.appending(path: "gguf/blocks.expected.f32"))
    #expect(Set(file.entries.map(\.type.name)) == Set(GGUFTensorType.all.map(\.name)))
    var start = 0
    for entry in file.entries {
      let count = entry.shape.reduce(1, *), rows = entry.shape[0]
      let wanted = (start..<start + count).map { i in
        all.withUnsafeBytes { Float(bitPattern: $0.loadUnaligned(fromByteOffset: i * 4, as: UInt32.self)) }
      }
      start += count
      let tensor = try file.tensor(entry.name, threads: Threads(2))
      #expect(entry.shape[1] == 256 && tensor.shape == entry.shape)
      #expect(differing(tensor.values, wanted) == [], "\(entry.name)")
      #expect(tensor.isWritable == (entry.type.dtype == nil))
      let narrow = try file.tensor(entry.name, as: .bfloat16, threads: Threads(2))
      #expect(try differing(narrow.values, Tensor(wanted, shape: entry.shape, dtype: .bfloat16).values) == [])
      let turned = try file.tensor(entry.name, as: .float32, threads: Threads(2)) { (rows - $0) % rows }
      #expect(
        differing(turned.values, wanted[..<256] + (1..<rows).reversed().flatMap { wanted[$0 * 256..<$0 * 256 + 256] })
          == [])
    }
    #expect(start * 4 == all.count)
  }

  /// Where two lists differ in bits; all values that are no numbers are one.
  private func differing(_ found: [Float], _ wanted: some Collection<Float>) -> [Int] {
    guard found.count == wanted.count else { return [-1] }
    return zip(found, wanted).enumerated().filter { _, pair in
      pair.0.bitPattern != pair.1.bitPattern && !(pair.0.isNaN && pair.1.isNaN)
    }.map(\.offset)
  }

  @Test func metadataIsRead() throws {
    let metadata = try GGUFFile(Goldens.folder.appending(path: "gguf/mixed.gguf")).metadata
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(try metadata.strings("tokenizer.ggml.tokens")?.last == "t36")
    #expect(try metadata.integers("tokenizer.ggml.token_type") == Array(repeating: 1, count: 37))
    #expect(try metadata.token("tokenizer.ggml.eos_token_id") == 2)
    #expect(try metadata.token("tokenizer.ggml.padding_token_id") == nil)
    #expect(try metadata.bool("tokenizer.ggml.add_bos_token") == false)
    #expect(try metadata.number("llama.attention.layer_norm_rms_epsilon") == 1e-5)
    #expect(metadata.values["test.nested"] == .arrays([.integers([1, 2]), .integers([3])]))
    #expect(failure { try metadata.integer("general.architecture") }?.message.contains("not an integer") == true)
    #expect(failure { try metadata.strings("tokenizer.ggml.token_type") }?.code == .invalidConfiguration)
  }

  @Test func everyTypeOfValueIsRead() throws {
    try withTemporaryFolder { folder in
      var bytes = GGUFBytes(version: 2)
      bytes.key("u8", type: 0, Data([200]))
      bytes.key("i8", type: 1, Data([200]))
      bytes.key("u16", type: 2, GGUFBytes.number(UInt16(60000)))
      bytes.key("i16", type: 3, GGUFBytes.number(Int16(-2)))
      bytes.key("i32", type: 5, GGUFBytes.number(Int32(-3)))
      bytes.key("bool", type: 7, Data([1]))
      bytes.key("u64", type: 10, GGUFBytes.number(UInt64(1) << 40))
      bytes.key("i64", type: 11, GGUFBytes.number(Int64(-5)))
      bytes.key("f64", type: 12, GGUFBytes.number((0.1).bitPattern))
      bytes.key(
        "f32s", type: 9,
        GGUFBytes.number(UInt32(6)) + GGUFBytes.number(UInt64(1)) + GGUFBytes.number(Float(0.1).bitPattern))
      bytes.key("bools", type: 9, GGUFBytes.number(UInt32(7)) + GGUFBytes.number(UInt64(2)) + Data([0, 1]))
      let values = try GGUFFile(file(bytes.bytes, in: folder)).metadata.values
      #expect(
        values == [
          "u8": .integer(200), "i8": .integer(-56), "u16": .integer(60000), "i16": .integer(-2), "i32": .integer(-3),
          "bool": .bool(true), "u64": .integer(1 << 40), "i64": .integer(-5), "f64": .number(0.1),
          "f32s": .numbers([0.1]), "bools": .bools([false, true]),
        ])
    }
  }

  @Test func badBeginningsAreErrors() throws {
    #expect(try complaint(GGUFBytes(magic: "GGML"))?.message.contains("does not begin with 'GGUF'") == true)
    let old = try complaint(GGUFBytes(version: 1))
    #expect(old?.code == .unsupported && old?.message.contains("version 1") == true)
    #expect(try complaint(GGUFBytes(version: UInt32(3).byteSwapped))?.message.contains("big-endian") == true)
    #expect(try complaint(GGUFBytes(tensorCount: 1 << 60))?.message.contains("do not fit") == true)
    #expect(try complaint(GGUFBytes(keyCount: .max))?.message.contains("do not fit") == true)
    #expect(try complaint(GGUFBytes(keyCount: 1))?.code == .malformedFile)
  }

  @Test func badMetadataIsAnError() throws {
    func complaint(_ change: (inout GGUFBytes) -> Void) throws -> String {
      var bytes = GGUFBytes()
      change(&bytes)
      let error = try self.complaint(bytes)
      #expect(error?.code == .malformedFile || error?.code == .unsupported || error?.code == .invalidConfiguration)
      return error?.message ?? "no error"
    }
    let huge = GGUFBytes.number(UInt64.max / 4)
    #expect(try complaint { $0.key("k", type: 8, huge) }.contains("do not fit"))
    #expect(try complaint { $0.key("k", type: 99, Data(count: 64)) }.contains("unknown type 99"))
    #expect(try complaint { $0.key("k", type: 9, GGUFBytes.number(UInt32(8)) + huge) }.contains("do not fit"))
    #expect(try complaint { $0.key("k", type: 9, GGUFBytes.number(UInt32(4)) + huge) }.contains("do not fit"))
    #expect(try complaint { $0.key("k", type: 9, GGUFBytes.number(UInt32(50)) + huge) }.contains("unknown type 50"))
    let nested = (0..<9).reduce(Data()) { data, _ in data + GGUFBytes.number(UInt32(9)) + GGUFBytes.number(UInt64(1)) }
    #expect(try complaint { $0.key("k", type: 9, nested) }.contains("nested deeper"))
    #expect(try complaint { $0.key("k", type: 8, GGUFBytes.number(UInt64(1)) + Data([0xff])) }.contains("UTF-8"))
    #expect(
      try complaint {
        $0.key("k", 1)
        $0.key("k", 2)
      }.contains("comes twice"))
    #expect(try complaint { $0.key("general.alignment", 3) }.contains("general.alignment"))
    #expect(try complaint { $0.key("general.alignment", 0) }.contains("general.alignment"))
    #expect(try complaint { $0.key("split.count", 2) }.contains("2 parts"))
  }

  @Test func badTensorsAreErrors() throws {
    func complaint(_ change: (inout GGUFBytes) -> Void) throws -> String {
      var bytes = GGUFBytes()
      bytes.data = Data(count: 64)
      change(&bytes)
      return try self.complaint(bytes)?.message ?? "no error"
    }
    #expect(try complaint { $0.tensor("x", axes: [16]) } == "no error")
    #expect(try complaint { $0.tensor("x", axes: [17]) }.contains("lies outside"))
    #expect(try complaint { $0.tensor("x", axes: [1], offset: 64) }.contains("lies outside"))
    #expect(try complaint { $0.tensor("x", axes: [1], offset: .max) }.contains("lies outside"))
    #expect(try complaint { $0.tensor("x", axes: [1], offset: 4) }.contains("not aligned"))
    #expect(try complaint { $0.tensor("x", axes: [1 << 40, 1 << 40]) }.contains("impossible shape"))
    #expect(try complaint { $0.tensor("x", axes: [.max]) }.contains("impossible shape"))
    #expect(try complaint { $0.tensor("x", axes: [1, 1, 1, 1, 1]) }.contains("5 axes"))
    for type in GGUFTensorType.all where type.dtype == nil {
      let length = type.blockElementCount * 3 / 2
      let message = try complaint { $0.tensor("x", axes: [UInt64(length), 1], type: type.number) }
      #expect(message.contains("rows of the tensor 'x' have \(length) elements, which \(type.name)'s blocks"))
    }
    let eight = try complaint { $0.tensor("x", axes: [256], type: 15) }
    #expect(eight.contains("is stored as Q8_K") && eight.contains("Q6_K, IQ4_NL, IQ4_XS"))
    #expect(try complaint { $0.tensor("x", axes: [1], type: 77) }.contains("unknown type 77"))
    #expect(
      try complaint {
        $0.tensor("x", axes: [16])
        $0.tensor("y", axes: [1], offset: 32)
      }.contains("overlap"))
    #expect(
      try complaint {
        $0.tensor("x", axes: [1])
        $0.tensor("x", axes: [1], offset: 32)
      }.contains("comes twice"))
  }

  @Test func damageIsAnErrorNeverACrash() throws {
    let original = try Data(contentsOf: Goldens.folder.appending(path: "gguf/llama3.gguf"))
    try withTemporaryFolder { folder in
      for end in stride(from: 1, to: original.count, by: 211) {
        let url = try file(original.prefix(end), in: folder)
        #expect(failure { try PretrainedModel.load(url) } != nil)
      }
      for place in stride(from: 0, to: 3000, by: 13) {
        var damaged = original
        damaged[place] ^= 0x91
        let url = try file(damaged, in: folder)
        _ = failure { try PretrainedModel.load(url, threads: Threads(1)) }
      }
    }
  }
}
