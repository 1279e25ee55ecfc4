/// Attributes and methods.
extension TemplateRenderer {
  /// `value.name`: the attribute, or else the item of that name.
  func attribute(_ name: String, of value: TemplateValue) throws -> TemplateValue {
    if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
    if let member = try member(name, of: value) { return member }
    if case .dictionary(let dictionary) = value, let item = dictionary[name] { return item }
    return .undefined("'\(value.typeName)' object has no attribute '\(name)'")
  }

  /// What Python objects of this type have; nil if nothing has this name.
  func member(_ name: String, of value: TemplateValue) throws -> TemplateValue? {
    if name.hasPrefix("__") && name.hasSuffix("__") {
      return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
    }
    switch value {
    case .namespace(let namespace): return namespace[name]
    case .loop(let loop): return try attribute(name, of: loop)
    default: break
    }
    if Self.methods(of: value).contains(name) { return .method(value, name) }
    if Self.forbidden(in: value).contains(name) {
      return .undefined("access to attribute '\(name)' of '\(value.typeName)' object is unsafe.")
    }
    if Self.others(of: value).contains(name) {
      throw TemplateFailure.unsupported("the attribute '\(name)' of a \(value.typeName)")
    }
    return nil
  }

  private static func methods(of value: TemplateValue) -> Set<String> {
    switch value {
    case .string: stringMethods
    case .dictionary: ["copy", "get", "items", "keys", "values"]
    case .list: ["copy", "count", "index"]
    case .tuple: ["count", "index"]
    default: []
    }
  }

  /// What would change a value: the sandbox gives none of it away.
  private static func forbidden(in value: TemplateValue) -> Set<String> {
    switch value {
    case .dictionary: ["clear", "pop", "popitem", "setdefault", "update"]
    case .list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]
    default: []
    }
  }

  /// Attributes that Python has and this package has not.
  private static func others(of value: TemplateValue) -> Set<String> {
    switch value {
    case .string: otherStringMethods
    case .markup: stringMethods.union(otherStringMethods).union(["escape", "striptags", "unescape"])
    case .dictionary: ["fromkeys"]
    case .boolean, .integer:
      [
        "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "imag", "numerator",
        "real", "to_bytes",
      ]
    case .number: ["as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "is_integer", "real"]
    case .range: ["count", "index", "start", "step", "stop"]
    case .view: ["isdisjoint", "mapping"]
    case .macro: ["arguments", "caller", "catch_kwargs", "catch_varargs", "explicit_caller", "name"]
    case .iterator: ["close", "send", "throw"]
    case .function: ["fromkeys"]
    default: []
    }
  }

  private static let stringMethods: Set<String> = [
    "capitalize", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdigit", "islower", "isspace",
    "isupper", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
  ]

  private static let otherStringMethods: Set<String> = [
    "casefold", "center", "encode", "expandtabs", "format", "format_map", "isascii", "isdecimal", "isidentifier",
    "isnumeric", "isprintable", "istitle", "ljust", "maketrans", "rjust", "swapcase", "translate", "zfill",
  ]

  func call(
    method name: String, of value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    var reader = TemplateArgumentReader(arguments, of: name)
    switch value {
    case .string(let text): return try call(name, of: text, &reader)
    case .dictionary(let dictionary): return try call(name, of: dictionary, &reader)
    case .list(let items), .tuple(let items):
      if name == "copy" {
        try reader.finish()
        return value
      }
      return try call(name, of: items, &reader)
    case .loop(let loop): return try call(name, of: loop, arguments)
    default: throw TemplateFailure.unsupported("the method '\(name)' of a \(value.typeName)")
    }
  }

  private func call(
    _ name: String, of dictionary: TemplateDictionary, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    if name == "get" {
      guard let key = reader.positionalOnly() else { throw TemplateFailure.failed("get() lacks a key") }
      let fallback = reader.positionalOnly() ?? .none
      try reader.finish()
      return dictionary[try TemplateKey(key)] ?? fallback
    }
    try reader.finish()
    switch name {
    case "items": return .view(TemplateDictionaryView(dictionary: dictionary, part: .items))
    case "keys": return .view(TemplateDictionaryView(dictionary: dictionary, part: .keys))
    case "values": return .view(TemplateDictionaryView(dictionary: dictionary, part: .values))
    default: return .dictionary(dictionary)
    }
  }

  private func call(
    _ name: String, of items: TemplateItems, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    guard let value = reader.positionalOnly() else { throw TemplateFailure.failed("\(name)() lacks a value") }
    try reader.finish()
    if name == "count" { return .integer(try items.values.count { try equal($0, value) }) }
    guard let index = try items.values.firstIndex(where: { try equal($0, value) }) else {
      throw TemplateFailure.failed("\(try representation(of: value)) is not in the sequence")
    }
    return .integer(index)
  }
}
