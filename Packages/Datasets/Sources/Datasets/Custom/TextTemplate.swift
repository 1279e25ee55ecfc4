/// A text with fields of a record in braces: `{premise} So {hypothesis}`. Braces of the text itself are written twice.
struct TextTemplate: Sendable, Hashable {
  private enum Piece: Sendable, Hashable {
    case text(String)
    case field(String)
  }

  /// As it was given.
  let text: String
  private let pieces: [Piece]

  /// Why a text is no template.
  struct Problem: Error { let message: String }

  init(_ text: String) throws(Problem) {
    self.text = text
    var pieces: [Piece] = [], plain = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if (scalar == "{" || scalar == "}") && rest.first == scalar {
        plain.append(scalar)
        rest.removeFirst()
      } else if scalar == "{" {
        guard let end = rest.firstIndex(of: "}") else { throw Problem(message: "a brace '{' is never closed") }
        let name = String(rest[..<end]).strippingWhitespace()
        guard !name.isEmpty, !name.contains("{") else {
          throw Problem(message: "'{\(name)}' names no field; a brace of the text itself is written twice")
        }
        pieces += [.text(String(plain)), .field(name)]
        plain = String.UnicodeScalarView()
        rest = rest[rest.index(after: end)...]
      } else if scalar == "}" {
        throw Problem(message: "a brace '}' closes nothing; a brace of the text itself is written twice")
      } else {
        plain.append(scalar)
      }
    }
    self.pieces = pieces + [.text(String(plain))]
  }

  /// The fields' names, in order.
  var fields: [String] { pieces.compactMap { if case .field(let name) = $0 { name } else { nil } } }

  /// The text with `value` of each field in its place.
  func filled(_ value: (String) throws -> String) rethrows -> String {
    try pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .field(let name): try value(name)
      }
    }.joined()
  }
}
