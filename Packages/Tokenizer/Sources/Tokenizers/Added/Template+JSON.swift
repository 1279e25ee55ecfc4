extension Template {
  /// Reads the `post_processor` of a tokenizer.json.
  init(_ node: JSONNode?) throws {
    guard let node else { return }
    let type = try node.string("type")
    switch type {
    case "ByteLevel":
      try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
      try addTrimming(node)
    case "Sequence":
      try node.allow("type", "processors")
      try join(try node.required("processors").elements().map { try Template($0) }, node)
    case "TemplateProcessing":
      try node.allow("type", "single", "pair", "special_tokens")
      let special = try node.optional("special_tokens")
      isGiven = true
      single = try Self.parts(try node.required("single"), special, texts: ["A"])
      pair = try Self.parts(try node.required("pair"), special, texts: ["A", "B"])
    case "RobertaProcessing":
      try node.allow("type", "sep", "cls", "trim_offsets", "add_prefix_space")
      try addTrimming(node)
      isGiven = true
      let (first, last) = try Self.ends(node)
      single = [.tokens([first], typeID: 0), .text(0, typeID: 0), .tokens([last], typeID: 0)]
      // RoBERTa has one type only.
      pair = single + [.tokens([last], typeID: 0), .text(1, typeID: 0), .tokens([last], typeID: 0)]
    case "BertProcessing":
      try node.allow("type", "sep", "cls")
      isGiven = true
      let (first, last) = try Self.ends(node)
      single = [.tokens([first], typeID: 0), .text(0, typeID: 0), .tokens([last], typeID: 0)]
      pair = single + [.text(1, typeID: 1), .tokens([last], typeID: 1)]
    default:
      throw node.error(
        .unsupportedComponent,
        "post-processor '\(type)'; this version knows Sequence, ByteLevel, TemplateProcessing, RobertaProcessing, "
          + "BertProcessing")
    }
  }

  private mutating func addTrimming(_ node: JSONNode) throws {
    guard try node.boolean("trim_offsets", default: true) else { return }
    trimmings.append(OffsetTrimming(addsPrefixSpace: try node.boolean("add_prefix_space", default: true)))
  }

  private mutating func join(_ steps: [Template], _ node: JSONNode) throws {
    trimmings = steps.flatMap(\.trimmings)
    // A second template would see the parts of the first as texts of their own, which nobody means.
    let templates = steps.filter(\.isGiven)
    guard templates.count < 2 else { throw node.error(.unsupportedComponent, "two templates in one sequence") }
    guard let template = templates.first else { return }
    single = template.single
    pair = template.pair
    isGiven = true
  }

  private static func ends(_ node: JSONNode) throws -> (first: Int32, last: Int32) {
    (try namedID(try node.required("cls")), try namedID(try node.required("sep")))
  }

  /// `["</s>", 2]`
  private static func namedID(_ node: JSONNode) throws -> Int32 {
    let elements = try node.elements()
    guard elements.count == 2 else { throw node.invalid("expected a token and its id") }
    return try elements[1].tokenID()
  }

  private static func parts(_ node: JSONNode, _ special: JSONNode?, texts: [String]) throws -> [Part] {
    try node.elements().map { part in
      try part.allow("Sequence", "SpecialToken")
      if let text = try part.optional("Sequence") {
        guard let index = texts.firstIndex(of: try text.string("id")) else {
          throw text.invalid("the template names another text than those it is for")
        }
        return .text(index, typeID: try text.optional("type_id")?.tokenID() ?? 0)
      }
      let token = try part.required("SpecialToken")
      let name = try token.string("id")
      guard let ids = try special?.optional(name)?.required("ids") else {
        throw part.invalid("special token '\(name)' is not among 'special_tokens'")
      }
      return .tokens(
        try ids.elements().map { try $0.tokenID() }, typeID: try token.optional("type_id")?.tokenID() ?? 0)
    }
  }
}
