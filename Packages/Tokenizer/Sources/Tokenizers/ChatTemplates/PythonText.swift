/// Python's notions of text: strings of scalars, compared scalar by scalar.
extension Unicode.Scalar {
  /// `str.isspace`.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// Where `str.splitlines` cuts.
  var isPythonLineEnd: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  var isPythonPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }

  /// `\xe9`, `\u4e2d`, `\U0001f600`.
  var pythonEscape: String {
    let digits = String(value, radix: 16)
    let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\" + letter + String(repeating: "0", count: width - digits.utf8.count) + digits
  }

  var isCased: Bool { properties.isCased }
}

extension String {
  init(scalars: some Sequence<Unicode.Scalar>) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    self.init(view)
  }

  /// Equal scalar by scalar, where `==` would be canonical equivalence.
  func equals(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  // MARK: Case

  var pythonUppercased: String {
    var result = ""
    for scalar in unicodeScalars { result += scalar.properties.uppercaseMapping }
    return result
  }

  var pythonLowercased: String {
    let scalars = Array(unicodeScalars)
    return Self.lowercased(scalars, scalars.indices)
  }

  /// The first character in title case, all others in lower case.
  var pythonCapitalized: String {
    let scalars = Array(unicodeScalars)
    guard let first = scalars.first else { return "" }
    return first.properties.titlecaseMapping + Self.lowercased(scalars, 1..<scalars.count)
  }

  /// `str.title`: what follows a letter is lower case, everything else title case.
  var pythonTitle: String {
    let scalars = Array(unicodeScalars)
    var result = ""
    var followsCased = false
    for (index, scalar) in scalars.enumerated() {
      result +=
        followsCased ? Self.lowercased(scalars, index..<index + 1) : scalar.properties.titlecaseMapping
      followsCased = scalar.isCased
    }
    return result
  }

  /// The `title` filter: words begin behind white space, hyphens and opening brackets.
  var jinjaTitle: String {
    let scalars = Array(unicodeScalars)
    var result = ""
    var wordStart: Int?
    func finish(_ end: Int) {
      guard let start = wordStart else { return }
      let word = Array(scalars[start..<end])
      result += word[0].properties.uppercaseMapping + Self.lowercased(word, 1..<word.count)
      wordStart = nil
    }
    for (index, scalar) in scalars.enumerated() {
      let separates = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
      if separates {
        finish(index)
        result.unicodeScalars.append(scalar)
      } else if wordStart == nil {
        wordStart = index
      }
    }
    finish(scalars.count)
    return result
  }

  /// Lower case, with the sigma that ends a word.
  private static func lowercased(_ scalars: [Unicode.Scalar], _ range: Range<Int>) -> String {
    var result = ""
    for index in range {
      if scalars[index] == "\u{3A3}" {
        result += endsWord(scalars, index) ? "\u{3C2}" : "\u{3C3}"
      } else {
        result += scalars[index].properties.lowercaseMapping
      }
    }
    return result
  }

  private static func endsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.isCased == true && after?.isCased != true
  }

  // MARK: Parts

  /// Without the scalars that `strips` accepts, at the sides asked for.
  func stripped(leading: Bool, trailing: Bool, _ strips: (Unicode.Scalar) -> Bool) -> String {
    var rest = unicodeScalars[...]
    if leading { rest = rest.drop(while: strips) }
    while trailing, let last = rest.last, strips(last) { rest.removeLast() }
    return String(rest)
  }

  var pythonLines: [String] { pythonLines(keepingEnds: false) }

  /// `str.splitlines`.
  func pythonLines(keepingEnds: Bool) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var previous: Unicode.Scalar?
    for scalar in unicodeScalars {
      defer { previous = scalar }
      if scalar == "\n", previous == "\r" {
        if keepingEnds { lines[lines.count - 1].unicodeScalars.append(scalar) }
        continue
      }
      guard scalar.isPythonLineEnd else {
        line.append(scalar)
        continue
      }
      if keepingEnds { line.append(scalar) }
      lines.append(String(line))
      line = String.UnicodeScalarView()
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
  }

  // MARK: Printing

  /// What becomes of a string that is added to one that `safe` marked.
  var htmlEscaped: String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      case "\"": result.append(contentsOf: "&#34;".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// `repr`.
  var pythonRepresentation: String {
    let hasSingle = utf8.contains(UInt8(ascii: "'"))
    let quote: Unicode.Scalar = hasSingle && !utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result.append(contentsOf: #"\n"#.unicodeScalars)
      case "\r": result.append(contentsOf: #"\r"#.unicodeScalars)
      case "\t": result.append(contentsOf: #"\t"#.unicodeScalars)
      case "\\": result.append(contentsOf: #"\\"#.unicodeScalars)
      case quote:
        result.append("\\")
        result.append(quote)
      default:
        if scalar.isPythonPrintable {
          result.append(scalar)
        } else {
          result.append(contentsOf: scalar.pythonEscape.unicodeScalars)
        }
      }
    }
    result.append(quote)
    return String(result)
  }
}

extension Double {
  /// `repr` of a Python float: the shortest digits that give the number back.
  var pythonRepresentation: String {
    if isNaN { return "nan" }
    if isInfinite { return self < 0 ? "-inf" : "inf" }
    let sign = self.sign == .minus ? "-" : ""
    if isZero { return sign + "0.0" }
    let (digits, exponent) = shortestDigits
    if exponent < -4 || exponent >= 16 {
      let fraction = digits.dropFirst()
      let power = Swift.abs(exponent) < 10 ? "0\(Swift.abs(exponent))" : "\(Swift.abs(exponent))"
      return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + (exponent < 0 ? "e-" : "e+") + power
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    let whole = exponent + 1
    if digits.utf8.count <= whole {
      return sign + digits + String(repeating: "0", count: whole - digits.utf8.count) + ".0"
    }
    return sign + digits.prefix(whole) + "." + digits.dropFirst(whole)
  }

  /// Digits without leading and trailing zeros, and the power of ten of the first one.
  private var shortestDigits: (String, Int) {
    let parts = magnitude.description.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    exponent += halves[0].utf8.count - 1
    var digits = halves.joined()[...]
    while digits.hasPrefix("0") {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.hasSuffix("0") { digits.removeLast() }
    return (String(digits), exponent)
  }
}
