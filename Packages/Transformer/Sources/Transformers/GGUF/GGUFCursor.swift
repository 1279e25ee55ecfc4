import Foundation

/// Reads the little-endian numbers, strings and arrays of a GGUF header, never past the end, and never makes room for
/// more than the file can hold.
struct GGUFCursor {
  private let bytes: UnsafeRawBufferPointer
  private let file: URL
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer, file: URL) {
    self.bytes = bytes
    self.file = file
  }

  func malformed(_ what: String) -> ModelError {
    ModelError(
      .malformedFile, "\(file.path): byte \(position): \(what): the file is damaged or incomplete, fetch it again")
  }

  mutating func number<T: FixedWidthInteger>(_: T.Type = T.self, _ what: String) throws -> T {
    let size = MemoryLayout<T>.size
    guard position <= bytes.count - size else { throw malformed("the file ends within \(what)") }
    defer { position += size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
  }

  /// A count of things that take `least` bytes each at least.
  mutating func count(of what: String, least: Int) throws -> Int {
    let count = try number(UInt64.self, "the number of \(what)")
    guard count <= UInt64((bytes.count - position) / least) else {
      throw malformed("\(count) \(what) do not fit in the \(bytes.count - position) bytes that follow")
    }
    return Int(count)
  }

  mutating func string(_ what: String) throws -> String {
    let length = try count(of: "bytes of \(what)", least: 1)
    guard let text = String(validating: bytes[position..<position + length], as: UTF8.self) else {
      throw malformed("\(what) is not UTF-8")
    }
    position += length
    return text
  }

  private static let arrayType: UInt32 = 9

  /// The type, then the value, of `key`.
  mutating func value(of key: String) throws -> GGUFValue {
    let type = try number(UInt32.self, "the type of '\(key)'")
    guard type == GGUFCursor.arrayType else { return try scalar(type, key) }
    return try array(of: key, depth: 1)
  }

  /// An array: the type of its elements, their number, the elements. Elements that are arrays begin so again.
  private mutating func array(of key: String, depth: Int) throws -> GGUFValue {
    guard depth <= 4 else { throw malformed("'\(key)' holds arrays nested deeper than 4") }
    let element = try number(UInt32.self, "the element type of '\(key)'")
    guard element == GGUFCursor.arrayType else { return try elements(element, of: key) }
    let count = try count(of: "arrays in '\(key)'", least: 12)
    return .arrays(try (0..<count).map { _ in try array(of: key, depth: depth + 1) })
  }

  private mutating func elements(_ type: UInt32, of key: String) throws -> GGUFValue {
    guard let size = GGUFCursor.sizes[type] else { throw malformed("'\(key)' has the unknown type \(type)") }
    let count = try count(of: "elements of '\(key)'", least: size)
    func unexpected() -> ModelError { malformed("'\(key)' has elements of several types") }
    switch type {
    case 8:
      var strings: [String] = []
      strings.reserveCapacity(count)
      for _ in 0..<count { strings.append(try string("an element of '\(key)'")) }
      return .strings(strings)
    case 6, 12:
      return .numbers(
        try (0..<count).map { _ in
          guard case .number(let value) = try scalar(type, key) else { throw unexpected() }
          return value
        })
    case 7:
      return .bools(
        try (0..<count).map { _ in
          guard case .bool(let value) = try scalar(type, key) else { throw unexpected() }
          return value
        })
    default:
      return .integers(
        try (0..<count).map { _ in
          guard case .integer(let value) = try scalar(type, key) else { throw unexpected() }
          return value
        })
    }
  }

  /// Least bytes of a value of each type but the array.
  private static let sizes: [UInt32: Int] = [
    0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 10: 8, 11: 8, 12: 8,
  ]

  private mutating func scalar(_ type: UInt32, _ key: String) throws -> GGUFValue {
    let what = "the value of '\(key)'"
    switch type {
    case 0: return .integer(Int(try number(UInt8.self, what)))
    case 1: return .integer(Int(try number(Int8.self, what)))
    case 2: return .integer(Int(try number(UInt16.self, what)))
    case 3: return .integer(Int(try number(Int16.self, what)))
    case 4: return .integer(Int(try number(UInt32.self, what)))
    case 5: return .integer(Int(try number(Int32.self, what)))
    case 6: return .number(Double("\(Float(bitPattern: try number(UInt32.self, what)))") ?? .nan)
    case 7: return .bool(try number(UInt8.self, what) != 0)
    case 8: return .string(try string(what))
    case 10, 11:
      let wide = try number(UInt64.self, what)
      if type == 11 { return .integer(Int(Int64(bitPattern: wide))) }
      guard let value = Int(exactly: wide) else { throw malformed("'\(key)' is \(wide), too large a number") }
      return .integer(value)
    case 12: return .number(Double(bitPattern: try number(UInt64.self, what)))
    default: throw malformed("'\(key)' has the unknown type \(type)")
    }
  }
}
