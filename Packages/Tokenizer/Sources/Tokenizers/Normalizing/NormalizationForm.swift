import Foundation

/// Unicode's normalization forms NFC, NFD, NFKC and NFKD, as of Unicode 9.
///
/// The reference implementation's tables are that old: what later versions added it neither decomposes, nor reorders,
/// nor composes. A model's ids depend on it, so here such scalars are treated as unassigned. Foundation gives the
/// decomposition of single scalars; order and composition are worked out here, because Foundation's composition
/// misses syllables of Hangul and marks that are younger than its tables.
struct NormalizationForm: Sendable {
  private static let latestVersion = 9

  /// Whether compatibility mappings apply ("ﬁ" to "fi").
  var isCompatibility: Bool
  /// Whether the result is composed again.
  var composes: Bool

  private struct Unit {
    var scalar: Unicode.Scalar
    var combiningClass: UInt8
    /// As in `TextBuilder.transform`.
    var change = 0
  }

  func normalize(_ text: inout NormalizedText) {
    let isNormal = text.bytes.withUnsafeBufferPointer { bytes in
      // U+0300 is the first combining mark; below it composed scalars stay as they are, and nothing composes.
      composes && !isCompatibility ? bytes.allSatisfy { $0 < 0xCC } : bytes.allSatisfy { $0 < 0x80 }
    }
    if isNormal { return }
    var units = decompose(String(decoding: text.bytes, as: UTF8.self).unicodeScalars)
    Self.reorder(&units)
    if composes { Self.compose(&units) }
    text.rewrite { _, builder in
      for unit in units { builder.transform(unit.scalar, change: unit.change) }
    }
  }

  private func decompose(_ scalars: String.UnicodeScalarView) -> [Unit] {
    var units: [Unit] = []
    units.reserveCapacity(scalars.count)
    var known: [Unicode.Scalar: [Unit]] = [:]
    for scalar in scalars {
      if scalar.isASCII {
        units.append(Unit(scalar: scalar, combiningClass: 0))
      } else if let parts = known[scalar] {
        units.append(contentsOf: parts)
      } else {
        let parts = Self.parts(of: scalar, isCompatibility: isCompatibility)
        known[scalar] = parts
        units.append(contentsOf: parts)
      }
    }
    return units
  }

  private static func parts(of scalar: Unicode.Scalar, isCompatibility: Bool) -> [Unit] {
    guard isAssigned(scalar) else { return [Unit(scalar: scalar, combiningClass: 0)] }
    let text = String(Character(scalar))
    let parts =
      isCompatibility ? text.decomposedStringWithCompatibilityMapping : text.decomposedStringWithCanonicalMapping
    return parts.unicodeScalars.enumerated().map { index, part in
      Unit(
        scalar: part, combiningClass: part.properties.canonicalCombiningClass.rawValue, change: index == 0 ? 0 : 1)
    }
  }

  private static func isAssigned(_ scalar: Unicode.Scalar) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major <= latestVersion
  }

  /// Sorts each run of combining marks by class, keeping the order of equals.
  private static func reorder(_ units: inout [Unit]) {
    var start = 0
    while start < units.count {
      guard units[start].combiningClass > 0 else {
        start += 1
        continue
      }
      var end = start
      while end < units.count, units[end].combiningClass > 0 { end += 1 }
      if end - start > 1 {
        let sorted = units[start..<end].enumerated().sorted {
          ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
        }
        units.replaceSubrange(start..<end, with: sorted.map(\.element))
      }
      start = end
    }
  }

  /// The canonical composition algorithm (UAX 15): each unit joins the last starter if nothing between blocks it.
  private static func compose(_ units: inout [Unit]) {
    var result: [Unit] = []
    result.reserveCapacity(units.count)
    var starter: Int?
    for unit in units {
      if let index = starter {
        let isAdjacent = index == result.count - 1
        let blocked = !isAdjacent && (result[result.count - 1].combiningClass >= unit.combiningClass)
        if !blocked, let composite = composite(result[index].scalar, unit.scalar) {
          result[index].scalar = composite
          result[index].change += unit.change - 1
          continue
        }
      }
      if unit.combiningClass == 0 { starter = result.count }
      result.append(unit)
    }
    units = result
  }

  private static func composite(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
    if second.isASCII { return nil }
    if let syllable = hangulSyllable(first.value, second.value) { return syllable }
    return composites[UInt64(first.value) << 32 | UInt64(second.value)]
  }

  /// A leading consonant and a vowel, or an open syllable and a final consonant.
  private static func hangulSyllable(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
    if (0x1100..<0x1113).contains(first), (0x1161..<0x1176).contains(second) {
      return Unicode.Scalar(0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28)
    }
    if (0xAC00..<0xD7A4).contains(first), (first - 0xAC00) % 28 == 0, (0x11A8..<0x11C3).contains(second) {
      return Unicode.Scalar(first + second - 0x11A7)
    }
    return nil
  }

  /// Pairs that compose, from the decompositions of all scalars that have one. Blocks without composites are left out.
  private static let composites: [UInt64: Unicode.Scalar] = {
    var table: [UInt64: Unicode.Scalar] = [:]
    for value in Array(0xC0..<UInt32(0x3100)) + Array(0x11000..<0x11600) {
      guard let scalar = Unicode.Scalar(value), isAssigned(scalar), !scalar.properties.isFullCompositionExclusion
      else { continue }
      let parts = String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars
      guard parts.count > 1, let last = parts.last else { continue }
      // The last mark joins what the ones before it compose to, which is a smaller composite.
      let head = String(String.UnicodeScalarView(parts.dropLast())).precomposedStringWithCanonicalMapping.unicodeScalars
      guard head.count == 1, let first = head.first else { continue }
      table[UInt64(first.value) << 32 | UInt64(last.value)] = scalar
    }
    return table
  }()
}
