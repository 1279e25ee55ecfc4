import Foundation

/// The members of a zip archive that are stored as they are, as `torch.save` writes all of them: where each lies.
/// Zip64 is read, compressed and encrypted members are refused, checksums are not computed.
struct StoredZip {
  /// Bytes of the file, by the member's name.
  private(set) var members: [String: Range<Int>] = [:]

  private let bytes: UnsafeRawBufferPointer
  private let file: URL

  /// Reads the central directory and every member's own header.
  ///
  /// - Throws: `ModelError.malformedFile`, or `.unsupported` for compressed or encrypted members.
  init(_ bytes: UnsafeRawBufferPointer, file: URL) throws {
    self.bytes = bytes
    self.file = file
    let directory = try self.directory()
    var position = directory.bytes.lowerBound
    for _ in 0..<directory.count {
      let (name, range, end) = try member(at: position, before: directory.bytes)
      guard members.updateValue(range, forKey: name) == nil else {
        throw malformed("the member '\(PickleMachine.shown(name))' comes twice")
      }
      position = end
    }
  }

  private func malformed(_ what: String) -> ModelError {
    ModelError(.malformedFile, "\(file.path): zip archive: \(what): the file is damaged or incomplete, fetch it again")
  }

  /// The little-endian number at `offset`.
  private func number<T: FixedWidthInteger>(_: T.Type, _ offset: Int) throws -> Int {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size,
      let value = Int(exactly: T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self)))
    else { throw malformed("no number at byte \(offset)") }
    return value
  }

  private func expect(_ signature: Int, _ what: String, at offset: Int) throws {
    guard try number(UInt32.self, offset) == signature else { throw malformed("no \(what) at byte \(offset)") }
  }

  /// Where the end record is: the last of its signatures whose comment reaches to the end of the file.
  private func endRecord() throws -> Int {
    for offset in stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xffff), by: -1) {
      if try number(UInt32.self, offset) == 0x0605_4b50,
        try number(UInt16.self, offset + 20) == bytes.count - offset - 22
      {
        return offset
      }
    }
    throw malformed("no end of the central directory")
  }

  /// The central directory's place and how many members it lists.
  private func directory() throws -> (bytes: Range<Int>, count: Int) {
    let end = try endRecord()
    var count = try number(UInt16.self, end + 10), size = try number(UInt32.self, end + 12)
    var offset = try number(UInt32.self, end + 16), limit = end
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
      try expect(0x0706_4b50, "zip64 locator", at: end - 20)
      limit = try number(UInt64.self, end - 12)
      try expect(0x0606_4b50, "zip64 end record", at: limit)
      count = try number(UInt64.self, limit + 32)
      size = try number(UInt64.self, limit + 40)
      offset = try number(UInt64.self, limit + 48)
    }
    guard offset <= limit, size <= limit - offset, count <= size / 46 else {
      throw malformed("a directory of \(count) members and \(size) bytes at byte \(offset) lies outside the file")
    }
    return (offset..<offset + size, count)
  }

  /// The directory's entry at `position`: its name, where its data lies, and where the next entry begins.
  private func member(at position: Int, before directory: Range<Int>) throws -> (String, Range<Int>, Int) {
    try expect(0x0201_4b50, "entry of the central directory", at: position)
    let nameEnd = try position + 46 + number(UInt16.self, position + 28)
    let extraEnd = try nameEnd + number(UInt16.self, position + 30)
    let end = try extraEnd + number(UInt16.self, position + 32)
    guard end <= directory.upperBound else { throw malformed("an entry of the central directory reaches beyond it") }
    guard let name = String(validating: bytes[position + 46..<nameEnd], as: UTF8.self) else {
      throw malformed("a member's name is not UTF-8")
    }
    let shown = PickleMachine.shown(name)
    let method = try number(UInt16.self, position + 10)
    guard try method == 0 && number(UInt16.self, position + 8) & 1 == 0 else {
      throw ModelError(
        .unsupported,
        "\(file.path): zip archive: the member '\(shown)' is compressed (method \(method)) or encrypted, as torch.save "
          + "writes none: save the model anew")
    }
    let (stored, size, offset) = try sizes(at: position, extra: nameEnd..<extraEnd)
    guard stored == size else { throw malformed("the member '\(shown)' has two sizes, \(stored) and \(size)") }
    guard offset <= directory.lowerBound else { throw malformed("the member '\(shown)' lies outside the file") }
    try expect(0x0403_4b50, "header of the member '\(shown)'", at: offset)
    let start = try offset + 30 + number(UInt16.self, offset + 26) + number(UInt16.self, offset + 28)
    guard start <= directory.lowerBound, size <= directory.lowerBound - start else {
      throw malformed("the member '\(shown)' of \(size) bytes lies outside the file")
    }
    return (name, start..<start + size, end)
  }

  /// Stored size, size and offset of the entry at `position`; from its zip64 part those that 32 bits cannot say.
  private func sizes(at position: Int, extra: Range<Int>) throws -> (Int, Int, Int) {
    let wide = 0xffff_ffff
    var values = try [24, 20, 42].map { try number(UInt32.self, position + $0) }
    var part = extra.lowerBound
    while values.contains(wide), part + 4 <= extra.upperBound {
      let partEnd = try part + 4 + number(UInt16.self, part + 2)
      if try number(UInt16.self, part) == 1 {
        var place = part + 4
        for i in values.indices where values[i] == wide {
          guard place + 8 <= min(partEnd, extra.upperBound) else { throw malformed("a zip64 part that is too short") }
          values[i] = try number(UInt64.self, place)
          place += 8
        }
        break
      }
      part = partEnd
    }
    return (values[1], values[0], values[2])
  }
}
