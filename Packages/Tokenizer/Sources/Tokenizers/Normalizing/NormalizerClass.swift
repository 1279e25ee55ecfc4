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
    scalar.value >= 0x300 && category(scalar, upTo: 8) == .nonspacingMark
  }

  static func isCombiningMark(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x300 else { return false }
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
