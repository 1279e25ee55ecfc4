/// Text on its way to the model: one buffer of UTF-8 and the pieces of it that are encoded separately.
///
/// Steps that only split leave the bytes alone; steps that change text build a new buffer.
struct PieceBuffer {
  struct Piece {
    var range: Range<Int>
    /// Whether the piece begins where the text given to the tokenizer begins.
    var startsText: Bool
  }

  var bytes: [UInt8]
  var pieces: [Piece]
  /// Whether the bytes are still to be written in GPT-2's alphabet. Put off until a step needs the text, because the
  /// model takes bytes directly.
  var isByteLevel = false

  init(_ bytes: [UInt8], startsText: Bool) {
    self.bytes = bytes
    pieces = bytes.isEmpty ? [] : [Piece(range: bytes.indices, startsText: startsText)]
  }

  /// Replaces every piece by parts of it. `body` appends the parts that are kept; empty parts are dropped.
  mutating func split(_ body: (UnsafeBufferPointer<UInt8>, Range<Int>, inout [Range<Int>]) -> Void) {
    var result: [Piece] = []
    result.reserveCapacity(pieces.count)
    var parts: [Range<Int>] = []
    bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces {
        parts.removeAll(keepingCapacity: true)
        body(bytes, piece.range, &parts)
        for part in parts where !part.isEmpty {
          let isFirst = part.lowerBound == piece.range.lowerBound
          result.append(Piece(range: part, startsText: piece.startsText && isFirst))
        }
      }
    }
    pieces = result
  }

  /// Replaces the text of every piece. `body` appends the new text.
  mutating func rewrite(_ body: (UnsafeBufferPointer<UInt8>, Piece, inout [UInt8]) -> Void) {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { bytes in
      for index in pieces.indices {
        let start = text.count
        body(UnsafeBufferPointer(rebasing: bytes[pieces[index].range]), pieces[index], &text)
        pieces[index].range = start..<text.count
      }
    }
    bytes = text
  }

  /// Writes byte-level pieces as text.
  mutating func spellOutBytes() {
    guard isByteLevel else { return }
    rewrite { bytes, _, text in ByteLevelAlphabet.encode(bytes, into: &text) }
    isByteLevel = false
  }
}
