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
    default:
      let step = try plainStep(type, node)
      try node.allow("type")
      return [step]
    }
  }

  private static func plainStep(_ type: String, _ node: JSONNode) throws -> Normalizer {
    switch type {
    case "Lowercase": return .lowercase
    case "NFC": return .form(NormalizationForm(isCompatibility: false, composes: true))
    case "NFD": return .form(NormalizationForm(isCompatibility: false, composes: false))
    case "NFKC": return .form(NormalizationForm(isCompatibility: true, composes: true))
    case "NFKD": return .form(NormalizationForm(isCompatibility: true, composes: false))
    default:
      throw node.error(
        .unsupportedComponent,
        "normalizer '\(type)'; this version knows Sequence, Prepend, Replace, Strip, Lowercase, NFC, NFD, NFKC, NFKD")
    }
  }
}
