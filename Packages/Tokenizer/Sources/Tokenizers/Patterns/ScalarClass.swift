/// Properties of Unicode scalars as the reference implementation's regular expressions see them.
///
/// That engine (Oniguruma) knows Unicode 16. The Swift runtime knows a later version, in which more scalars are
/// letters; those are treated as unassigned here, because a model's tokenizer must not change with the runtime.
enum ScalarClass {
  static let latestVersion = 16

  enum Kind: UInt8, Sendable { case letter, number, space, other }

  private static let asciiKinds: [Kind] = (0..<128).map { lookUp(UInt32($0)) }

  /// Letter (`\p{L}`), number (`\p{N}`), white space (`\s`) or none of them; the three are disjoint.
  @inline(__always)
  static func kind(_ value: UInt32) -> Kind {
    value < 128 ? asciiKinds[Int(value)] : lookUp(value)
  }

  private static func lookUp(_ value: UInt32) -> Kind {
    if isSpace(value) { return .space }
    switch category(value) {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return .other
    }
  }

  static func category(_ value: UInt32) -> Unicode.GeneralCategory {
    guard let scalar = Unicode.Scalar(value) else { return .surrogate }
    let category = scalar.properties.generalCategory
    if category == .unassigned || value < 0x300 { return category }
    if let age = scalar.properties.age, age.major > latestVersion { return .unassigned }
    return category
  }

  static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// `[\w]`: alphabetic scalars, marks, decimal digits and connectors.
  static func isWord(_ value: UInt32) -> Bool {
    switch category(value) {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    case .unassigned, .surrogate: false
    default: Unicode.Scalar(value)?.properties.isAlphabetic ?? false
    }
  }

  /// `\w` outside a class, which in Oniguruma takes in Latin-1's superscripts and fractions too.
  static func isLooseWord(_ value: UInt32) -> Bool {
    isWord(value) || value < 0x100 && category(value) == .otherNumber
  }

  enum WordKind: UInt8, Sendable { case word, space, other }

  private static let asciiWordKinds: [WordKind] = (0..<128).map { lookUpWordKind(UInt32($0)) }

  /// `\w`, `\s` or neither, as Rust's regular expressions see them.
  @inline(__always)
  static func wordKind(_ value: UInt32) -> WordKind {
    value < 128 ? asciiWordKinds[Int(value)] : lookUpWordKind(value)
  }

  private static func lookUpWordKind(_ value: UInt32) -> WordKind {
    if isSpace(value) { return .space }
    let isJoiner = value == 0x200C || value == 0x200D
    return isJoiner || isWord(value) ? .word : .other
  }

  /// `\p{Han}` in Unicode 16; the Swift runtime does not publish scripts.
  static func isHan(_ value: UInt32) -> Bool {
    switch value {
    case 0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005, 0x3007, 0x3021...0x3029, 0x3038...0x303B,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3, 0x16FF0...0x16FF1,
      0x20000...0x2A6DF, 0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1, 0x2CEB0...0x2EBE0,
      0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF:
      true
    default: false
    }
  }
}
