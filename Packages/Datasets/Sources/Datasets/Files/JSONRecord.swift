import Tokenizers

/// An object of a JSON file, whose fields are asked for by name; what is missing or of another kind is named by file and
/// line.
struct JSONRecord {
  private let members: [(key: String, value: JSONValue)]
  /// File and line, and the path within it: `train.jsonl, line 3, passage`.
  let origin: String

  /// - Throws: `DatasetError.invalidField` for a value that is no object.
  init(_ value: JSONValue, origin: String) throws {
    guard case .object(let members) = value else {
      throw DatasetError(.invalidField, "\(origin): \(value.word) where an object {...} is expected")
    }
    self.members = members
    self.origin = origin
  }

  /// Names of the fields, in the file's order.
  var keys: [String] { members.map(\.key) }

  /// The members as records of their own, with their names, in the file's order.
  func children() throws -> [(key: String, record: JSONRecord)] {
    try members.map { ($0.key, try JSONRecord($0.value, origin: "\(origin), \($0.key)")) }
  }

  /// The field's value; of several with one name the last, as in Python.
  ///
  /// - Throws: `DatasetError.missingField`.
  func value(_ key: String) throws -> JSONValue {
    guard let value = optional(key) else {
      throw DatasetError(.missingField, "\(origin): no field '\(key)'; there are \(keys.joined(separator: ", "))")
    }
    return value
  }

  func optional(_ key: String) -> JSONValue? { members.last { $0.key == key }?.value }

  func text(_ key: String) throws -> String {
    guard case .string(let text) = try value(key) else { throw mismatch(key, "text") }
    return text
  }

  func integer(_ key: String) throws -> Int {
    guard case .integer(let number) = try value(key) else { throw mismatch(key, "a whole number") }
    return number
  }

  func record(_ key: String) throws -> JSONRecord { try JSONRecord(value(key), origin: "\(origin), \(key)") }

  /// The elements of a list of objects; their origins count from 1.
  func records(_ key: String) throws -> [JSONRecord] {
    guard case .array(let values) = try value(key) else { throw mismatch(key, "a list [...]") }
    return try values.enumerated().map { try JSONRecord($1, origin: "\(origin), \(key) \($0 + 1)") }
  }

  /// The elements of a list of texts.
  func texts(_ key: String) throws -> [String] {
    guard case .array(let values) = try value(key) else { throw mismatch(key, "a list [...]") }
    return try values.map { value in
      guard case .string(let text) = value else { throw mismatch(key, "a list of texts") }
      return text
    }
  }

  /// A label as its place among `names`: written as the name, as its number from 0 on, or, where there are two, as false
  /// or true.
  ///
  /// - Throws: `DatasetError.unknownLabel`.
  func label(_ key: String, of names: [String]) throws -> Int {
    let value = try value(key), place: Int?
    switch value {
    case .string(let name): place = names.firstIndex(of: name)
    case .integer(let number): place = names.indices.contains(number) ? number : nil
    case .boolean(let flag): place = names.count == 2 ? (flag ? 1 : 0) : nil
    default: place = nil
    }
    guard let place else {
      let known = names.enumerated().map { "\($0) \($1)" }.joined(separator: ", ")
      throw DatasetError(
        .unknownLabel,
        "\(origin): \(key) \(value.shown) is not one of \(known); unlabelled files cannot be used")
    }
    return place
  }

  private func mismatch(_ key: String, _ expected: String) -> DatasetError {
    DatasetError(
      .invalidField, "\(origin): '\(key)' is \(optional(key)?.word ?? "missing") where \(expected) is expected")
  }
}

extension JSONValue {
  /// The kind, for messages.
  fileprivate var word: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .integer, .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value, for messages.
  fileprivate var shown: String {
    switch self {
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .string(let text): "'\(text.prefix(40))'"
    case .null, .array, .object: "(\(word))"
    }
  }
}
