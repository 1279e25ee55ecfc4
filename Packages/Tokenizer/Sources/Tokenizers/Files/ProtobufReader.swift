/// Reads the fields of one protocol-buffer message, in their order.
///
/// Lengths are checked against what is there before anything is taken; a message inside another one is read by a reader
/// of its own, so that depth is what the caller makes it.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private let file: String

  init(_ bytes: ArraySlice<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
    position = bytes.startIndex
  }

  /// The next field's number and value; nil at the end.
  mutating func next() throws -> (number: Int, value: Value)? {
    guard position < bytes.endIndex else { return nil }
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 <= 0x1FFF_FFFF else { throw failure("a field without a number") }
    let number = Int(tag >> 3)
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let count = try varint()
      guard count <= UInt64(bytes.endIndex - position) else { throw failure("a field that is longer than the file") }
      return (number, .bytes(try take(Int(count))))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    case let type: throw failure("wire type \(type)")
    }
  }

  private mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < bytes.endIndex else { throw failure("a number that is cut short") }
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte < 2 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw failure("a number of more than 64 bits")
  }

  private mutating func fixed(_ count: Int) throws -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - position else { throw failure("a field that is cut short") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private func failure(_ what: String) -> TokenizerError {
    TokenizerError(
      .malformedFile, "byte \(position): \(what); the file is damaged or no SentencePiece model", file: file)
  }
}
