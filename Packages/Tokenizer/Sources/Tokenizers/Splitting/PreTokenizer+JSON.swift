extension PreTokenizer {
  /// Reads the `pre_tokenizer` of a tokenizer.json as a list of steps.
  static func steps(_ node: JSONNode?) throws -> [PreTokenizer] {
    guard let node else { return [] }
    let type = try node.string("type")
    switch type {
    case "Sequence":
      try node.allow("type", "pretokenizers")
      return try node.required("pretokenizers").elements().flatMap { try steps($0) }
    case "Digits":
      try node.allow("type", "individual_digits")
      return [.digits(individual: try node.boolean("individual_digits", default: false))]
    case "ByteLevel":
      try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
      return [
        .byteLevel(
          addsPrefixSpace: try node.boolean("add_prefix_space"),
          usesPattern: try node.boolean("use_regex", default: true))
      ]
    case "Split": return [try split(node)]
    case "Metaspace": return [.metaspace(try Metaspace(node))]
    case "Punctuation":
      try node.allow("type", "behavior")
      return [.punctuation(try node.optional("behavior").map { try SplitBehavior($0) } ?? .isolated)]
    case "CharDelimiterSplit":
      try node.allow("type", "delimiter")
      return [.delimiter(try node.required("delimiter").scalar())]
    case "Whitespace": return [try plain(.words, node)]
    case "WhitespaceSplit": return [try plain(.whiteSpace, node)]
    case "BertPreTokenizer": return [try plain(.bert, node)]
    default:
      throw node.error(
        .unsupportedComponent,
        "pre-tokenizer '\(type)'; this version knows Sequence, ByteLevel, Digits, Metaspace, Split, Punctuation, "
          + "CharDelimiterSplit, Whitespace, WhitespaceSplit, BertPreTokenizer")
    }
  }

  /// A pre-tokenizer without options.
  private static func plain(_ step: PreTokenizer, _ node: JSONNode) throws -> PreTokenizer {
    try node.allow("type")
    return step
  }

  private static func split(_ node: JSONNode) throws -> PreTokenizer {
    try node.allow("type", "pattern", "behavior", "invert")
    let behavior = try SplitBehavior(try node.required("behavior"))
    let pattern = try Pattern(try node.required("pattern"))
    return .split(pattern, behavior, isInverted: try node.boolean("invert", default: false))
  }
}

extension SplitBehavior {
  init(_ node: JSONNode) throws {
    guard let known = SplitBehavior(rawValue: try node.string()) else {
      throw node.error(.unsupportedComponent, "behavior '\(try node.string())'")
    }
    self = known
  }
}

extension PreTokenizer.Metaspace {
  /// Reads a `Metaspace`, pre-tokenizer or decoder; older files say `add_prefix_space` for `prepend_scheme`.
  init(_ node: JSONNode) throws {
    try node.allow("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split")
    replacement = try node.required("replacement").scalar()
    splits = try node.boolean("split", default: true)
    if let scheme = try node.optional("prepend_scheme") {
      guard let known = Prepending(rawValue: try scheme.string()) else {
        throw scheme.error(.unsupportedComponent, "prepend scheme '\(try scheme.string())'")
      }
      prepending = known
    }
    if try !node.boolean("add_prefix_space", default: true) {
      guard try node.optional("prepend_scheme") == nil || prepending == .never else {
        throw node.invalid("'add_prefix_space' is false but 'prepend_scheme' is not never")
      }
      prepending = .never
    }
  }
}
