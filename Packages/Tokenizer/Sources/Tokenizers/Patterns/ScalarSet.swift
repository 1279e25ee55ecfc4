/// A set of Unicode scalars, as a character class of a regular expression describes it.
struct ScalarSet: Sendable {
  enum Property: Sendable {
    case category([Unicode.GeneralCategory])
    case space
    case word
    case looseWord
    case han

    func contains(_ value: UInt32) -> Bool {
      switch self {
      case .category(let categories): categories.contains(ScalarClass.category(value))
      case .space: ScalarClass.isSpace(value)
      case .word: ScalarClass.isWord(value)
      case .looseWord: ScalarClass.isLooseWord(value)
      case .han: ScalarClass.isHan(value)
      }
    }
  }

  indirect enum Item: Sendable {
    case range(ClosedRange<UInt32>)
    case property(Property, negated: Bool)
    case set(ScalarSet)

    func contains(_ value: UInt32) -> Bool {
      switch self {
      case .range(let range): range.contains(value)
      case .property(let property, let negated): property.contains(value) != negated
      case .set(let set): set.contains(value)
      }
    }
  }

  private let items: [Item]
  private let isNegated: Bool
  private let ignoresCase: Bool
  /// Membership of U+0000...U+007F, worked out once.
  private let ascii: (low: UInt64, high: UInt64)

  init(_ items: [Item], negated: Bool = false, ignoresCase: Bool = false) {
    self.items = items
    isNegated = negated
    self.ignoresCase = ignoresCase
    var bits: (low: UInt64, high: UInt64) = (0, 0)
    for value in 0..<UInt32(64) {
      if Self.contains(value, items, negated, ignoresCase) { bits.low |= 1 << UInt64(value) }
      if Self.contains(value + 64, items, negated, ignoresCase) { bits.high |= 1 << UInt64(value) }
    }
    ascii = bits
  }

  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    if value < 64 { return ascii.low >> UInt64(value) & 1 == 1 }
    if value < 128 { return ascii.high >> UInt64(value - 64) & 1 == 1 }
    return Self.contains(value, items, isNegated, ignoresCase)
  }

  private static func contains(_ value: UInt32, _ items: [Item], _ negated: Bool, _ ignoresCase: Bool) -> Bool {
    var found = items.contains { $0.contains(value) }
    if !found, ignoresCase {
      found = caseVariants(of: value).contains { variant in items.contains { $0.contains(variant) } }
    }
    return found != negated
  }

  /// Scalars that differ from `value` in case only. U+017F (long s) and U+212A (kelvin) fold to ASCII letters.
  private static func caseVariants(of value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    var variants: [UInt32] = []
    for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
      if let mapped = mapping.unicodeScalars.first, mapping.unicodeScalars.count == 1 { variants.append(mapped.value) }
    }
    switch value {
    case 0x17F: variants.append(0x73)
    case 0x53, 0x73: variants.append(0x17F)
    case 0x4B, 0x6B: variants.append(0x212A)
    default: break
    }
    return variants
  }
}
