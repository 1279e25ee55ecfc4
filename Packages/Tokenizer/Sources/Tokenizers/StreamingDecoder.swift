/// Turns ids into text as they are generated.
///
/// A token may end within a character. The decoder holds such bytes back and returns text as soon as its characters
/// are complete, so that everything it returned, one after the other, is what `Tokenizer.decode` makes of all the ids.
/// One exception: where a tokenizer spells unknown characters as byte tokens (`<0xE4>`) and a run of those turns out
/// not to be UTF-8, characters of the run that were complete have been returned already.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  /// For byte-level tokenizers: bytes of an unfinished character.
  private var bytes: [UInt8] = []
  /// For others: ids not yet returned, and those before them on whose presence their text depends.
  private var context: [Int32] = []
  private var pending: [Int32] = []

  /// - Parameter skippingSpecialTokens: whether special tokens are left out of the text.
  public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skippingSpecialTokens
  }

  /// The text that `id` completes; empty while a character is unfinished.
  ///
  /// - Throws: `TokenizerError` with code `unknownID`; the decoder then is as it was before.
  public mutating func append(_ id: Int32) throws -> String {
    if tokenizer.decodesBytes {
      bytes.append(contentsOf: try tokenizer.bytes(of: CollectionOfOne(id), skipsSpecialTokens))
      return takeBytes(upTo: bytes.count - Self.unfinishedByteCount(of: bytes))
    }
    guard try !tokenizer.texts(of: CollectionOfOne(id), skipsSpecialTokens).isEmpty else { return "" }
    pending.append(id)
    return try isUnfinished ? "" : takePending()
  }

  /// What was held back: an unfinished character becomes U+FFFD. The decoder then is as new.
  public mutating func finish() -> String {
    defer {
      context = []
      pending = []
    }
    if tokenizer.decodesBytes { return takeBytes(upTo: bytes.count) }
    // Every pending id has been decoded once, so that this cannot fail.
    return pending.isEmpty ? "" : (try? takePending()) ?? ""
  }

  private mutating func takeBytes(upTo end: Int) -> String {
    let text = String(decoding: bytes[..<end], as: UTF8.self)
    bytes.removeSubrange(..<end)
    return text
  }

  /// The number of bytes at the end that may be the start of a character: at most three.
  private static func unfinishedByteCount(of bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let tail = Array(bytes[(bytes.count - count)...])
      if tail[0] & 0xC0 == 0x80 { continue }
      return isUnfinishedCharacter(tail) ? count : 0
    }
    return 0
  }

  /// Whether continuation bytes could still make a character of `bytes`, which start with a lead byte.
  private static func isUnfinishedCharacter(_ bytes: [UInt8]) -> Bool {
    let length = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : bytes[0] >= 0xC2 ? 2 : 1
    guard bytes[0] <= 0xF4, bytes.count < length else { return false }
    guard bytes.count > 1 else { return true }
    switch bytes[0] {
    case 0xE0: return bytes[1] >= 0xA0
    case 0xED: return bytes[1] < 0xA0
    case 0xF0: return bytes[1] >= 0x90
    case 0xF4: return bytes[1] < 0x90
    default: return true
    }
  }

  /// Whether the pending ids end with byte tokens that more of them could make a character of.
  private var isUnfinished: Bool {
    get throws {
      let texts = try tokenizer.texts(of: pending, false)
      let run = Array(texts.reversed().prefix { Decoder.fallbackByte($0) != nil }.reversed())
      let bytes = run.compactMap(Decoder.fallbackByte)
      let unfinished = Self.unfinishedByteCount(of: bytes)
      // A run that cannot become UTF-8 any more is one replacement character a byte, whatever follows.
      return unfinished > 0 && String(validating: bytes.dropLast(unfinished), as: UTF8.self) != nil
    }
  }

  private mutating func takePending() throws -> String {
    let known = try tokenizer.decode(context, skippingSpecialTokens: skipsSpecialTokens)
    let all = try tokenizer.decode(context + pending, skippingSpecialTokens: skipsSpecialTokens)
    let isContinuation = all.utf8.starts(with: known.utf8)
    let text =
      isContinuation
      ? String(decoding: all.utf8.dropFirst(known.utf8.count), as: UTF8.self)
      : try tokenizer.decode(pending, skippingSpecialTokens: skipsSpecialTokens)
    context = pending
    pending = []
    return text
  }
}
