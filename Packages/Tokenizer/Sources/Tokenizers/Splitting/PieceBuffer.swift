/// Text on its way to the model: one buffer of UTF-8 and the pieces of it that are encoded separately.
///
/// Steps that only split leave the bytes alone; steps that change text build a new buffer.
struct PieceBuffer {
  struct Piece {
    var range: Range<Int>
    /// Whether the piece begins where the text given to the tokenizer begins.
    var startsText: Bool
  }

  private(set) var text: NormalizedText
  private(set) var pieces: [Piece]
  /// Whether the bytes are still to be written in GPT-2's alphabet. Put off until a step needs the text, because the
  /// model takes bytes directly.
  var isByteLevel = false

  init(_ text: NormalizedText) {
    self.text = text
    pieces = text.bytes.isEmpty ? [] : [Piece(range: text.bytes.indices, startsText: text.startsText)]
  }

  /// Replaces every piece by parts of it. `body` appends the parts that are kept; empty parts are dropped.
  mutating func split(_ body: (UnsafeBufferPointer<UInt8>, Range<Int>, inout [Range<Int>]) -> Void) {
    var result: [Piece] = []
    result.reserveCapacity(pieces.count)
    var parts: [Range<Int>] = []
    text.bytes.withUnsafeBufferPointer { bytes in
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

  /// Splits every piece into runs by `separates`, which is asked about each scalar. A scalar for which it holds is a
  /// piece of its own (`keepsSeparators`) or dropped.
  mutating func split(keepsSeparators: Bool, separates: (UInt32) -> Bool) {
    split { bytes, range, parts in
      var start = range.lowerBound
      var position = start
      while position < range.upperBound {
        let (value, length) = bytes.scalar(at: position)
        if separates(value) {
          if start < position { parts.append(start..<position) }
          if keepsSeparators { parts.append(position..<position + length) }
          start = position + length
        }
        position += length
      }
      if start < range.upperBound { parts.append(start..<range.upperBound) }
    }
  }

  /// Replaces the text of every piece by what `body` builds from it.
  mutating func rewrite(_ body: (UnsafeBufferPointer<UInt8>, Piece, inout TextBuilder) -> Void) {
    text.rewrite { bytes, builder in
      for index in pieces.indices {
        let start = builder.bytes.count
        body(bytes, pieces[index], &builder)
        pieces[index].range = start..<builder.bytes.count
      }
    }
  }

  /// Writes byte-level pieces as text.
  mutating func spellOutBytes() {
    guard isByteLevel else { return }
    rewrite { bytes, piece, builder in
      for index in piece.range { builder.append(ByteLevelAlphabet.scalars[Int(bytes[index])], for: index) }
    }
    isByteLevel = false
  }
}
