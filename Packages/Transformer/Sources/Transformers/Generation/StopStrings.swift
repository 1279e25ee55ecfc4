/// Watches a growing text for strings that end it, and says how much of it is certain.
struct StopStrings {
  private let patterns: [(text: String, bytes: [UInt8])]

  init(_ strings: [String]) { patterns = strings.filter { !$0.isEmpty }.map { ($0, Array($0.utf8)) } }

  /// The first stop string in `text`, and where it begins.
  func match(in text: [UInt8]) -> (string: String, start: Int)? {
    var best: (string: String, start: Int)?
    for pattern in patterns where pattern.bytes.count <= text.count {
      let last = min(text.count - pattern.bytes.count, (best?.start ?? text.count) - 1)
      if last < 0 { continue }
      if let start = (0...last).first(where: { text[$0...].starts(with: pattern.bytes) }) {
        best = (pattern.text, start)
      }
    }
    return best
  }

  /// Length of `text` that later tokens cannot take back: without a character that is not whole yet (decoders write
  /// U+FFFD for it), and without what may be the beginning of a stop string.
  func certainCount(of text: [UInt8]) -> Int {
    let replacement: [UInt8] = [0xef, 0xbf, 0xbd]
    var end = text.count
    while end >= 3, text[end - 3..<end].elementsEqual(replacement) { end -= 3 }
    let longest = patterns.map(\.bytes.count).max() ?? 0
    for start in max(0, end - longest)..<max(end, 1) where start < end {
      let tail = text[start..<end]
      if patterns.contains(where: { $0.bytes.starts(with: tail) }) { return start }
    }
    return end
  }
}
