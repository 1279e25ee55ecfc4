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

  init(vocabulary: Vocabulary, merges: MergeTable, options: Options) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.options = options
    unknownID = options.unknownToken.flatMap { vocabulary.id(of: $0) }
    if let name = options.unknownToken, unknownID == nil {
      throw TokenizerError(.invalidContent, "the unknown token '\(name)' is not in the model's vocabulary")
    }
    alphabetIDs = ByteLevelAlphabet.scalars.map { vocabulary.id(of: String(Character($0))) ?? -1 }
    fallbackIDs = (0...255).map { vocabulary.id(of: Self.fallbackToken(for: $0)) ?? -1 }
    asciiIDs = (0..<128).map { (byte: UInt8) in vocabulary.id(of: String(Character(Unicode.Scalar(byte)))) ?? -1 }
  }

  static func fallbackToken(for byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  private var decoratesSymbols: Bool { !options.continuingPrefix.isEmpty || !options.endOfWordSuffix.isEmpty }

  /// Whether every symbol is one scalar, so that bytes can be looked up without being written as text first.
  var takesBytes: Bool { !decoratesSymbols }

  /// Appends the ids of one piece of text.
  func encode(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32], _ workspace: inout MergeWorkspace) {
    if options.ignoresMerges, let id = vocabulary.id(of: piece) {
      output.append(id)
      return
    }
    workspace.symbols.removeAll(keepingCapacity: true)
    fill(&workspace.symbols, from: piece)
    workspace.merge(with: merges)
    output.append(contentsOf: workspace.symbols)
  }

  /// Appends the ids of one piece that is to be read as bytes in GPT-2's alphabet.
  func encodeBytes(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32], _ workspace: inout MergeWorkspace) {
    if options.ignoresMerges || !takesBytes || piece.contains(where: { alphabetIDs[Int($0)] < 0 }) {
      var text: [UInt8] = []
      ByteLevelAlphabet.encode(piece, into: &text)
      text.withUnsafeBufferPointer { encode($0, into: &output, &workspace) }
      return
    }
    workspace.symbols.removeAll(keepingCapacity: true)
    for byte in piece { workspace.symbols.append(alphabetIDs[Int(byte)]) }
    workspace.merge(with: merges)
    output.append(contentsOf: workspace.symbols)
  }

  private func fill(_ symbols: inout [Int32], from piece: UnsafeBufferPointer<UInt8>) {
    var pendingUnknown: Int32?
    var i = 0
    while i < piece.count {
      let length = piece.scalar(at: i).length
      let range = i..<i + length
      i += length
      if let id = symbolID(range, of: piece) {
        if let unknown = pendingUnknown { symbols.append(unknown) }
        pendingUnknown = nil
        symbols.append(id)
      } else if !appendFallback(range, of: piece, to: &symbols), let unknownID {
        if let unknown = pendingUnknown, !options.fusesUnknown { symbols.append(unknown) }
        pendingUnknown = unknownID
      }
    }
    if let unknown = pendingUnknown { symbols.append(unknown) }
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

  /// Appends the symbol's bytes as `<0xNN>` tokens if all of them are in the vocabulary. A pending unknown token is
  /// left pending, as the reference does.
  private func appendFallback(
    _ range: Range<Int>, of piece: UnsafeBufferPointer<UInt8>, to symbols: inout [Int32]
  ) -> Bool {
    guard options.byteFallback else { return false }
    let bytes = decoratesSymbols ? decorated(range, of: piece) : Array(piece[range])
    guard bytes.allSatisfy({ fallbackIDs[Int($0)] >= 0 }) else { return false }
    symbols.append(contentsOf: bytes.lazy.map { fallbackIDs[Int($0)] })
    return true
  }
}
