import Foundation

extension Normalizer {
  /// Reads the `normalizer` of a tokenizer.json as a list of steps.
  static func steps(_ node: JSONNode?) throws -> [Normalizer] {
    guard let node else { return [] }
    let type = try node.string("type")
    switch type {
    case "Sequence":
      try node.allow("type", "normalizers")
      return try node.required("normalizers").elements().flatMap { try steps($0) }
    case "Prepend":
      try node.allow("type", "prepend")
      return [.prepend(Array(try node.string("prepend").utf8))]
    case "Replace":
      try node.allow("type", "pattern", "content")
      let pattern = try Pattern(try node.required("pattern"))
      return [.replace(pattern, with: Array(try node.string("content").utf8))]
    case "Strip":
      try node.allow("type", "strip_left", "strip_right")
      return [.strip(left: try node.boolean("strip_left"), right: try node.boolean("strip_right"))]
    case "BertNormalizer": return [.bert(try BertNormalizer(node))]
    case "Precompiled":
      try node.allow("type", "precompiled_charsmap")
      return try charsmap(node)
    default:
      let step = try plainStep(type, node)
      try node.allow("type")
      return [step]
    }
  }

  private static func plainStep(_ type: String, _ node: JSONNode) throws -> Normalizer {
    switch type {
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Nmt": return .nmt
    case "ByteLevel": return .byteLevel
    case "NFC": return .form(NormalizationForm(isCompatibility: false, composes: true))
    case "NFD": return .form(NormalizationForm(isCompatibility: false, composes: false))
    case "NFKC": return .form(NormalizationForm(isCompatibility: true, composes: true))
    case "NFKD": return .form(NormalizationForm(isCompatibility: true, composes: false))
    default:
      throw node.error(
        .unsupportedComponent,
        "normalizer '\(type)'; this version knows Sequence, Prepend, Replace, Strip, Lowercase, NFC, NFD, NFKC, NFKD, "
          + "StripAccents, Nmt, ByteLevel, BertNormalizer, Precompiled")
    }
  }

  /// The map of a `Precompiled`, in base64; none where it is empty.
  private static func charsmap(_ node: JSONNode) throws -> [Normalizer] {
    guard let text = try node.optional("precompiled_charsmap")?.string(), !text.isEmpty else { return [] }
    guard let data = Data(base64Encoded: text) else { throw node.invalid("'precompiled_charsmap' is not base64") }
    do throws(TokenizerError) {
      return [.charsmap(try CharacterMap(Array(data)))]
    } catch {
      throw node.error(error.code, error.message)
    }
  }
}

extension BertNormalizer {
  init(_ node: JSONNode) throws {
    try node.allow("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    cleansText = try node.boolean("clean_text", default: true)
    separatesIdeographs = try node.boolean("handle_chinese_chars", default: true)
    stripsAccents = try node.optional("strip_accents")?.boolean()
    lowercases = try node.boolean("lowercase", default: true)
  }
}
