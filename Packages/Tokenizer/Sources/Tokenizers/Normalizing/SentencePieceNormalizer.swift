/// SentencePiece's own normalization: its map of characters, runs of spaces made one, a space put before the text, and
/// spaces written as "▁".
///
/// Follows `normalizer.cc` of SentencePiece. At each place the longest entry of the map decides; user-defined symbols
/// are left as they are.
struct SentencePieceNormalizer: Sendable {
  var map: CharacterMap?
  var userSymbols = TokenTrie()
  var addsDummyPrefix = true
  var removesExtraSpaces = true
  var escapesSpaces = true

  /// What a space is written as.
  private var space: [UInt8] { escapesSpaces ? BytePairModel.metaspace : [UInt8(ascii: " ")] }

  func normalize(_ text: inout NormalizedText) {
    let space = space
    text.rewrite { bytes, builder in
      var position = removesExtraSpaces ? skipSpaces(bytes) : 0
      if position == bytes.count { return }
      if addsDummyPrefix { builder.append(space, for: position) }
      var followsSpace = removesExtraSpaces
      while position < bytes.count {
        let (length, replacement) = next(bytes, position)
        let end = position + length
        let new = replacement ?? Array(bytes[position..<end])[...]
        for byte in new {
          let isSpace = byte == UInt8(ascii: " ")
          if isSpace && followsSpace { continue }
          if isSpace {
            builder.append(space, for: position)
          } else {
            builder.append(CollectionOfOne(byte), for: position)
          }
          followsSpace = removesExtraSpaces && isSpace
        }
        position = end
      }
    }
    guard removesExtraSpaces else { return }
    // Signs for spaces that the text itself ends with go too.
    var end = text.bytes.count
    while text.bytes[..<end].suffix(space.count).elementsEqual(space) { end -= space.count }
    if end < text.bytes.count { text = text.slice(0..<end, startsText: text.startsText) }
  }

  /// The place of the first part that does not become a space.
  private func skipSpaces(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var position = 0
    while position < bytes.count {
      let (length, replacement) = next(bytes, position)
      let isSpace = replacement.map { $0.elementsEqual([UInt8(ascii: " ")]) } ?? (bytes[position] == UInt8(ascii: " "))
      guard isSpace else { break }
      position += length
    }
    return position
  }

  /// How many bytes are normalized together at `position`, and into what; nil: they stay.
  private func next(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int
  ) -> (length: Int, replacement: ArraySlice<UInt8>?) {
    if let (end, _) = userSymbols.longest(in: bytes, from: position) { return (end - position, nil) }
    if let map, let entry = map.longestEntry(in: UnsafeBufferPointer(rebasing: bytes[position...])) {
      return (entry.length, entry.replacement)
    }
    return (bytes.scalar(at: position).length, nil)
  }
}
