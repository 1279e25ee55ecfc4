/// The functions that every template can call.
extension TemplateRenderer {
  /// As in Jinja's sandbox.
  static let longestRange = 100_000

  func call(_ function: TemplateFunction, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    var reader = TemplateArgumentReader(arguments, of: function.rawValue)
    switch function {
    case .range: return try range(arguments)
    case .dict: return .dictionary(try dictionary(arguments, of: function))
    case .namespace:
      let namespace = makeNamespace()
      for (key, value) in try dictionary(arguments, of: function).entries {
        guard let name = key.text else { throw TemplateFailure.unsupported("an attribute that is no string") }
        try set(name, of: namespace, to: value)
      }
      return .namespace(namespace)
    case .raiseException:
      let message = try reader.required("message")
      try reader.finish()
      throw TemplateFailure(.conversationRefused, try string(of: message))
    case .formatTime:
      let format = try reader.required("format")
      try reader.finish()
      guard let format = format.text else {
        throw TemplateFailure.failed("strftime_now() needs a string, not \(format.typeName)")
      }
      return .string(try charged(try clock.formatted(format)))
    case .cycler, .joiner, .lipsum: throw TemplateFailure.unsupported("the function '\(function.rawValue)'")
    }
  }

  private func range(_ arguments: TemplateCallArguments) throws -> TemplateValue {
    let numbers = try arguments.positional.map { value in
      guard let number = value.index else {
        if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
        throw TemplateFailure.failed("'\(value.typeName)' object cannot be interpreted as an integer")
      }
      return number
    }
    guard arguments.named.isEmpty, (1...3).contains(numbers.count) else {
      throw TemplateFailure.failed("range() takes one, two or three integers")
    }
    let start = numbers.count > 1 ? numbers[0] : 0
    let stop = numbers.count > 1 ? numbers[1] : numbers[0]
    let step = numbers.count > 2 ? numbers[2] : 1
    guard step != 0 else { throw TemplateFailure.failed("range() arg 3 must not be zero") }
    guard let range = TemplateRange(from: start, to: stop, by: step), range.count <= Self.longestRange else {
      throw TemplateFailure(.chatTemplateLimit, "a range of more than \(Self.longestRange) numbers")
    }
    return .range(range)
  }

  /// Python's `dict(...)`: of another one, or of pairs, and of named values.
  private func dictionary(
    _ arguments: TemplateCallArguments, of function: TemplateFunction
  ) throws -> TemplateDictionary {
    guard arguments.positional.count < 2 else {
      throw TemplateFailure.failed("\(function.rawValue)() takes at most one positional argument")
    }
    var pairs: [(key: TemplateValue, value: TemplateValue)] = []
    if let source = arguments.positional.first {
      if case .dictionary(let dictionary) = source {
        pairs = dictionary.entries
      } else {
        for item in try values(of: source) {
          let pair = try values(of: item)
          guard pair.count == 2 else { throw TemplateFailure.failed("a dictionary is made of pairs") }
          pairs.append((pair[0], pair[1]))
        }
      }
    }
    pairs += arguments.named.map { (.string($0.name), $0.value) }
    try charge(4 * pairs.count)
    return try TemplateDictionary(pairs)
  }
}
