/// SentencePiece's unigram language model: the segmentation of a piece whose tokens' scores sum highest.
///
/// Follows `Unigram` of Hugging Face's `tokenizers`: scores are doubles, of equal paths the one found first stays, a
/// character without a token of its own costs ten below the lowest score, and a run of such characters is one token:
/// its bytes (`byteFallback`) or the unknown token.
struct UnigramModel: Sendable {
  /// What an unknown character costs below the lowest score.
  private static let unknownPenalty = 10.0

  let vocabulary: Vocabulary
  let unknownID: Int32?
  private let trie: TokenTrie
  private let scores: [Double]
  private let unknown: Int32
  private let unknownScore: Double
  private let singlePrecision: Bool
  /// Ids of `<0x00>`...`<0xFF>`, if unknown characters become those.
  private let fallbackIDs: [Int32]?

  /// - Parameters:
  ///   - scores: by id.
  ///   - lowestScore: what an unknown character's score is measured from; the lowest of `scores` if nil.
  ///   - singlePrecision: whether sums of scores are rounded as SentencePiece's are.
  ///   - segmentable: whether the token of an id takes part in segmenting; the others are only looked up.
  init(
    vocabulary: Vocabulary, scores: [Double], unknown: Int32, byteFallback: Bool, lowestScore: Double? = nil,
    singlePrecision: Bool = false,
    segmentable: (Int32) -> Bool = { _ in true }
  ) throws(TokenizerError) {
    guard scores.indices.contains(Int(unknown)) else {
      throw TokenizerError(.invalidContent, "unk_id is \(unknown), but there are \(scores.count) tokens")
    }
    guard scores.allSatisfy(\.isFinite) else { throw TokenizerError(.invalidContent, "a score that is not finite") }
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknown = unknown
    self.singlePrecision = singlePrecision
    unknownID = unknown
    unknownScore = (lowestScore ?? scores.min() ?? 0) - Self.unknownPenalty
    var trie = TokenTrie()
    for id in vocabulary.allIDs where segmentable(id) {
      if let token = vocabulary.bytes(for: id), !token.isEmpty { trie.insert(token, value: id) }
    }
    self.trie = trie
    let fallback = (0...255).map { vocabulary.id(of: BytePairModel.fallbackToken(for: $0)) ?? -1 }
    fallbackIDs = byteFallback ? fallback : nil
  }

  func encode(_ piece: UnsafeBufferPointer<UInt8>, into tokens: inout PieceTokens, _ lattice: inout UnigramLattice) {
    findBestPath(piece, &lattice)
    lattice.traceBack(from: piece.count)
    var index = lattice.path.count - 1
    while index >= 0 {
      let start = lattice.path[index].start
      var end = lattice.path[index].end
      let id = lattice.path[index].id
      index -= 1
      guard id == unknown else {
        tokens.append(id, start..<end)
        continue
      }
      while index >= 0, lattice.path[index].id == unknown {
        end = lattice.path[index].end
        index -= 1
      }
      appendUnknown(start..<end, of: piece, to: &tokens)
    }
  }

  /// Fills in, for every place where a character ends, the best way to get there.
  private func findBestPath(_ piece: UnsafeBufferPointer<UInt8>, _ lattice: inout UnigramLattice) {
    lattice.reset(count: piece.count)
    lattice.nodes.withUnsafeMutableBufferPointer { nodes in
      var start = 0
      while start < piece.count {
        let base = nodes[start].score
        let length = piece.scalar(at: start).length
        var hasSingle = false
        var state: TokenTrie.State = 0
        var position = start
        while position < piece.count, let next = trie.next(state, piece[position]) {
          state = next
          position += 1
          let id = trie.value(at: state)
          if id < 0 { continue }
          nodes[position].improve(id, from: start, score: sum(base, scores[Int(id)]))
          if position - start == length { hasSingle = true }
        }
        if !hasSingle { nodes[start + length].improve(unknown, from: start, score: sum(base, unknownScore)) }
        start += length
      }
    }
  }

  @inline(__always)
  private func sum(_ base: Double, _ score: Double) -> Double {
    singlePrecision ? Double(Float(base + score)) : base + score
  }

  private func appendUnknown(_ range: Range<Int>, of piece: UnsafeBufferPointer<UInt8>, to tokens: inout PieceTokens) {
    let text = UnsafeBufferPointer(rebasing: piece[range])
    if let id = vocabulary.id(of: text) { return tokens.append(id, range) }
    if let fallbackIDs, text.allSatisfy({ fallbackIDs[Int($0)] >= 0 }) {
      for byte in text { tokens.append(fallbackIDs[Int(byte)], range) }
      return
    }
    tokens.append(unknown, range)
  }
}

/// The best paths through a piece of text while it is being segmented; kept and reused from piece to piece.
struct UnigramLattice {
  /// The best way to get to a place in the text.
  struct Node {
    var score: Double
    /// -1: none yet.
    var start: Int
    var id: Int32

    @inline(__always)
    mutating func improve(_ id: Int32, from start: Int, score: Double) {
      if self.start < 0 || score > self.score { self = Node(score: score, start: start, id: id) }
    }
  }

  struct Step {
    var start: Int
    var end: Int
    var id: Int32
  }

  var nodes: [Node] = []
  /// The best path, last step first.
  private(set) var path: [Step] = []

  mutating func reset(count: Int) {
    nodes.removeAll(keepingCapacity: true)
    nodes.append(contentsOf: repeatElement(Node(score: 0, start: -1, id: 0), count: count + 1))
  }

  mutating func traceBack(from end: Int) {
    path.removeAll(keepingCapacity: true)
    var end = end
    while end > 0 {
      let node = nodes[end]
      path.append(Step(start: node.start, end: end, id: node.id))
      end = node.start
    }
  }
}
