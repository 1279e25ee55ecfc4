/// A `precompiled_charsmap` of SentencePiece: texts and what each is replaced by.
///
/// The file format is a double-array trie (Darts) over UTF-8 whose values are offsets into a list of replacements, each
/// ended by a zero byte. `normalize` applies it as `tokenizers` does: to each grapheme cluster of less than six bytes as a
/// whole and otherwise to its scalars, where the *shortest* entry that starts the cluster decides. SentencePiece itself
/// takes the longest entry at each place (`longestEntry`).
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]
  /// For each ASCII byte on its own: the offset of its replacement, or -1.
  private var asciiOffsets: [Int] = []

  init(_ bytes: [UInt8]) throws(TokenizerError) {
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, case let size = Int(word(0)), size % 4 == 0, size > 0, size <= bytes.count - 4 else {
      throw TokenizerError(.invalidContent, "the precompiled charsmap is cut short or damaged")
    }
    units = (0..<size / 4).map { word(4 + 4 * $0) }
    replacements = Array(bytes[(4 + size)...])
    guard String(validating: replacements, as: UTF8.self) != nil else {
      throw TokenizerError(.invalidContent, "the precompiled charsmap's replacements are not UTF-8")
    }
    asciiOffsets = (0..<128).map { (byte: UInt8) in
      withUnsafePointer(to: byte) { entry(in: UnsafeBufferPointer(start: $0, count: 1), longest: false)?.offset ?? -1 }
    }
  }

  /// The entry that starts `text`: its length and its replacement's offset.
  private func entry(in text: UnsafeBufferPointer<UInt8>, longest: Bool) -> (length: Int, offset: Int)? {
    units.withUnsafeBufferPointer { units in
      func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
      var node = offset(units[0])
      var found: (length: Int, offset: Int)?
      for (index, byte) in text.enumerated() {
        node ^= Int(byte)
        guard byte != 0, node < units.count, units[node] & 0x8000_00FF == UInt32(byte) else { break }
        let hasLeaf = units[node] >> 8 & 1 == 1
        node ^= offset(units[node])
        guard node < units.count else { break }
        if hasLeaf {
          found = (index + 1, Int(units[node] & 0x7FFF_FFFF))
          if !longest { break }
        }
      }
      return found.flatMap { isStart($0.offset) ? $0 : nil }
    }
  }

  /// Whether a scalar starts at an offset of the replacements, or they end there.
  private func isStart(_ offset: Int) -> Bool {
    offset <= replacements.count && (offset == replacements.count || replacements[offset] & 0xC0 != 0x80)
  }

  private func replacement(at offset: Int) -> ArraySlice<UInt8> { replacements[offset...].prefix { $0 != 0 } }

  /// The longest entry that starts `text`: how many bytes it takes and what they become.
  func longestEntry(in text: UnsafeBufferPointer<UInt8>) -> (length: Int, replacement: ArraySlice<UInt8>)? {
    entry(in: text, longest: true).map { ($0.length, replacement(at: $0.offset)) }
  }

  /// Applies the map to the whole text.
  func normalize(_ text: inout NormalizedText) {
    let ascii = text.bytes.withUnsafeBufferPointer { $0.allSatisfy { $0 < 0x80 && asciiOffsets[Int($0)] < 0 } }
    // "\r\n" is one cluster, which may have an entry of its own.
    if ascii, !text.bytes.contains(0x0D) { return }
    let clusters = String(decoding: text.bytes, as: UTF8.self)
    text.rewrite { bytes, builder in
      var start = 0
      for cluster in clusters {
        let end = start + cluster.utf8.count
        defer { start = end }
        if end - start < 6, replace(start..<end, of: bytes, &builder) { continue }
        var position = start
        while position < end {
          let (value, length) = bytes.scalar(at: position)
          if !replace(position..<position + length, of: bytes, &builder) {
            builder.transform(Unicode.Scalar(value) ?? "\u{FFFD}", change: 0)
          }
          position += length
        }
      }
    }
  }

  /// Writes what a stretch of text becomes; false if the map says nothing about it.
  private func replace(
    _ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>, _ builder: inout TextBuilder
  ) -> Bool {
    let old = UnsafeBufferPointer(rebasing: bytes[range])
    guard let (_, offset) = entry(in: old, longest: false) else { return false }
    let new = Array(String(decoding: replacement(at: offset), as: UTF8.self).unicodeScalars)
    let difference = new.count - String(decoding: old, as: UTF8.self).unicodeScalars.count
    for (index, scalar) in new.enumerated() {
      let isInserted = index >= new.count - max(difference, 0)
      let isLast = index == new.count - 1
      builder.transform(scalar, change: isInserted ? 1 : isLast ? min(difference, 0) : 0)
    }
    return true
  }
}
