extension Tokenizer {
  /// The ids of a text.
  ///
  /// Special tokens that are written out in the text are recognised, as in `tokenizers`: text from strangers should
  /// not be trusted to hold none.
  ///
  /// What the vocabulary cannot express becomes `unknown`, or nothing if there is no such token: a byte-level
  /// vocabulary that lacks a byte drops it, as the reference does.
  ///
  /// - Parameter addingSpecialTokens: whether to put the model's own special tokens around the text (BOS and so on).
  public func encode(_ text: String, addingSpecialTokens: Bool = true) -> [Int32] {
    var text = text
    var ids: [Int32] = []
    var workspace = MergeWorkspace()
    text.withUTF8 { bytes in
      for segment in addedTokens.raw.segments(of: bytes) {
        switch segment {
        case .token(let id): ids.append(id)
        case .text(let range):
          let part = Normalizer.Text(bytes: Array(bytes[range]), startsText: range.lowerBound == 0)
          encode(part, into: &ids, &workspace)
        }
      }
    }
    return addingSpecialTokens ? template.apply(to: ids) : ids
  }

  private func encode(_ part: Normalizer.Text, into ids: inout [Int32], _ workspace: inout MergeWorkspace) {
    var part = part
    for normalizer in normalizers { normalizer.apply(to: &part) }
    if addedTokens.normalized.isEmpty {
      encodeWords(part.bytes, startsText: part.startsText, into: &ids, &workspace)
      return
    }
    part.bytes.withUnsafeBufferPointer { bytes in
      for segment in addedTokens.normalized.segments(of: bytes) {
        switch segment {
        case .token(let id): ids.append(id)
        case .text(let range):
          let startsText = part.startsText && range.lowerBound == 0
          encodeWords(Array(bytes[range]), startsText: startsText, into: &ids, &workspace)
        }
      }
    }
  }

  private func encodeWords(
    _ bytes: [UInt8], startsText: Bool, into ids: inout [Int32], _ workspace: inout MergeWorkspace
  ) {
    var buffer = PieceBuffer(bytes, startsText: startsText)
    for preTokenizer in preTokenizers { preTokenizer.apply(to: &buffer) }
    buffer.bytes.withUnsafeBufferPointer { bytes in
      for piece in buffer.pieces {
        let text = UnsafeBufferPointer(rebasing: bytes[piece.range])
        if buffer.isByteLevel {
          model.encodeBytes(text, into: &ids, &workspace)
        } else {
          model.encode(text, into: &ids, &workspace)
        }
      }
    }
  }
}
