extension PatternParser {
  /// What follows a backslash, as an item of a class.
  mutating func escape() throws -> ScalarSet.Item {
    guard let scalar = advance() else { throw unsupported("a backslash at the end") }
    switch scalar {
    case "s": return .property(.space, negated: false)
    case "S": return .property(.space, negated: true)
    case "d": return .property(.category([.decimalNumber]), negated: false)
    case "D": return .property(.category([.decimalNumber]), negated: true)
    case "w": return .property(.word, negated: false)
    case "W": return .property(.word, negated: true)
    case "p": return try property(negated: false)
    case "P": return try property(negated: true)
    case "t": return .range(0x09...0x09)
    case "n": return .range(0x0A...0x0A)
    case "v": return .range(0x0B...0x0B)
    case "f": return .range(0x0C...0x0C)
    case "r": return .range(0x0D...0x0D)
    case "u": return try codePoint(digits: 4)
    case "x": return try hexadecimalEscape()
    default:
      let isPlain = scalar.value > 0x7F || !scalar.properties.isAlphabetic && !("0"..."9").contains(scalar)
      guard isPlain else { throw unsupported("the escape '\\\(scalar)'") }
      return .range(scalar.value...scalar.value)
    }
  }

  private mutating func hexadecimalEscape() throws -> ScalarSet.Item {
    guard skip("{") else { return try codePoint(digits: 2) }
    var text = ""
    while let scalar = advance(), scalar != "}" { text.unicodeScalars.append(scalar) }
    return try range(ofHexadecimal: text)
  }

  private mutating func codePoint(digits: Int) throws -> ScalarSet.Item {
    var text = ""
    for _ in 0..<digits { if let scalar = advance() { text.unicodeScalars.append(scalar) } }
    guard text.unicodeScalars.count == digits else { throw unsupported("an escape that is cut short") }
    return try range(ofHexadecimal: text)
  }

  private func range(ofHexadecimal text: String) throws -> ScalarSet.Item {
    guard text.unicodeScalars.first?.properties.isASCIIHexDigit == true, let value = UInt32(text, radix: 16),
      Unicode.Scalar(value) != nil
    else { throw unsupported("an escape that is no character") }
    return .range(value...value)
  }

  private mutating func property(negated: Bool) throws -> ScalarSet.Item {
    guard skip("{") else { throw unsupported("'\\p' without '{'") }
    let isInverted = skip("^")
    var name = ""
    while let scalar = advance(), scalar != "}" { name.unicodeScalars.append(scalar) }
    guard let property = Self.property(named: name) else { throw unsupported("the property '\(name)'") }
    return .property(property, negated: negated != isInverted)
  }

  private static func property(named name: String) -> ScalarSet.Property? {
    switch name {
    case "Han", "Script=Han": .han
    case "L", "Letter": .category(["Lu", "Ll", "Lt", "Lm", "Lo"].compactMap { categories[$0] })
    case "M", "Mark": .category(["Mn", "Mc", "Me"].compactMap { categories[$0] })
    case "N", "Number": .category(["Nd", "Nl", "No"].compactMap { categories[$0] })
    case "P", "Punctuation": .category(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"].compactMap { categories[$0] })
    case "S", "Symbol": .category(["Sm", "Sc", "Sk", "So"].compactMap { categories[$0] })
    case "Z", "Separator": .category(["Zs", "Zl", "Zp"].compactMap { categories[$0] })
    default: categories[name].map { .category([$0]) }
    }
  }

  private static let categories: [String: Unicode.GeneralCategory] = [
    "Lu": .uppercaseLetter, "Ll": .lowercaseLetter, "Lt": .titlecaseLetter, "Lm": .modifierLetter, "Lo": .otherLetter,
    "Mn": .nonspacingMark, "Mc": .spacingMark, "Me": .enclosingMark,
    "Nd": .decimalNumber, "Nl": .letterNumber, "No": .otherNumber,
    "Pc": .connectorPunctuation, "Pd": .dashPunctuation, "Ps": .openPunctuation, "Pe": .closePunctuation,
    "Pi": .initialPunctuation, "Pf": .finalPunctuation, "Po": .otherPunctuation,
    "Sm": .mathSymbol, "Sc": .currencySymbol, "Sk": .modifierSymbol, "So": .otherSymbol,
    "Zs": .spaceSeparator, "Zl": .lineSeparator, "Zp": .paragraphSeparator,
    "Cc": .control, "Cf": .format, "Co": .privateUse,
  ]
}
