extension Tokenizer {
  /// The tokens of a text, or of a pair of texts, with where each comes from.
  ///
  /// The ids are those of `encode`; offsets, type ids and mask are those of `tokenizers`. This takes a few times as long
  /// as `encode`.
  ///
  /// - Parameters:
  ///   - second: the second text of a pair.
  ///   - addingSpecialTokens: whether to put the model's own special tokens around the texts.
  ///   - unit: what the offsets count; each text is counted from its own start.
  public func encoding(
    of text: String, pairedWith second: String? = nil, addingSpecialTokens: Bool = true,
    offsetsIn unit: Encoding.OffsetUnit = .utf8
  ) -> Encoding {
    let texts = [text] + (second.map { [$0] } ?? [])
    let tokens = texts.map { trackedTokens(of: $0, offsetsIn: unit) }
    var encoding = Encoding()
    for part in second == nil ? template.single : template.pair {
      switch part {
      case .text(let index, let typeID): encoding.append(tokens[index], of: index, typeID: typeID)
      case .tokens(let ids, let typeID): if addingSpecialTokens { encoding.append(special: ids, typeID: typeID) }
      }
    }
    return encoding
  }

  private func trackedTokens(of text: String, offsetsIn unit: Encoding.OffsetUnit) -> [TrackedToken] {
    var text = text
    return text.withUTF8 { bytes in
      var tokens: [TrackedToken] = []
      var workspace = ModelWorkspace()
      for segment in addedTokens.raw.segments(of: bytes) {
        switch segment {
        case .token(let id, let range):
          let source = SourceRange(start: range.lowerBound, end: range.upperBound)
          tokens.append(TrackedToken(id: id, source: source, text: bytes[range]))
        case .text(let range): track(NormalizedText(tracking: range, of: bytes), &tokens, &workspace)
        }
      }
      for trimming in template.trimmings { trimming.apply(to: &tokens, in: bytes) }
      if unit == .unicodeScalars { Self.countScalars(&tokens, bytes) }
      return tokens
    }
  }

  private func track(_ part: NormalizedText, _ tokens: inout [TrackedToken], _ workspace: inout ModelWorkspace) {
    var part = part
    for normalizer in normalizers { normalizer.apply(to: &part) }
    let segments = part.bytes.withUnsafeBufferPointer { addedTokens.normalized.segments(of: $0) }
    for segment in segments {
      switch segment {
      case .token(let id, let range):
        tokens.append(TrackedToken(id: id, source: part.source(of: range) ?? .nowhere, text: part.bytes[range]))
      case .text(let range):
        let text = part.slice(range, startsText: part.startsText && range.lowerBound == 0)
        trackWords(pieces(of: text), &tokens, &workspace)
      }
    }
  }

  private func trackWords(
    _ buffer: PieceBuffer, _ tokens: inout [TrackedToken], _ workspace: inout ModelWorkspace
  ) {
    var found = PieceTokens()
    found.tracksRanges = true
    for piece in buffer.pieces {
      found.ids.removeAll(keepingCapacity: true)
      found.ranges.removeAll(keepingCapacity: true)
      buffer.text.bytes.withUnsafeBufferPointer { bytes in
        let text = UnsafeBufferPointer(rebasing: bytes[piece.range])
        model.encode(text, isByteLevel: buffer.isByteLevel, into: &found, &workspace)
      }
      let start = piece.range.lowerBound
      for (id, range) in zip(found.ids, found.ranges) {
        let source = buffer.text.source(of: start + range.lowerBound..<start + range.upperBound)
        tokens.append(TrackedToken(id: id, source: source ?? .nowhere, text: model.vocabulary.bytes(for: id) ?? []))
      }
    }
  }

  /// Turns bytes into scalars.
  private static func countScalars(_ tokens: inout [TrackedToken], _ text: UnsafeBufferPointer<UInt8>) {
    var counts: [Int] = []
    counts.reserveCapacity(text.count + 1)
    var count = 0
    for byte in text {
      if byte & 0xC0 != 0x80 { count += 1 }
      counts.append(count - 1)
    }
    counts.append(count)
    for index in tokens.indices {
      tokens[index].source.start = counts[tokens[index].source.start]
      tokens[index].source.end = counts[tokens[index].source.end]
    }
  }
}

extension Encoding {
  fileprivate mutating func append(_ tokens: [TrackedToken], of index: Int, typeID: Int32) {
    ids += tokens.map(\.id)
    offsets += tokens.map { $0.source.start..<max($0.source.start, $0.source.end) }
    typeIDs += repeatElement(typeID, count: tokens.count)
    specialTokensMask += repeatElement(false, count: tokens.count)
    textIndices += repeatElement(Optional(index), count: tokens.count)
  }

  fileprivate mutating func append(special: [Int32], typeID: Int32) {
    ids += special
    offsets += repeatElement(0..<0, count: special.count)
    typeIDs += repeatElement(typeID, count: special.count)
    specialTokensMask += repeatElement(true, count: special.count)
    textIndices += repeatElement(nil, count: special.count)
  }
}
