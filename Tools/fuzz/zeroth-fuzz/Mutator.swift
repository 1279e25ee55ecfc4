/// Makes inputs from seeds: a few changes each, of bytes, of numbers within them, of JSON's tokens, and of two inputs
/// into one.
struct Mutator {
  /// Longer inputs are cut.
  static let greatestLength = 1 << 20

  var random: RandomBytes

  /// An input for `reader` out of `seeds`.
  mutating func input(for reader: FuzzReader, from seeds: [[UInt8]]) -> [UInt8] {
    var bytes = random.element(of: seeds)
    var part = 0..<bytes.count
    if let header = reader.header?(bytes), random.chance(3, in: 4) { part = header }
    var inner = Array(bytes[part])
    // Mostly few changes: an input that is wrong everywhere is refused at its first byte.
    for _ in 0..<1 << random.below(5) { mutate(&inner, reader: reader, seeds: seeds) }
    bytes.replaceSubrange(part, with: inner)
    if part.count < bytes.count || random.chance(1, in: 2) { reader.mend?(&bytes, inner.count) }
    if bytes.count > Mutator.greatestLength { bytes.removeSubrange(Mutator.greatestLength...) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8], reader: FuzzReader, seeds: [[UInt8]]) {
    if reader.isJSON, random.chance(1, in: 2) { return mutateTokens(&bytes) }
    let place = random.below(bytes.count)
    switch random.below(reader.isJSON || reader.isText ? 9 : 12) {
    case 0: if !bytes.isEmpty { bytes[place] ^= 1 << UInt8(random.below(8)) }
    case 1: if !bytes.isEmpty { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: if random.chance(1, in: 3) { bytes.removeSubrange(place...) }
    case 3: bytes.removeSubrange(piece(of: bytes))
    case 4: bytes.insert(contentsOf: bytes[piece(of: bytes)], at: place)
    case 5:
      let range = piece(of: bytes)
      bytes.replaceSubrange(range, with: repeatElement(UInt8(truncatingIfNeeded: random.next()), count: range.count))
    case 6:
      let token = Array(random.element(of: reader.dictionary.isEmpty ? [""] : reader.dictionary).utf8)
      if random.chance(1, in: 2) {
        bytes.insert(contentsOf: token, at: place)
      } else {
        bytes.replaceSubrange(place..<min(bytes.count, place + token.count), with: token)
      }
    case 7:
      let other = random.element(of: seeds)
      bytes.replaceSubrange(piece(of: bytes), with: other[piece(of: other)])
    case 8:
      // A long run of one piece: quadratic time and deep nesting show here.
      let range = place..<min(bytes.count, place + 1 + random.below(8))
      let count = min(1 << random.below(16), (Mutator.greatestLength / 4) / max(1, range.count))
      bytes.insert(contentsOf: (0..<count).flatMap { _ in bytes[range] }, at: place)
    default: setNumber(&bytes, at: place)
    }
  }

  /// A stretch of bytes, mostly short.
  private mutating func piece(of bytes: [UInt8]) -> Range<Int> {
    let start = random.below(bytes.count + 1)
    let length = random.below(1 << random.below(12))
    return start..<min(bytes.count, start + length)
  }

  /// A number of 1, 2, 4 or 8 bytes at an edge of its range, at the file's size, or near what it was.
  private mutating func setNumber(_ bytes: inout [UInt8], at place: Int) {
    let width = 1 << random.below(4)
    guard bytes.count >= width else { return }
    let start = min(place, bytes.count - width)
    var value: UInt64 = 0
    for i in (0..<width).reversed() { value = value << 8 | UInt64(bytes[start + i]) }
    switch random.below(8) {
    case 0: value = .max
    case 1: value = 0
    case 2: value = UInt64(1) << UInt64(random.below(64))
    case 3: value = (UInt64(1) << UInt64(8 * width - 1)) &- 1
    case 4: value = UInt64(bytes.count) &+ UInt64(random.below(9)) &- 4
    case 5: value = value &+ UInt64(random.below(9)) &- 4
    case 6: value = value &* 2
    default: value = UInt64.max / UInt64(1 + random.below(16))
    }
    for i in 0..<width { bytes[start + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
  }

  private static let values = [
    "-1", "0", "1", "2", "255", "65536", "2147483647", "2147483648", "4294967295", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "-9223372036854775808", "1e308", "1e400", "1.5", "-0.0", "1e-320",
    "null", "true", "false", "[]", "{}", "\"\"", "\"x\"", "[[]]", "[0]", "\"\\ud800\"", "\"\\u0000\"", "\"🙂\"",
    "\"<unk>\"",
  ]

  /// JSON with one token replaced, moved, doubled or gone.
  private mutating func mutateTokens(_ bytes: inout [UInt8]) {
    let tokens = JSONTokens.ranges(in: bytes, limit: 4096)
    guard !tokens.isEmpty else { return }
    let token = random.element(of: tokens)
    switch random.below(6) {
    case 0, 1, 2: bytes.replaceSubrange(token, with: Array(random.element(of: Mutator.values).utf8))
    case 3:
      let copy = Array(bytes[random.element(of: tokens)])
      bytes.replaceSubrange(token, with: copy)
    case 4:
      let end = random.element(of: tokens)
      let range = min(token.lowerBound, end.lowerBound)..<max(token.upperBound, end.upperBound)
      bytes.insert(contentsOf: Array(bytes[range]), at: range.upperBound)
    default: bytes.removeSubrange(token)
    }
  }
}

/// Where the tokens of a JSON text stand, as far as it is one.
enum JSONTokens {
  static func ranges(in bytes: [UInt8], limit: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var i = 0
    while i < bytes.count, result.count < limit {
      let start = i
      switch bytes[i] {
      case UInt8(ascii: "\""):
        i += 1
        while i < bytes.count, bytes[i] != UInt8(ascii: "\"") { i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1 }
        i = min(i + 1, bytes.count)
      case 0x20, 0x09, 0x0a, 0x0d:
        i += 1
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
        UInt8(ascii: ":"):
        i += 1
      default:
        while i < bytes.count, !" \t\r\n{}[],:\"".utf8.contains(bytes[i]) { i += 1 }
      }
      result.append(start..<i)
    }
    return result
  }
}
