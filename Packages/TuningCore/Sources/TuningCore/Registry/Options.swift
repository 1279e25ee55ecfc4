/// A value of an option in a recipe or a plugin's description.
public enum OptionValue: Sendable, Codable, Equatable, CustomStringConvertible {
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([OptionValue])

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .list(try container.decode([OptionValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .boolean(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    }
  }

  /// As a recipe writes it.
  public var description: String {
    switch self {
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): value
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    }
  }
}

/// An option that a component takes: its name, what it may be, what it is by default.
public struct OptionSpecification: Sendable, Codable, Equatable {
  public enum Kind: Sendable, Equatable {
    case boolean
    case integer(atLeast: Int, atMost: Int)
    /// Finite, greater than `above`, at most `atMost`.
    case number(above: Double, atMost: Double)
    /// Finite, at least `from`, below `below`.
    case fraction(from: Double, below: Double)
    case choice([String])
    case text
    case names
  }

  public let name: String
  public let kind: Kind
  public let defaultValue: OptionValue
  public let help: String

  public init(_ name: String, _ kind: Kind, default defaultValue: OptionValue, help: String) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.help = help
  }

  /// What may stand there, in words.
  public var expectation: String {
    switch kind {
    case .boolean: "true or false"
    case .integer(let low, let high): high == .max ? "a whole number ≥ \(low)" : "a whole number from \(low) to \(high)"
    case .number(let low, let high):
      "a number > \(Self.shown(low))" + (high == .infinity ? "" : " and ≤ \(Self.shown(high))")
    case .fraction(let low, let high):
      "a number ≥ \(Self.shown(low))" + (high == .infinity ? "" : " and < \(Self.shown(high))")
    case .choice(let names): "one of " + names.joined(separator: ", ")
    case .text: "text"
    case .names: "a list of names"
    }
  }

  /// A bound as people write it: 1 rather than 1.0.
  private static func shown(_ bound: Double) -> String { Int(exactly: bound).map(String.init) ?? "\(bound)" }

  /// `value` in this option's kind (a whole number where a number is wanted counts), or nil where it does not fit.
  public func accepted(_ value: OptionValue) -> OptionValue? {
    switch (kind, value) {
    case (.boolean, .boolean), (.text, .text): return value
    case (.integer(let low, let high), .integer(let number)): return (low...high).contains(number) ? value : nil
    case (.number, .integer(let number)), (.fraction, .integer(let number)): return accepted(.number(Double(number)))
    case (.number(let low, let high), .number(let number)):
      return number.isFinite && number > low && number <= high ? value : nil
    case (.fraction(let low, let high), .number(let number)): return number >= low && number < high ? value : nil
    case (.choice(let names), .text(let name)): return names.contains(name) ? value : nil
    case (.names, .text): return .list([value])
    case (.names, .list(let values)):
      // An empty list would be a mistake, except where nothing is the default.
      let areNames = values.allSatisfy { if case .text = $0 { true } else { false } }
      return areNames && (!values.isEmpty || value == defaultValue) ? value : nil
    default: return nil
    }
  }
}

/// The options of one component, complete and checked.
public struct Options: Sendable, Equatable {
  private let values: [String: OptionValue]

  /// Fills in defaults and checks each value.
  ///
  /// - Returns: the options, or every problem found, each one line.
  public static func resolve(
    _ given: [String: OptionValue], for specifications: [OptionSpecification], of component: String
  ) -> Result<Options, OptionProblems> {
    var problems: [String] = []
    var values: [String: OptionValue] = [:]
    for specification in specifications {
      // A default counts as the same value in a recipe would: 1 for a number, one name for a list of them.
      values[specification.name] = specification.accepted(specification.defaultValue) ?? specification.defaultValue
    }
    let known = specifications.map(\.name)
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let specification = specifications.first(where: { $0.name == name }) else {
        problems.append(
          "\(component) has no option '\(name)'.\(NearName.hint(for: name, among: known))"
            + (known.isEmpty ? " It takes none." : " It takes \(known.joined(separator: ", "))."))
        continue
      }
      guard let accepted = specification.accepted(value) else {
        problems.append("\(component).\(name) must be \(specification.expectation), got '\(value)'")
        continue
      }
      values[name] = accepted
    }
    return problems.isEmpty ? .success(Options(values: values)) : .failure(OptionProblems(problems))
  }

  private init(values: [String: OptionValue]) { self.values = values }

  private func value(_ name: String) -> OptionValue {
    guard let value = values[name] else { preconditionFailure("Options: '\(name)' was never declared") }
    return value
  }

  public func number(_ name: String) -> Double {
    guard case .number(let number) = value(name) else { preconditionFailure("Options: '\(name)' is no number") }
    return number
  }

  public func integer(_ name: String) -> Int {
    guard case .integer(let number) = value(name) else { preconditionFailure("Options: '\(name)' is no whole number") }
    return number
  }

  public func boolean(_ name: String) -> Bool {
    guard case .boolean(let flag) = value(name) else { preconditionFailure("Options: '\(name)' is no boolean") }
    return flag
  }

  public func text(_ name: String) -> String {
    guard case .text(let text) = value(name) else { preconditionFailure("Options: '\(name)' is no text") }
    return text
  }

  public func names(_ name: String) -> [String] {
    guard case .list(let names) = value(name) else { preconditionFailure("Options: '\(name)' is no list") }
    return names.map(\.description)
  }
}

/// Everything that is wrong with a component's options.
public struct OptionProblems: Error {
  public let lines: [String]

  public init(_ lines: [String]) { self.lines = lines }
}
