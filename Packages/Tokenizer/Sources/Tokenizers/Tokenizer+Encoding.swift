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
    let ids = plainIDs(of: text)
    return addingSpecialTokens ? template.apply(to: ids) : ids
  }

  /// The ids of a pair of texts, in the form the model wants them: `[CLS] a [SEP] b [SEP]` for BERT.
  ///
  /// - Parameter addingSpecialTokens: whether to put the model's own special tokens around and between the texts.
  public func encode(_ text: String, pairedWith second: String, addingSpecialTokens: Bool = true) -> [Int32] {
    template.apply(to: plainIDs(of: text), plainIDs(of: second), addingSpecialTokens: addingSpecialTokens)
  }

  /// The ids of a text without those of the template.
  private func plainIDs(of text: String) -> [Int32] {
    var text = text
    var workspace = workspaces.take()
    workspace.tokens.ids.removeAll(keepingCapacity: true)
    text.withUTF8 { bytes in
      if addedTokens.raw.isEmpty {
        encode(NormalizedText(Array(bytes), startsText: true), &workspace)
      } else {
        for segment in addedTokens.raw.segments(of: bytes) {
          switch segment {
          case .token(let id, _): workspace.tokens.ids.append(id)
          case .text(let range):
            encode(NormalizedText(Array(bytes[range]), startsText: range.lowerBound == 0), &workspace)
          }
        }
      }
    }
    let ids = workspace.tokens.ids
    // The caller's array must not share the workspace's storage, or the next text would copy it.
    workspace.tokens.ids = []
    workspaces.giveBack(workspace)
    return ids
  }

  private func encode(_ part: NormalizedText, _ workspace: inout EncodingWorkspace) {
    var part = part
    for normalizer in normalizers { normalizer.apply(to: &part) }
    if addedTokens.normalized.isEmpty { return encodeWords(part, &workspace) }
    let segments = part.bytes.withUnsafeBufferPointer { addedTokens.normalized.segments(of: $0) }
    for segment in segments {
      switch segment {
      case .token(let id, _): workspace.tokens.ids.append(id)
      case .text(let range):
        encodeWords(part.slice(range, startsText: part.startsText && range.lowerBound == 0), &workspace)
      }
    }
  }

  private func encodeWords(_ part: NormalizedText, _ workspace: inout EncodingWorkspace) {
    let buffer = pieces(of: part)
    buffer.text.bytes.withUnsafeBufferPointer { bytes in
      for piece in buffer.pieces {
        let text = UnsafeBufferPointer(rebasing: bytes[piece.range])
        if let mark = model.wordMark, text.count > WordCache.longestWord, !buffer.isByteLevel {
          encodeWords(of: text, startingWith: mark, &workspace)
        } else {
          encodeWord(text, isByteLevel: buffer.isByteLevel, &workspace)
        }
      }
    }
  }

  /// The pieces that the model is to encode.
  func pieces(of part: NormalizedText) -> PieceBuffer {
    var buffer = PieceBuffer(part)
    for preTokenizer in preTokenizers { preTokenizer.apply(to: &buffer) }
    return buffer
  }

  /// Encodes a piece of many words, each of which starts with `mark`, word by word.
  private func encodeWords(
    of text: UnsafeBufferPointer<UInt8>, startingWith mark: [UInt8], _ workspace: inout EncodingWorkspace
  ) {
    var start = 0
    // Where the last mark ended: a mark that follows another one starts no word.
    var markEnd = 0
    var position = 0
    while position < text.count {
      guard text[position] == mark[0], text[position...].starts(with: mark) else {
        position += 1
        continue
      }
      if markEnd < position, start < position {
        encodeWord(UnsafeBufferPointer(rebasing: text[start..<position]), isByteLevel: false, &workspace)
        start = position
      }
      position += mark.count
      markEnd = position
    }
    encodeWord(UnsafeBufferPointer(rebasing: text[start...]), isByteLevel: false, &workspace)
  }

  @inline(__always)
  private func encodeWord(
    _ word: UnsafeBufferPointer<UInt8>, isByteLevel: Bool, _ workspace: inout EncodingWorkspace
  ) {
    guard word.count <= WordCache.longestWord else {
      return model.encode(word, isByteLevel: isByteLevel, into: &workspace.tokens, &workspace.model)
    }
    guard let hash = workspace.words.append(word, to: &workspace.tokens.ids) else { return }
    let first = workspace.tokens.ids.count
    model.encode(word, isByteLevel: isByteLevel, into: &workspace.tokens, &workspace.model)
    workspace.words.insert(word, hash: hash, workspace.tokens.ids[first...])
  }
}
