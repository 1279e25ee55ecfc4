/// What turns one piece of text into tokens.
enum TokenModel: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    }
  }

  /// The token for what the vocabulary cannot express.
  var unknownID: Int32? {
    switch self {
    case .bytePair(let model): model.unknownID
    case .unigram(let model): model.unknownID
    case .wordPiece(let model): model.unknownID
    case .wordLevel(let model): model.unknownID
    }
  }

  /// A text before which a piece may be cut without changing its tokens, so that its words can be remembered.
  var wordMark: [UInt8]? {
    if case .bytePair(let model) = self { model.wordMark } else { nil }
  }

  /// Appends the tokens of one piece.
  ///
  /// - Parameter isByteLevel: whether the piece is to be read as bytes in GPT-2's alphabet.
  func encode(
    _ piece: UnsafeBufferPointer<UInt8>, isByteLevel: Bool, into tokens: inout PieceTokens,
    _ workspace: inout ModelWorkspace
  ) {
    if isByteLevel {
      if case .bytePair(let model) = self {
        model.encodeBytes(piece, into: &tokens, &workspace.merging)
      } else {
        encodeSpelled(piece, into: &tokens, &workspace)
      }
      return
    }
    switch self {
    case .bytePair(let model): model.encode(piece, into: &tokens, &workspace.merging)
    case .unigram(let model): model.encode(piece, into: &tokens, &workspace.lattice)
    case .wordPiece(let model): model.encode(piece, into: &tokens)
    case .wordLevel(let model): model.encode(piece, into: &tokens)
    }
  }

  /// A piece of bytes, written in the alphabet first.
  private func encodeSpelled(
    _ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens, _ workspace: inout ModelWorkspace
  ) {
    var text: [UInt8] = []
    ByteLevelAlphabet.encode(piece, into: &text)
    let first = tokens.ids.count
    text.withUnsafeBufferPointer { encode($0, isByteLevel: false, into: &tokens, &workspace) }
    tokens.mapRanges(from: first, spelling: piece)
  }
}

/// The tokens of pieces of text, and, where asked for, the bytes of its piece that each stands for.
struct PieceTokens {
  var ids: [Int32] = []
  /// One for each id while offsets are tracked; otherwise empty.
  var ranges: [Range<Int>] = []
  var tracksRanges = false

  /// Appends a token that stands for `range` of the piece.
  @inline(__always)
  mutating func append(_ id: Int32, _ range: @autoclosure () -> Range<Int>) {
    ids.append(id)
    if tracksRanges { ranges.append(range()) }
  }

  /// Turns ranges within the spelling of `piece` in GPT-2's alphabet into ranges of the piece itself.
  mutating func mapRanges(from first: Int, spelling piece: UnsafeBufferPointer<UInt8>) {
    guard tracksRanges else { return }
    var index: [Int] = []
    for (position, byte) in piece.enumerated() {
      index.append(contentsOf: repeatElement(position, count: UTF8.width(ByteLevelAlphabet.scalars[Int(byte)])))
    }
    index.append(piece.count)
    for token in first..<ranges.count {
      let range = ranges[token].clamped(to: 0..<index.count - 1)
      ranges[token] = range.isEmpty ? 0..<0 : index[range.lowerBound]..<index[range.upperBound - 1] + 1
    }
  }
}

/// What models need while they work; kept and reused from piece to piece.
struct ModelWorkspace {
  var merging = MergeWorkspace()
  var lattice = UnigramLattice()
}
