extension BytePairModel {
  /// Reads the `model` of a tokenizer.json.
  init(_ node: JSONNode) throws {
    try node.allow(
      "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
      "ignore_merges", "vocab", "merges")
    if let dropout = try node.optional("dropout") {
      if case .number(0) = dropout.value {
      } else if case .integer(0) = dropout.value {
      } else {
        throw dropout.error(.unsupportedComponent, "merge dropout makes encoding random; set it to null")
      }
    }
    var options = Options()
    options.unknownToken = try node.optional("unk_token")?.string()
    options.fusesUnknown = try node.boolean("fuse_unk", default: false)
    options.byteFallback = try node.boolean("byte_fallback", default: false)
    options.ignoresMerges = try node.boolean("ignore_merges", default: false)
    options.continuingPrefix = try node.optional("continuing_subword_prefix")?.string() ?? ""
    options.endOfWordSuffix = try node.optional("end_of_word_suffix")?.string() ?? ""
    let vocabulary = try Vocabulary(try node.required("vocab"))
    let merges = try Self.merges(try node.required("merges"), vocabulary, prefix: options.continuingPrefix)
    do {
      try self.init(vocabulary: vocabulary, merges: merges, options: options)
    } catch {
      throw node.error(error.code, error.message)
    }
  }

  private static func merges(_ node: JSONNode, _ vocabulary: Vocabulary, prefix: String) throws -> MergeTable {
    guard case .array(let elements) = node.value else {
      throw node.invalid("expected an array, found \(node.value.kind)")
    }
    var table = MergeTable(capacity: elements.count)
    for (rank, element) in elements.enumerated() {
      let (left, right) =
        try pair(element)
        ?? {
          throw node.invalid("merge \(rank) is neither a pair of strings nor one string with a single space")
        }()
      do {
        try table.add(left, right, rank: rank, vocabulary, prefix: prefix)
      } catch let error as TokenizerError {
        throw node.error(error.code, error.message)
      }
    }
    return table
  }

  private static func pair(_ value: JSONValue) -> (String, String)? {
    switch value {
    case .string(let text):
      let parts = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] else { return nil }
      return (left, right)
    default: return nil
    }
  }
}

extension MergeTable {
  /// Adds a merge by its tokens' texts. `prefix` is what a continuing token carries and its merged form does not.
  mutating func add(
    _ left: String, _ right: String, rank: Int, _ vocabulary: Vocabulary, prefix: String = ""
  ) throws {
    var merged = Array(left.utf8)
    merged.append(contentsOf: right.utf8.dropFirst(prefix.utf8.count))
    let result = merged.withUnsafeBufferPointer { vocabulary.id(of: $0) }
    guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right), let result else {
      let missing =
        vocabulary.id(of: left) == nil
        ? left : vocabulary.id(of: right) == nil ? right : String(decoding: merged, as: UTF8.self)
      throw TokenizerError(
        .invalidContent,
        "merge \(rank) ('\(left)' + '\(right)') needs token '\(missing)', which is not in the vocabulary")
    }
    add(leftID, rightID, rank: UInt32(rank), result: result)
  }
}
