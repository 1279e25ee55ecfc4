import Foundation
import TensorCore
import Testing

@testable import Transformers

@Suite struct TorchFileTests {
  private let folder = Goldens.folder.appending(path: "pickle")

  /// A tensor as torch described it; numbers as text, since JSON has no infinity.
  private struct Described: Decodable {
    let name: String
    let dtype: String
    let shape: [Int]
    let values: [String]?
  }

  /// A pickle that must not be read, and what is to be said of it.
  private struct Hostile: Decodable {
    let name: String
    let bytes: Data
    let code: String
    let says: String
  }

  private func compare(_ file: TorchFile, _ expected: [Described]) throws {
    #expect(file.entries.map(\.name) == expected.map(\.name))
    for (entry, wanted) in zip(file.entries, expected) {
      #expect(entry.dtype == wanted.dtype && entry.shape == wanted.shape, "\(entry.name)")
      guard let values = wanted.values else {
        let error = failure { try file.tensor(entry.name) }
        #expect(error?.code == .unsupported && error?.message.contains(wanted.dtype) == true, "\(entry.name)")
        continue
      }
      let tensor = try file.tensor(entry.name)
      #expect(tensor.shape == wanted.shape)
      #expect(tensor.dtype == TorchElementType(rawValue: wanted.dtype)?.dtype ?? .float32)
      #expect(tensor.values.map(\.bitPattern) == values.map { Float($0)?.bitPattern }, "\(entry.name)")
    }
  }

  @Test func stateDictsOfEveryKindAreRead() throws {
    let expected = try Goldens.json([String: [Described]].self, "pickle/state.expected.json")
    for file in ["zip-2", "zip-3", "zip-4", "zip-5", "legacy-2", "legacy-4"] {
      try compare(TorchFile(folder.appending(path: "state-\(file).bin")), #require(expected["state"]))
    }
    try compare(TorchFile(folder.appending(path: "state-untyped.bin")), #require(expected["untyped"]))
  }

  /// What `References/pickle/make_goldens.py --random` made, where `ZEROTH_RANDOM_PICKLES` names its folder.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["ZEROTH_RANDOM_PICKLES"] != nil))
  func randomStateDictsAreRead() throws {
    let folder = URL(filePath: ProcessInfo.processInfo.environment["ZEROTH_RANDOM_PICKLES"] ?? "")
    let expected = try JSONDecoder().decode(
      [String: [Described]].self, from: Data(contentsOf: folder.appending(path: "random.expected.json")))
    for (name, tensors) in expected { try compare(TorchFile(folder.appending(path: name)), tensors) }
  }

  @Test func contiguousTensorsAreViewsOfTheFile() throws {
    let file = try TorchFile(folder.appending(path: "state-zip-2.bin"))
    let table = try file.tensor("table")
    for name in ["tied", "alias", "rows"] {
      let view = try file.tensor(name)
      #expect(!view.isWritable && view.storage === table.storage, "\(name)")
    }
    #expect(try file.tensor("tied").byteOffset == table.byteOffset)
    for name in ["columns", "transposed", "double", "permuted", "half.transposed"] {
      let copy = try file.tensor(name)
      #expect(copy.isWritable && copy.storage !== table.storage, "\(name)")
    }
    #expect(failure { try file.tensor("none") }?.code == .mismatchedTensors)
  }

  @Test func pickledModelsLoadAsSafetensorsDo() throws {
    let original = try PretrainedModel.load(Goldens.folder.appending(path: "grouped-heads"))
    func compare(_ folder: URL, files: [String]) throws {
      let loaded = try PretrainedModel.load(folder)
      #expect(loaded.source.format == .pickle && loaded.source.files.map(\.lastPathComponent) == files)
      #expect(loaded.source.tensorTypes == ["float32": original.state.parameters.parameters.count])
      for (a, b) in zip(loaded.state.parameters.parameters, original.state.parameters.parameters) {
        #expect(a.path == b.path && a.tensor.values == b.tensor.values)
      }
    }
    try withTemporaryFolder { parent in
      let copy = try copyOfGolden("grouped-heads", in: parent), manager = FileManager.default
      try manager.removeItem(at: copy.appending(path: "model.safetensors"))
      let single = copy.appending(path: "pytorch_model.bin")
      for name in ["model.bin", "model-legacy.bin"] {
        try manager.copyItem(at: folder.appending(path: name), to: single)
        try compare(copy, files: ["pytorch_model.bin"])
        try manager.removeItem(at: single)
      }
      let shards = (1...2).map { "pytorch_model-0000\($0)-of-00002.bin" }
      for name in shards + ["pytorch_model.bin.index.json"] {
        try manager.copyItem(at: folder.appending(path: name), to: copy.appending(path: name))
      }
      try compare(copy, files: shards)
      try Data().write(to: single)
      #expect(failure { try PretrainedModel.load(copy) }?.message.contains("remove the one that is old") == true)
      try manager.removeItem(at: single)
      let index = copy.appending(path: "pytorch_model.bin.index.json")
      try index.edit { $0.replacing("\"model.norm.weight\"", with: "\"model.morn.weight\"") }
      #expect(failure { try PretrainedModel.load(copy) }?.message.contains("model.morn.weight") == true)
      try index.edit { $0.replacing("00001-of-00002.bin", with: "00001-of-00002.safetensors") }
      #expect(failure { try PretrainedModel.load(copy) }?.message.contains("a .bin file") == true)
    }
  }

  @Test func picklesThatAskForMoreAreRefusedByName() throws {
    let cases = try Goldens.json([Hostile].self, "pickle/hostile.json")
    #expect(cases.count > 80)
    try withTemporaryFolder { parent in
      let url = parent.appending(path: "pytorch_model.bin")
      for hostile in cases {
        try hostile.bytes.write(to: url)
        let error = failure { try TorchFile(url) }
        #expect(
          error?.code.rawValue == hostile.code && error?.message.contains(hostile.says) == true,
          "\(hostile.name): \(error?.message ?? "read") should say: \(hostile.says)")
        #expect(error?.message.hasPrefix(url.path) == true && error?.message.contains("\u{1b}") == false)
      }
    }
  }

  /// Values within values to any depth, whose end of life must not recurse either.
  @Test func deepAndRepetitivePicklesAreBounded() throws {
    func complaint(_ body: [UInt8]) -> ModelError? {
      body.withUnsafeBytes { bytes in
        var machine = PickleMachine(bytes, file: URL(filePath: "x.bin"))
        return failure { try machine.run() }
      }
    }
    let proto: [UInt8] = [0x80, 2], count = 20_000
    func many(_ bytes: [UInt8]) -> [UInt8] { (0..<count).flatMap { _ in bytes } }
    // A tuple of a tuple of ...; a list in a list in ...; as many marks as bytes.
    #expect(complaint(proto + [0x29] + many([0x85]) + [0x2e]) == nil)
    #expect(complaint(proto + [0x5d] + many([0x5d]) + many([0x61]) + [0x2e]) == nil)
    #expect(complaint(proto + many([0x28]) + [0x2e])?.code == .malformedFile)
    // Many dictionaries of one long list of pairs.
    let pairs = proto + [0x5d, 0x71, 0, 0x28] + many([0x4e, 0x4e, 0x86]) + [0x65]
    let copies = pairs + many([0x63] + Array("collections\nOrderedDict\n".utf8) + [0x68, 0, 0x85, 0x52])
    #expect(complaint(copies)?.message.contains("too many for a state dict") == true)
  }

  @Test func damageIsAnErrorNeverACrash() throws {
    try withTemporaryFolder { parent in
      let url = parent.appending(path: "x.bin")
      for name in ["state-zip-2.bin", "state-legacy-2.bin", "state-zip-4.bin"] {
        let original = try Data(contentsOf: folder.appending(path: name))
        for end in stride(from: 1, to: original.count, by: 127) {
          try original.prefix(end).write(to: url)
          #expect(failure { try TorchFile(url) } != nil, "\(name) cut at \(end)")
        }
        for place in stride(from: 0, to: original.count, by: 97) {
          var damaged = original
          damaged[place] ^= 0x91
          try damaged.write(to: url)
          _ = failure {
            let file = try TorchFile(url)
            for entry in file.entries { _ = failure { try file.tensor(entry.name) } }
          }
        }
      }
    }
  }
}
