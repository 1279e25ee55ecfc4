/// Python's methods of `str`.
extension TemplateRenderer {
  func call(
    _ name: String, of text: String, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    try charge(text: text.utf8.count)
    let result = try Self.predicate(name, of: text) ?? plain(name, of: text) ?? called(name, of: text, &reader)
    try reader.finish()
    if case .string(let text) = result { try charge(text: text.utf8.count) }
    return result
  }

  private func plain(_ name: String, of text: String) -> TemplateValue? {
    switch name {
    case "capitalize": .string(text.pythonCapitalized)
    case "lower": .string(text.pythonLowercased)
    case "title": .string(text.pythonTitle)
    case "upper": .string(text.pythonUppercased)
    default: nil
    }
  }

  static func predicate(_ name: String, of text: String) -> TemplateValue? {
    let scalars = text.unicodeScalars
    func all(_ holds: (Unicode.Scalar) -> Bool) -> TemplateValue {
      .boolean(!scalars.isEmpty && scalars.allSatisfy(holds))
    }
    return switch name {
    case "isalnum": all { isLetter($0) || $0.properties.numericType != nil }
    case "isalpha": all(isLetter)
    case "isdigit": all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
    case "isspace": all(\.isPythonSpace)
    case "islower": .boolean(scalars.contains { $0.isCased } && !scalars.contains { isUpper($0) })
    case "isupper": .boolean(scalars.contains(where: isUpper) && !scalars.contains { $0.properties.isLowercase })
    default: nil
    }
  }

  private static func isUpper(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private func called(
    _ name: String, of text: String, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    switch name {
    case "strip", "lstrip", "rstrip":
      let characters = try Self.optionalText(reader.positionalOnly(), of: name)
      return .string(strip(text, characters, leading: name != "rstrip", trailing: name != "lstrip"))
    case "startswith", "endswith": return .boolean(try hasAffix(text, name, &reader))
    case "removeprefix", "removesuffix":
      let affix = try Self.text(reader.positionalOnly(), of: name)
      let isPrefix = name == "removeprefix"
      guard isPrefix ? Self.starts(text, affix) : Self.ends(text, affix) else { return .string(text) }
      let rest = isPrefix ? text.utf8.dropFirst(affix.utf8.count) : text.utf8.dropLast(affix.utf8.count)
      return .string(String(decoding: rest, as: UTF8.self))
    case "split", "rsplit": return try split(text, name, &reader)
    case "splitlines":
      let keeping = try reader.boolean("keepends")
      return try .list(text.pythonLines(keepingEnds: keeping).map { .string($0) })
    case "replace":
      let old = try Self.text(reader.positionalOnly(), of: name)
      let new = try Self.text(reader.positionalOnly(), of: name)
      let count = reader.positionalOnly()
      return .string(try replace(old, with: new, in: text, atMost: count?.index ?? -1))
    case "join":
      guard let values = reader.positionalOnly() else { throw TemplateFailure.failed("join() lacks its values") }
      return .string(try join(try self.values(of: values), with: text))
    case "count":
      let part = try Self.text(reader.positionalOnly(), of: name)
      return .integer(try occurrences(of: part, in: text))
    case "find", "index", "rfind", "rindex": return try find(text, name, &reader)
    default: return try partition(text, name, &reader)
    }
  }

  private static func text(_ value: TemplateValue?, of function: String) throws -> String {
    guard let text = try optionalText(value, of: function) else {
      throw TemplateFailure.failed("\(function)() needs a string")
    }
    return text
  }

  private static func optionalText(_ value: TemplateValue?, of function: String) throws -> String? {
    switch value {
    case nil, .some(.none): return nil
    case .some(let value):
      guard let text = value.text else {
        throw TemplateFailure.failed("\(function)() needs a string, not \(value.typeName)")
      }
      return text
    }
  }

  func strip(_ text: String, _ characters: String?, leading: Bool, trailing: Bool) -> String {
    guard let characters else { return text.stripped(leading: leading, trailing: trailing, \.isPythonSpace) }
    let set = Set(characters.unicodeScalars)
    return text.stripped(leading: leading, trailing: trailing) { set.contains($0) }
  }

  private static func starts(_ text: String, _ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

  private static func ends(_ text: String, _ suffix: String) -> Bool {
    text.utf8.reversed().starts(with: suffix.utf8.reversed())
  }

  private func hasAffix(_ text: String, _ name: String, _ reader: inout TemplateArgumentReader) throws -> Bool {
    let affixes: [TemplateValue]
    switch reader.positionalOnly() {
    case .some(.tuple(let items)): affixes = items.values
    case .some(let value): affixes = [value]
    case nil: throw TemplateFailure.failed("\(name)() needs a string")
    }
    guard reader.rest.positional.isEmpty else { throw TemplateFailure.unsupported("\(name)() with a position") }
    return try affixes.contains { affix in
      let affix = try Self.text(affix, of: name)
      try charge(text: affix.utf8.count)
      return name == "startswith" ? Self.starts(text, affix) : Self.ends(text, affix)
    }
  }

  // MARK: Splitting and joining

  private func split(
    _ text: String, _ name: String, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    let separator = try reader.text("sep")
    let most = try reader.integer("maxsplit", default: -1)
    guard separator?.isEmpty != true else { throw TemplateFailure.failed("empty separator") }
    // From the right is from the left of everything reversed.
    let isReversed = name == "rsplit" && most >= 0
    func turned(_ text: String) -> String { isReversed ? String(scalars: text.unicodeScalars.reversed()) : text }
    var parts: [String]
    if let separator {
      parts = try cut(turned(text), at: turned(separator), atMost: most)
    } else {
      parts = Self.words(of: turned(text), atMost: most)
    }
    if isReversed { parts = parts.reversed().map(turned) }
    try charge(4 * parts.count)
    return try .list(parts.map { .string($0) })
  }

  private func cut(_ text: String, at separator: String, atMost most: Int) throws -> [String] {
    let bytes = Array(text.utf8)
    var parts: [String] = []
    var start = 0
    while most < 0 || parts.count < most, let end = try offset(of: separator, in: text, from: start) {
      parts.append(String(decoding: bytes[start..<end], as: UTF8.self))
      start = end + separator.utf8.count
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  private static func words(of text: String, atMost most: Int) -> [String] {
    var words: [String] = []
    var rest = text.unicodeScalars[...]
    while true {
      rest = rest.drop(while: \.isPythonSpace)
      guard !rest.isEmpty else { return words }
      if words.count == most { return words + [String(rest)] }
      let word = rest.prefix { !$0.isPythonSpace }
      words.append(String(word))
      rest = rest[word.endIndex...]
    }
  }

  func join(_ values: [TemplateValue], with separator: String) throws -> String {
    var result = ""
    for (index, value) in values.enumerated() {
      guard let text = value.text else {
        throw TemplateFailure.failed("sequence item \(index): expected str instance, \(value.typeName) found")
      }
      if index > 0 { result += separator }
      try charge(text: separator.utf8.count + text.utf8.count)
      result += text
    }
    return result
  }

  func replace(_ old: String, with new: String, in text: String, atMost most: Int) throws -> String {
    if old.isEmpty { return try interleave(text, new, atMost: most) }
    var parts = try cut(text, at: old, atMost: most)
    try charge(text: parts.count * (1 + new.utf8.count))
    return parts.count == 1 ? parts.removeLast() : parts.joined(separator: new)
  }

  /// What replacing the empty string means: before every character, and at the end.
  private func interleave(_ text: String, _ new: String, atMost most: Int) throws -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if most < 0 || count < most {
        try charge(text: new.utf8.count)
        result += new
        count += 1
      }
      result.unicodeScalars.append(scalar)
    }
    return most < 0 || count < most ? result + new : result
  }

  // MARK: Searching

  private func occurrences(of part: String, in text: String) throws -> Int {
    part.isEmpty ? text.unicodeScalars.count + 1 : try cut(text, at: part, atMost: -1).count - 1
  }

  private func find(
    _ text: String, _ name: String, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    let part = try Self.text(reader.positionalOnly(), of: name)
    guard reader.rest.positional.isEmpty else { throw TemplateFailure.unsupported("\(name)() with a position") }
    let position = name.hasPrefix("r") ? try lastOffset(of: part, in: text) : try offset(of: part, in: text)
    guard let position else {
      if name.hasSuffix("index") { throw TemplateFailure.failed("substring not found") }
      return .integer(-1)
    }
    return .integer(String(decoding: text.utf8.prefix(position), as: UTF8.self).unicodeScalars.count)
  }

  private func lastOffset(of part: String, in text: String) throws -> Int? {
    let reversed = String(scalars: text.unicodeScalars.reversed())
    let found = try offset(of: String(scalars: part.unicodeScalars.reversed()), in: reversed)
    return found.map { text.utf8.count - $0 - part.utf8.count }
  }

  private func partition(
    _ text: String, _ name: String, _ reader: inout TemplateArgumentReader
  ) throws -> TemplateValue {
    let separator = try Self.text(reader.positionalOnly(), of: name)
    guard !separator.isEmpty else { throw TemplateFailure.failed("empty separator") }
    let isLast = name == "rpartition"
    guard let offset = isLast ? try lastOffset(of: separator, in: text) : try offset(of: separator, in: text) else {
      let all = TemplateValue.string(text)
      return isLast ? try .tuple(.string(""), .string(""), all) : try .tuple(all, .string(""), .string(""))
    }
    return try .tuple(
      .string(String(decoding: text.utf8.prefix(offset), as: UTF8.self)), .string(separator),
      .string(String(decoding: text.utf8.dropFirst(offset + separator.utf8.count), as: UTF8.self)))
  }
}
