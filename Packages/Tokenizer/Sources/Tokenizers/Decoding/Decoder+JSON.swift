extension Decoder {
  /// Reads the `decoder` of a tokenizer.json as a list of steps; nil where the file has none.
  static func steps(_ node: JSONNode?) throws -> [Decoder]? {
    try node.map { try list($0) }
  }

  private static func list(_ node: JSONNode) throws -> [Decoder] {
    let type = try node.string("type")
    switch type {
    case "Sequence":
      try node.allow("type", "decoders")
      return try node.required("decoders").elements().flatMap { try list($0) }
    case "ByteLevel":
      // Written with the pre-tokenizer's options, none of which has a meaning here.
      try node.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
      return [.byteLevel]
    case "Replace":
      try node.allow("type", "pattern", "content")
      let pattern = try Pattern(try node.required("pattern"))
      return [.replace(pattern, with: Array(try node.string("content").utf8))]
    case "ByteFallback":
      try node.allow("type")
      return [.byteFallback]
    case "Fuse":
      try node.allow("type")
      return [.fuse]
    case "Strip":
      try node.allow("type", "content", "start", "stop")
      let start = try node.required("start").integer(in: 0...1000)
      let stop = try node.required("stop").integer(in: 0...1000)
      return [.strip(try node.required("content").scalar(), start: start, stop: stop)]
    case "Metaspace": return [.metaspace(try PreTokenizer.Metaspace(node))]
    case "BPEDecoder":
      try node.allow("type", "suffix")
      return [.wordSuffix(try node.string("suffix"))]
    case "WordPiece":
      try node.allow("type", "prefix", "cleanup")
      return [.wordPiece(prefix: try node.string("prefix"), cleansUp: try node.boolean("cleanup"))]
    case "CTC":
      try node.allow("type", "pad_token", "word_delimiter_token", "cleanup")
      return [
        .ctc(
          padding: try node.string("pad_token"), delimiter: try node.string("word_delimiter_token"),
          cleansUp: try node.boolean("cleanup"))
      ]
    default:
      throw node.error(
        .unsupportedComponent,
        "decoder '\(type)'; this version knows Sequence, ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, "
          + "BPEDecoder, WordPiece, CTC")
    }
  }
}
