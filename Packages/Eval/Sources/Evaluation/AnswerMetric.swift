/// What an answer in the model's own words is worth beside those that count as right, as SQuAD's official script counts
/// (Rajpurkar et al. 2016) and MeZO's code after it.
///
/// Texts are compared by their *words*: what is left, cut at white space, of the text in lower case, without ASCII
/// punctuation, the words a, an and the taken out.
public enum AnswerMetric: String, Sendable, Codable, CaseIterable {
  /// 2PR / (P + R) of the words that answer and reference share, each as often as both have it, P and R being their
  /// shares of the answer's and of the reference's words; of several references the best. Where the first reference is
  /// `CANNOTANSWER` or `no answer`, 1 for that very answer and 0 for any other.
  case f1
  /// 1 where answer and reference have the same words in the same order, for any of the references; else 0.
  case exactMatch = "exact-match"

  /// Between 0 and 1; 0 where there are no references.
  public func score(_ answer: String, references: [String]) -> Double {
    let words = AnswerWords(answer)
    switch self {
    case .exactMatch:
      return references.contains { AnswerWords($0) == words } ? 1 : 0
    case .f1:
      if let first = references.first, Self.refusals.contains(first) { return AnswerWords(first) == words ? 1 : 0 }
      return references.reduce(0) { max($0, words.overlap(with: AnswerWords($1))) }
    }
  }

  private static let refusals: Set<String> = ["CANNOTANSWER", "no answer"]
}

/// A text's words, code point by code point: equal words have equal bytes, whatever Unicode says of their equivalence.
struct AnswerWords: Equatable {
  private(set) var words: [[Unicode.Scalar]] = []

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    var word: [Unicode.Scalar] = [], run: [Unicode.Scalar] = []
    /// Letters and digits in a row, which stay in the word unless they are an article.
    func endRun() {
      if Self.articles.contains(run) { endWord() } else { word += run }
      run.removeAll(keepingCapacity: true)
    }
    func endWord() {
      if !word.isEmpty { words.append(word) }
      word.removeAll(keepingCapacity: true)
    }
    for scalar in Self.lowercased(scalars) where !Self.isPunctuation(scalar) {
      if Self.isAlphanumeric(scalar) {
        run.append(scalar)
      } else {
        endRun()
        if Self.isSpace(scalar) { endWord() } else { word.append(scalar) }
      }
    }
    endRun()
    endWord()
  }

  /// F1 of the two multisets of words.
  func overlap(with other: AnswerWords) -> Double {
    var left: [[Unicode.Scalar]: Int] = [:]
    for word in other.words { left[word, default: 0] += 1 }
    let shared = words.count { word in
      guard let count = left[word], count > 0 else { return false }
      left[word] = count - 1
      return true
    }
    guard shared > 0 else { return 0 }
    let precision = Double(shared) / Double(words.count), recall = Double(shared) / Double(other.words.count)
    return 2 * precision * recall / (precision + recall)
  }

  private static let articles: Set<[Unicode.Scalar]> = Set(["a", "an", "the"].map { Array($0.unicodeScalars) })

  /// As Python's `str.lower`: a Σ that ends a word is ς.
  private static func lowercased(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var lowered: [Unicode.Scalar] = []
    lowered.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      if scalar == "Σ" {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let endsWord = before?.properties.isCased == true && after?.properties.isCased != true
        lowered.append(endsWord ? "ς" : "σ")
      } else {
        lowered += scalar.properties.lowercaseMapping.unicodeScalars
      }
    }
    return lowered
  }

  /// Python's `string.punctuation`.
  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
    default: false
    }
  }

  /// Python's `str.isspace`.
  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
  }

  /// Python's `str.isalnum`: what `\w` matches, but for the underscore, which is punctuation.
  private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: scalar.properties.numericType != nil
    }
  }
}
