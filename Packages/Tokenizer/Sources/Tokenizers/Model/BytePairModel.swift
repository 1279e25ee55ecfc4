/// Byte-pair encoding: turns one piece of text into ids by merging symbols.
///
/// Follows `BPE` of Hugging Face's `tokenizers`, including what happens to characters that are not in the vocabulary:
/// bytes (`byteFallback`), the unknown token (one for a run with `fusesUnknown`), or nothing at all.
struct BytePairModel: Sendable {
  struct Options: Sendable {
    var unknownToken: String?
    var fusesUnknown = false
    var byteFallback = false
    /// A piece that is itself a token is taken whole, without merging (LLaMA 3).
    var ignoresMerges = false
    /// A piece that is one of these is taken whole.
    var wholeTokens: Set<Int32> = []
    var continuingPrefix = ""
    var endOfWordSuffix = ""
  }

  let vocabulary: Vocabulary
  let merges: MergeTable
  let options: Options
  let unknownID: Int32?
  /// Ids of the byte alphabet's scalars and of `<0x00>`...`<0xFF>`; -1 where absent.
  private let alphabetIDs: [Int32]
  private let fallbackIDs: [Int32]
  private let asciiIDs: [Int32]
  /// "▁", if no merge joins what comes before one to what starts with one. A piece may be cut there.
  let wordMark: [UInt8]?

  init(vocabulary: Vocabulary, merges: MergeTable, options: Options) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    unknownID = options.unknownToken.flatMap { vocabulary.id(of: $0) }
    if let name = options.unknownToken, unknownID == nil {
      throw TokenizerError(.invalidContent, "the unknown token '\(name)' is not in the model's vocabulary")
    }
    wordMark = Self.separates(Self.metaspace, vocabulary, merges, options) ? Self.metaspace : nil
    alphabetIDs = ByteLevelAlphabet.scalars.map { vocabulary.id(of: String(Character($0))) ?? -1 }
    fallbackIDs = (0...255).map { vocabulary.id(of: Self.fallbackToken(for: $0)) ?? -1 }
    asciiIDs = (0..<128).map { (byte: UInt8) in vocabulary.id(of: String(Character(Unicode.Scalar(byte)))) ?? -1 }
  }

  /// SentencePiece's sign for a space.
  static let metaspace = Array("\u{2581}".utf8)

  /// Whether a piece can be cut between anything else and `mark`: the mark is a symbol of its own, so that nothing unknown
  /// is fused across it, and no pair that merges has it at the start of the right token but not at the end of the left.
  private static func separates(
    _ mark: [UInt8], _ vocabulary: Vocabulary, _ merges: MergeTable, _ options: Options
  ) -> Bool {
    guard options.continuingPrefix.isEmpty, options.endOfWordSuffix.isEmpty, !options.ignoresMerges,
      options.wholeTokens.isEmpty,
      mark.withUnsafeBufferPointer({ vocabulary.id(of: $0) }) != nil
    else { return false }
    return merges.allPairs { left, right in
      guard let left = vocabulary.bytes(for: left), let right = vocabulary.bytes(for: right) else { return true }
      return !right.starts(with: mark) || left.suffix(mark.count).elementsEqual(mark)
    }
  }

  static func fallbackToken(for byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  private var decoratesSymbols: Bool { !options.continuingPrefix.isEmpty || !options.endOfWordSuffix.isEmpty }

  /// Whether every symbol is one scalar, so that bytes can be looked up without being written as text first.
  var takesBytes: Bool { !decoratesSymbols }

  /// Appends the tokens of one piece of text.
  func encode(_ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens, _ workspace: inout MergeWorkspace) {
    if let id = wholeToken(piece) { return tokens.append(id, piece.indices) }
    workspace.reset()
    fill(&workspace, from: piece, tracking: tokens.tracksRanges)
    workspace.merge(with: merges)
    tokens.append(workspace)
  }

  private func wholeToken(_ piece: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard options.ignoresMerges || !options.wholeTokens.isEmpty, let id = vocabulary.id(of: piece) else { return nil }
    return options.ignoresMerges || options.wholeTokens.contains(id) ? id : nil
  }

  /// Appends the tokens of one piece that is to be read as bytes in GPT-2's alphabet.
  func encodeBytes(
    _ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens, _ workspace: inout MergeWorkspace
  ) {
    if options.ignoresMerges || !takesBytes || piece.contains(where: { alphabetIDs[Int($0)] < 0 }) {
      var text: [UInt8] = []
      ByteLevelAlphabet.encode(piece, into: &text)
      let first = tokens.ids.count
      text.withUnsafeBufferPointer { encode($0, into: &tokens, &workspace) }
      return tokens.mapRanges(from: first, spelling: piece)
    }
    workspace.reset()
    for byte in piece { workspace.symbols.append(alphabetIDs[Int(byte)]) }
    if tokens.tracksRanges { workspace.lengths.append(contentsOf: repeatElement(1, count: piece.count)) }
    workspace.merge(with: merges)
    tokens.append(workspace)
  }

  private func fill(_ workspace: inout MergeWorkspace, from piece: UnsafeBufferPointer<UInt8>, tracking: Bool) {
    func append(_ id: Int32, _ length: Int) {
      workspace.symbols.append(id)
      if tracking { workspace.lengths.append(length) }
    }
    var pendingUnknown: (id: Int32, length: Int)?
    var i = 0
    while i < piece.count {
      let length = piece.scalar(at: i).length
      let range = i..<i + length
      i += length
      if let id = symbolID(range, of: piece) {
        if let unknown = pendingUnknown { append(unknown.id, unknown.length) }
        pendingUnknown = nil
        append(id, length)
      } else if let bytes = fallback(range, of: piece) {
        // A pending unknown token is left pending, as the reference does.
        for byte in bytes { append(fallbackIDs[Int(byte)], 1) }
      } else if let unknownID {
        if let unknown = pendingUnknown, !options.fusesUnknown { append(unknown.id, unknown.length) }
        let fused = options.fusesUnknown ? pendingUnknown?.length ?? 0 : 0
        pendingUnknown = (unknownID, fused + length)
      }
    }
    if let unknown = pendingUnknown { append(unknown.id, unknown.length) }
  }

  @inline(__always)
  private func symbolID(_ range: Range<Int>, of piece: UnsafeBufferPointer<UInt8>) -> Int32? {
    if decoratesSymbols {
      return decorated(range, of: piece).withUnsafeBufferPointer { vocabulary.id(of: $0) }
    }
    if range.count == 1 {
      let id = asciiIDs[Int(piece[range.lowerBound])]
      return id >= 0 ? id : nil
    }
    return vocabulary.id(of: UnsafeBufferPointer(rebasing: piece[range]))
  }

  private func decorated(_ range: Range<Int>, of piece: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var symbol: [UInt8] = []
    if range.lowerBound > 0 { symbol.append(contentsOf: options.continuingPrefix.utf8) }
    symbol.append(contentsOf: piece[range])
    if range.upperBound == piece.count { symbol.append(contentsOf: options.endOfWordSuffix.utf8) }
    return symbol
  }

  /// The symbol's bytes, if unknown symbols become bytes and the vocabulary has all of these.
  private func fallback(_ range: Range<Int>, of piece: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard options.byteFallback else { return nil }
    let bytes = decoratesSymbols ? decorated(range, of: piece) : Array(piece[range])
    return bytes.allSatisfy { fallbackIDs[Int($0)] >= 0 } ? bytes : nil
  }
}

extension PieceTokens {
  /// Appends merged symbols, which stand for the piece one after the other.
  fileprivate mutating func append(_ workspace: MergeWorkspace) {
    ids.append(contentsOf: workspace.symbols)
    var start = 0
    for length in workspace.lengths {
      ranges.append(start..<start + length)
      start += length
    }
  }
}
