import Foundation

/// Finds the tensors of a state dict in both formats of `torch.save`.
enum StateDictReader {
  private static func malformed(_ file: URL, _ what: String) -> ModelError {
    ModelError(.malformedFile, "\(file.path): \(what): the file is damaged or incomplete, fetch it again")
  }

  // MARK: Zip

  /// The zip format: `NAME/data.pkl` describes the tensors, `NAME/data/KEY` are the storages.
  static func zip(_ bytes: UnsafeRawBufferPointer, file: URL) throws -> [StoredTensor] {
    let members = try StoredZip(bytes, file: file).members
    let pickles = members.keys.filter { $0.hasSuffix("/data.pkl") && $0.utf8.count(where: { $0 == 0x2f }) == 1 }
    guard pickles.count == 1, let pickle = pickles.first, let range = members[pickle] else {
      throw malformed(file, "a zip archive with \(pickles.count) data.pkl in it, not one as torch.save writes it")
    }
    let folder = pickle.dropLast("data.pkl".utf8.count)
    if members["\(folder)constants.pkl"] != nil {
      throw ModelError(.unsupported, "\(file.path): a TorchScript program; a state dict of tensors is read")
    }
    if let order = members["\(folder)byteorder"], !bytes[order].elementsEqual("little".utf8) {
      throw ModelError(.unsupported, "\(file.path): saved on a big-endian machine; little-endian files are read")
    }
    var machine = PickleMachine(UnsafeRawBufferPointer(rebasing: bytes[range]), file: file, origin: range.lowerBound)
    let value = try machine.run()
    return try tensors(of: value, machine, file: file) { storage, key in
      guard let range = members["\(folder)data/\(key)"] else {
        throw malformed(file, "the archive lacks the storage '\(PickleMachine.shown(key))'")
      }
      return range
    }
  }

  // MARK: Legacy

  /// 0x1950a86a20f9469cfc6c as a pickle: what old files begin with, after the protocol and perhaps a frame.
  private static let magic: [UInt8] = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]

  /// The format before torch 1.6: five pickles (magic number, version, machine, state dict, keys of the storages), then
  /// each storage as its number of elements and the elements.
  static func legacy(_ bytes: UnsafeRawBufferPointer, file: URL) throws -> [StoredTensor] {
    let framed = bytes.count > 2 && bytes[2] == PickleOpcode.frame.rawValue
    let begin = framed ? 11 : 2
    guard bytes.count > begin + magic.count, bytes[0] == PickleOpcode.proto.rawValue,
      bytes[begin..<begin + magic.count].elementsEqual(magic)
    else {
      throw ModelError(
        .malformedFile, "\(file.path): not a file of torch.save: neither a zip archive nor one of its pickles")
    }
    func next(after position: Int) throws -> (PickleValue, PickleMachine) {
      var machine = PickleMachine(bytes, file: file, position: position)
      return (try machine.run(), machine)
    }
    let (version, afterVersion) = try next(after: begin + magic.count)
    guard case .integer(1001) = version else {
      throw malformed(file, "a version of torch.save's format that never was")
    }
    let (system, afterSystem) = try next(after: afterVersion.position)
    if case .dictionary(let place) = system {
      for (key, value) in pairs(afterSystem.containers[place]) {
        if case .bool(false) = value, case .text = key, try afterSystem.name(key, "a key") == "little_endian" {
          throw ModelError(.unsupported, "\(file.path): saved on a big-endian machine; little-endian files are read")
        }
      }
    }
    let (stateDict, machine) = try next(after: afterSystem.position)
    let (keys, afterKeys) = try next(after: machine.position)
    guard case .list(let place) = keys else { throw malformed(file, "no list of storages") }
    let ranges = try storages(afterKeys.containers[place], afterKeys, of: machine, bytes, file: file)
    return try tensors(of: stateDict, machine, file: file) { _, key in
      guard let range = ranges[key] else {
        throw malformed(file, "the file lacks the storage '\(PickleMachine.shown(key))'")
      }
      return range
    }
  }

  /// Where each storage lies: they follow the pickle of their keys in its order.
  private static func storages(
    _ keys: [PickleValue], _ last: PickleMachine, of machine: PickleMachine, _ bytes: UnsafeRawBufferPointer, file: URL
  ) throws -> [String: Range<Int>] {
    var sizes: [String: Int] = [:]
    for storage in machine.storages {
      sizes[try machine.name(.text(storage.key), "a storage's key")] = storage.type?.byteCount ?? 1
    }
    var ranges: [String: Range<Int>] = [:]
    var position = last.position
    for key in keys {
      let name = try last.name(key, "a storage's key")
      guard let size = sizes[name], position <= bytes.count - 8 else {
        throw malformed(file, "the storage '\(PickleMachine.shown(name))' is not there or not described")
      }
      let count = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
      position += 8
      guard count >= 0, count <= Int64((bytes.count - position) / size) else {
        throw malformed(file, "the storage '\(PickleMachine.shown(name))' of \(count) elements lies outside the file")
      }
      guard ranges.updateValue(position..<position + Int(count) * size, forKey: name) == nil else {
        throw malformed(file, "the storage '\(PickleMachine.shown(name))' comes twice")
      }
      position += Int(count) * size
    }
    return ranges
  }

  // MARK: Both

  private static func pairs(_ items: [PickleValue]) -> some Sequence<(PickleValue, PickleValue)> {
    stride(from: 0, to: items.count, by: 2).lazy.map { (items[$0], items[$0 + 1]) }
  }

  /// The entries of a state dict, each with the bytes of its storage.
  private static func tensors(
    of value: PickleValue, _ machine: PickleMachine, file: URL,
    locate: (_ storage: TorchStorage, _ key: String) throws -> Range<Int>
  ) throws -> [StoredTensor] {
    guard case .dictionary(let place) = value else {
      throw ModelError(.unsupported, "\(file.path): holds no state dict, but something else that was pickled")
    }
    var located: [Int: Range<Int>] = [:]
    var names = Set<String>()
    return try pairs(machine.containers[place]).map { key, value in
      let name = try machine.name(key, "a tensor's name")
      guard names.insert(name).inserted else {
        throw malformed(file, "the tensor '\(PickleMachine.shown(name))' comes twice")
      }
      guard case .tensor(let number) = value else {
        throw ModelError(
          .unsupported,
          "\(file.path): '\(PickleMachine.shown(name))' is not a tensor: this is no plain state dict "
            + "(save model.state_dict() by itself)")
      }
      let view = machine.tensors[number], storage = machine.storages[view.storage]
      let range: Range<Int>
      if let known = located[view.storage] {
        range = known
      } else {
        range = try locate(storage, machine.name(.text(storage.key), "a storage's key"))
        located[view.storage] = range
      }
      let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.type?.byteCount ?? 1)
      guard !overflow, size == range.count else {
        throw malformed(
          file, "the storage of '\(PickleMachine.shown(name))' has \(range.count) bytes, not \(storage.count) elements")
      }
      return StoredTensor(name: name, view: view, bytes: range)
    }
  }
}
