/// What is made of the tokens of one text or two: which special tokens go around them, which segment each belongs to,
/// and how offsets are trimmed. The post-processor of a tokenizer.json.
struct Template: Sendable {
  enum Part: Sendable {
    /// The first text (0) or the second (1), whose tokens get a type id.
    case text(Int, typeID: Int32)
    case tokens([Int32], typeID: Int32)
  }

  var single: [Part] = [.text(0, typeID: 0)]
  var pair: [Part] = [.text(0, typeID: 0), .text(1, typeID: 1)]
  var trimmings: [OffsetTrimming] = []
  /// Whether a file says what goes around texts, be it nothing.
  var isGiven = false

  /// Special ids before the text.
  var leading: [Int32] { ids(of: single.prefix { if case .text = $0 { false } else { true } }) }
  /// Special ids after the text.
  var trailing: [Int32] { ids(of: single.reversed().prefix { if case .text = $0 { false } else { true } }.reversed()) }

  private func ids(of parts: some Sequence<Part>) -> [Int32] {
    parts.flatMap { part -> [Int32] in if case .tokens(let ids, _) = part { ids } else { [] } }
  }

  /// Puts each text between special tokens.
  mutating func surround(leading: [Int32], trailing: [Int32]) {
    func parts(_ index: Int, typeID: Int32) -> [Part] {
      let parts: [Part] = [
        .tokens(leading, typeID: typeID), .text(index, typeID: typeID), .tokens(trailing, typeID: typeID),
      ]
      return parts.filter { if case .tokens(let ids, _) = $0 { !ids.isEmpty } else { true } }
    }
    single = parts(0, typeID: 0)
    pair = single + parts(1, typeID: 1)
  }

  func apply(to ids: [Int32]) -> [Int32] {
    if single.count == 1, case .text = single[0] { return ids }
    return join(single, [ids], addingSpecialTokens: true)
  }

  func apply(to first: [Int32], _ second: [Int32], addingSpecialTokens: Bool) -> [Int32] {
    join(pair, [first, second], addingSpecialTokens: addingSpecialTokens)
  }

  private func join(_ parts: [Part], _ texts: [[Int32]], addingSpecialTokens: Bool) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(texts.reduce(8) { $0 + $1.count })
    for part in parts {
      switch part {
      case .text(let index, _): result.append(contentsOf: texts[index])
      case .tokens(let special, _): if addingSpecialTokens { result.append(contentsOf: special) }
      }
    }
    return result
  }
}
