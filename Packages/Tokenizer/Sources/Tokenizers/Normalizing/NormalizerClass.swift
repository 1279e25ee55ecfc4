/// Properties of scalars as the reference's normalizers and pre-tokenizers see them.
///
/// Its tables (the crates `unicode_categories` and `unicode-normalization-alignments`) are of the Unicode versions named
/// here; scalars assigned since are none of these.
enum NormalizerClass {
  /// Control, format, private use or surrogate, but not tab, newline or carriage return.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return scalar.value < 0x20 && ![0x09, 0x0A, 0x0D].contains(scalar.value) || scalar.value == 0x7F
    }
    switch category(scalar, upTo: 8) {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300: false
    // Scalars whose category has changed since.
    case 0x1734, 0x1171E: true
    case 0x1885, 0x1886, 0xA9BD, 0x111C9: false
    default: category(scalar, upTo: 8) == .nonspacingMark
    }
  }

  static func isCombiningMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x300, 0x111C9: return false
    case 0x1CF2, 0x1CF3: return true
    default: break
    }
    switch category(scalar, upTo: 9) {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return false
    }
  }

  /// ASCII's punctuation and symbols, and Unicode's punctuation.
  static func isPunctuation(_ value: UInt32) -> Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
    case 0..<0xA1: return false
    case 0x166D, 0x111C9: return true
    default: break
    }
    guard let scalar = Unicode.Scalar(value) else { return false }
    switch category(scalar, upTo: 8) {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  private static func category(_ scalar: Unicode.Scalar, upTo version: Int) -> Unicode.GeneralCategory {
    let properties = scalar.properties
    guard let age = properties.age, age.major <= version else { return .unassigned }
    return properties.generalCategory
  }
}
