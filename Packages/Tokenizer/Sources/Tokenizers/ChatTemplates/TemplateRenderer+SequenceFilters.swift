/// Filters of lists and other values of many.
extension TemplateRenderer {
  /// An iterator of what `next` gives, over the values of `source`.
  private func lazily(
    _ source: TemplateValue, _ next: @escaping (TemplateIterator) throws -> TemplateValue?
  ) throws -> TemplateValue {
    let values = try iterate(source)
    return .iterator(try TemplateIterator(depth: values.depth + 1) { [self] in try nested { try next(values) } })
  }

  func first(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    try iterate(value).next() ?? .undefined("No first item, sequence was empty.")
  }

  func last(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    try reversible(value).last ?? .undefined("No last item, sequence was empty.")
  }

  private func reversible(_ value: TemplateValue) throws -> [TemplateValue] {
    if case .iterator = value { throw TemplateFailure.failed("'generator' object is not reversible") }
    return try values(of: value)
  }

  func list(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    try .list(try values(of: value))
  }

  func reverse(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    if let text = value.text { return .string(try charged(String(scalars: text.unicodeScalars.reversed()))) }
    let reversed = Array(try values(of: value).reversed())
    if case .iterator = value { return try .list(reversed) }
    return .iterator(try iterate(try .list(reversed)))
  }

  func items(_ value: TemplateValue, _: inout TemplateArgumentReader) throws -> TemplateValue {
    switch value {
    case .undefined: return .iterator(try iterate(value))
    case .dictionary(let dictionary):
      return .iterator(try iterate(.view(TemplateDictionaryView(dictionary: dictionary, part: .items))))
    default: throw TemplateFailure.failed("Can only get item pairs from a mapping.")
    }
  }

  func join(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let separator = try string(of: try reader.optional("d") ?? .string(""))
    let attribute = try reader.optional("attribute")
    var texts: [TemplateValue] = []
    for item in try values(of: value) { texts.append(.string(try string(of: try part(attribute, of: item)))) }
    return .string(try join(texts, with: separator))
  }

  func batch(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let count = try reader.integer("linecount", default: 0)
    let filler = try reader.optional("fill_with")
    let all = try values(of: value)
    guard count > 0 else { throw TemplateFailure.unsupported("batch() of \(count) values") }
    var batches: [TemplateValue] = []
    for start in stride(from: 0, to: all.count, by: count) {
      var batch = Array(all[start..<min(all.count, start + min(count, all.count))])
      if let filler, !filler.isNone, batch.count < count {
        try charge(4 * (count - batch.count))
        batch += Array(repeating: filler, count: count - batch.count)
      }
      batches.append(try .list(batch))
    }
    return .iterator(try iterate(try .list(batches)))
  }

  func slices(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let count = try reader.integer("slices", default: 0)
    let filler = try reader.optional("fill_with")
    let all = try values(of: value)
    guard count > 0 else { throw TemplateFailure.failed("slice() needs a number of slices above zero") }
    try charge(8 * min(count, ChatTemplate.mostWork))
    var slices: [TemplateValue] = []
    var start = 0
    for index in 0..<count {
      let isLonger = index < all.count % count
      let end = start + all.count / count + (isLonger ? 1 : 0)
      var slice = Array(all[start..<end])
      if let filler, !filler.isNone, !isLonger { slice.append(filler) }
      slices.append(try .list(slice))
      start = end
    }
    return .iterator(try iterate(try .list(slices)))
  }

  func sum(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let attribute = try reader.optional("attribute")
    var total = try reader.optional("start") ?? .integer(0)
    if total.text != nil { throw TemplateFailure.failed("sum() can't sum strings") }
    for item in try values(of: value) { total = try arithmetic(.add, total, try part(attribute, of: item)) }
    return total
  }

  // MARK: Attributes

  /// The value at a path like `function.name` or `0.role`, by subscripts; the value itself without one.
  private func part(_ path: TemplateValue?, of value: TemplateValue) throws -> TemplateValue {
    guard let path, !path.isNone else { return value }
    var value = value
    for step in try Self.steps(path) { value = try item(step, of: value) }
    return value
  }

  private static func steps(_ path: TemplateValue) throws -> [TemplateValue] {
    guard let text = path.text else { return [path] }
    return text.split(separator: ".", omittingEmptySubsequences: false).map { step in
      let isNumber = !step.isEmpty && step.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
      return (isNumber ? Int(step) : nil).map(TemplateValue.integer) ?? .string(String(step))
    }
  }

  /// Strings in lower case where case does not count.
  private func key(_ value: TemplateValue, isCaseSensitive: Bool) throws -> TemplateValue {
    guard !isCaseSensitive, let text = value.text else { return value }
    return .string(try charged(text.pythonLowercased))
  }

  // MARK: Order

  func sort(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let isReversed = try reader.boolean("reverse")
    let isCaseSensitive = try reader.boolean("case_sensitive")
    let attribute = try reader.optional("attribute")
    let paths = attribute?.text?.split(separator: ",", omittingEmptySubsequences: false)
      .map { TemplateValue.string(String($0)) }
    let all = try values(of: value)
    return try .list(
      try sorted(all, reversed: isReversed) { item in
        try .list(
          try (paths ?? [attribute ?? .none]).map {
            try key(try part($0, of: item), isCaseSensitive: isCaseSensitive)
          })
      })
  }

  func sortDictionary(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let isCaseSensitive = try reader.boolean("case_sensitive")
    let by = try reader.text("by") ?? "key"
    let isReversed = try reader.boolean("reverse")
    guard by == "key" || by == "value" else {
      throw TemplateFailure.failed("You can only sort by either \"key\" or \"value\"")
    }
    guard case .dictionary(let dictionary) = value else {
      throw TemplateFailure.failed("dictsort: expected a dict, not \(value.typeName)")
    }
    let entries = try sorted(dictionary.entries, reversed: isReversed) { entry in
      try key(by == "key" ? entry.key : entry.value, isCaseSensitive: isCaseSensitive)
    }
    return try .list(try entries.map { try .tuple($0.key, $0.value) })
  }

  func unique(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    let isCaseSensitive = try reader.boolean("case_sensitive")
    let attribute = try reader.optional("attribute")
    var seen: Set<TemplateKey> = []
    return try lazily(value) { [self] values in
      while let next = try values.next() {
        let key = try TemplateKey(try key(try part(attribute, of: next), isCaseSensitive: isCaseSensitive))
        if seen.insert(key).inserted { return next }
      }
      return nil
    }
  }

  func extreme(
    takingLast: Bool
  ) -> (TemplateValue, inout TemplateArgumentReader) throws -> TemplateValue {
    { [self] value, reader in
      let isCaseSensitive = try reader.boolean("case_sensitive")
      let attribute = try reader.optional("attribute")
      var best: (key: TemplateValue, value: TemplateValue)?
      for next in try values(of: value) {
        let key = try key(try part(attribute, of: next), isCaseSensitive: isCaseSensitive)
        guard let current = best else {
          best = (key, next)
          continue
        }
        if try holds(takingLast ? .greater : .less, key, current.key) { best = (key, next) }
      }
      return best?.value ?? .undefined("No aggregated item, sequence was empty.")
    }
  }

  // MARK: Mapping and selecting

  func map(_ value: TemplateValue, _ reader: inout TemplateArgumentReader) throws -> TemplateValue {
    var arguments = reader.rest
    reader = TemplateArgumentReader(TemplateCallArguments(), of: "map")
    // Jinja looks at nothing else where there is nothing to map.
    let value = value.isTrue ? value : .undefined("")
    if arguments.positional.isEmpty, let index = arguments.named.firstIndex(where: { $0.name == "attribute" }) {
      let path = arguments.named.remove(at: index).value
      let fallback = arguments.named.firstIndex { $0.name == "default" }.map { arguments.named.remove(at: $0).value }
      if let extra = arguments.named.first { throw TemplateFailure.failed("map() has no argument '\(extra.name)'") }
      return try lazily(value) { [self] values in
        try values.next().map { try attribute(path, of: $0, default: fallback) }
      }
    }
    guard !arguments.positional.isEmpty, let name = arguments.positional.removeFirst().text else {
      throw TemplateFailure.failed("map requires a filter argument")
    }
    let rest = arguments
    return try lazily(value) { [self] values in
      try values.next().map { try apply(filter: name, to: $0, rest) }
    }
  }

  private func attribute(
    _ path: TemplateValue, of value: TemplateValue, default fallback: TemplateValue?
  ) throws -> TemplateValue {
    var value = value
    for step in path.isNone ? [] : try Self.steps(path) {
      value = try item(step, of: value)
      if value.isUndefined, let fallback, !fallback.isNone { value = fallback }
    }
    return value
  }

  /// `select`, `reject`, `selectattr`, `rejectattr`.
  func select(
    _ keeps: Bool, byAttribute: Bool
  ) -> (TemplateValue, inout TemplateArgumentReader) throws -> TemplateValue {
    { [self] value, reader in
      var arguments = reader.rest
      reader = TemplateArgumentReader(TemplateCallArguments(), of: "select")
      var path: TemplateValue?
      if byAttribute {
        guard !arguments.positional.isEmpty else {
          throw TemplateFailure.failed("Missing parameter for attribute name")
        }
        path = arguments.positional.removeFirst()
      }
      var test: String?
      if !arguments.positional.isEmpty {
        test = arguments.positional.removeFirst().text
        guard test != nil else { throw TemplateFailure.failed("the name of a test must be a string") }
      }
      let rest = arguments
      guard value.isTrue else { return .iterator(try iterate(.undefined(""))) }
      return try lazily(value) { [self] values in
        while let next = try values.next() {
          try charge(1)
          let subject = try part(path, of: next)
          let passes = try test.map { try apply(test: $0, to: subject, rest) } ?? subject.isTrue
          if passes == keeps { return next }
        }
        return nil
      }
    }
  }
}

extension TemplateValue {
  fileprivate var isNone: Bool { if case .none = self { true } else { false } }
}
