/// A token that is recognised in text as a whole, before any splitting.
struct AddedToken: Sendable {
  var content: String
  var id: Int32
  /// Only where no word character touches it.
  var isSingleWord = false
  /// Takes the white space before it, or after it, with it.
  var stripsLeft = false
  var stripsRight = false
  /// Whether it is looked for in normalized text; otherwise in the text as given.
  var isNormalized = false
  /// Whether decoding can skip it.
  var isSpecial = false
  /// Whether it is looked for in text at all.
  var isFoundInText = true
}

extension AddedToken {
  /// Reads an entry of `added_tokens`.
  init(_ node: JSONNode) throws {
    try node.allow("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special")
    content = try node.string("content")
    id = try node.required("id").tokenID()
    isSingleWord = try node.boolean("single_word", default: false)
    stripsLeft = try node.boolean("lstrip", default: false)
    stripsRight = try node.boolean("rstrip", default: false)
    isSpecial = try node.boolean("special", default: false)
    isNormalized = try node.boolean("normalized", default: !isSpecial)
    guard !content.isEmpty else { throw node.invalid("an added token without text") }
  }
}
