/// Which special tokens are put around a text: the post-processor of a tokenizer.json.
struct Template: Sendable {
  enum Part: Sendable {
    case text
    case tokens([Int32])
  }

  var parts: [Part] = [.text]

  /// Special ids before the text.
  var leading: [Int32] { ids(of: parts.prefix { if case .text = $0 { false } else { true } }) }
  /// Special ids after the text.
  var trailing: [Int32] { ids(of: parts.reversed().prefix { if case .text = $0 { false } else { true } }.reversed()) }

  private func ids(of parts: some Sequence<Part>) -> [Int32] {
    parts.flatMap { part -> [Int32] in if case .tokens(let ids) = part { ids } else { [] } }
  }

  /// Whether it adds nothing.
  var isPlain: Bool { if parts.count == 1, case .text = parts[0] { true } else { false } }

  func apply(to ids: [Int32]) -> [Int32] {
    if isPlain { return ids }
    var result: [Int32] = []
    for part in parts {
      switch part {
      case .text: result.append(contentsOf: ids)
      case .tokens(let special): result.append(contentsOf: special)
      }
    }
    return result
  }
}

extension Template {
  /// Reads the `post_processor` of a tokenizer.json.
  init(_ node: JSONNode?) throws {
    guard let node else { return }
    let type = try node.string("type")
    switch type {
    case "ByteLevel":
      // Trims offsets, which this package does not report.
      try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
    case "Sequence":
      try node.allow("type", "processors")
      // A second template would see the parts of the first as texts of their own, which nobody means.
      let templates = try node.required("processors").elements().map { try Template($0) }.filter { !$0.isPlain }
      guard templates.count < 2 else { throw node.error(.unsupportedComponent, "two templates in one sequence") }
      self = templates.first ?? self
    case "TemplateProcessing": parts = try Self.singleParts(node)
    case "RobertaProcessing", "BertProcessing":
      try node.allow("type", "sep", "cls", "trim_offsets", "add_prefix_space")
      let first = try Self.namedID(try node.required("cls"))
      parts = [.tokens([first]), .text, .tokens([try Self.namedID(try node.required("sep"))])]
    default:
      throw node.error(
        .unsupportedComponent,
        "post-processor '\(type)'; this version knows Sequence, ByteLevel, TemplateProcessing, RobertaProcessing, "
          + "BertProcessing")
    }
  }

  /// `["</s>", 2]`
  private static func namedID(_ node: JSONNode) throws -> Int32 {
    let elements = try node.elements()
    guard elements.count == 2 else { throw node.invalid("expected a token and its id") }
    return try elements[1].tokenID()
  }

  /// Only the template for one text: pairs of texts are not encoded here.
  private static func singleParts(_ node: JSONNode) throws -> [Part] {
    try node.allow("type", "single", "pair", "special_tokens")
    let special = try node.optional("special_tokens")
    return try node.required("single").elements().map { part in
      try part.allow("Sequence", "SpecialToken")
      if let text = try part.optional("Sequence") {
        guard try text.string("id") == "A" else { throw text.invalid("the template for one text names another one") }
        return .text
      }
      let name = try part.required("SpecialToken").string("id")
      guard let token = try special?.optional(name) else {
        throw part.invalid("special token '\(name)' is not among 'special_tokens'")
      }
      return .tokens(try token.required("ids").elements().map { try $0.tokenID() })
    }
  }
}
