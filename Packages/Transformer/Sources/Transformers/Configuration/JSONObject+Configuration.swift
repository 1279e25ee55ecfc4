import TensorCore

/// Kinds of values that several families' configurations have.
extension JSONObject {
  func positive(_ key: String) throws -> Double? {
    guard let value = try number(key) else { return nil }
    guard value > 0, value.isFinite else { throw error(key, "is \(value): expected a number above 0") }
    return value
  }

  /// 0 ... 2³¹ − 1.
  func whole(_ key: String) throws -> Int? {
    if self[key] == .integer(0) { return 0 }
    return try size(key)
  }

  /// A list of strings; empty where it is absent.
  func strings(_ key: String) throws -> [String] {
    guard let value = self[key] else { return [] }
    guard case .array(let items) = value else { throw error(key, "is \(value.text()): expected a list of strings") }
    return try items.map {
      guard case .string(let text) = $0 else { throw error(key, "holds \($0.text()): expected strings") }
      return text
    }
  }

  /// - Throws: `ModelError.unsupported` for a function that is not known, with the list of those that are.
  func activation(_ key: String) throws -> Activation? {
    guard let name = try string(key) else { return nil }
    guard let activation = Activation(named: name) else {
      throw ModelError(
        .unsupported,
        "\(file.path): \(key) is '\(name)'; this version knows \(Activation.names.joined(separator: ", "))")
    }
    return activation
  }
}

extension JSONValue {
  /// `eos_token_id`: null, one, or a list.
  init(tokens: [Int32]) {
    switch tokens.count {
    case 0: self = .null
    case 1: self = .integer(Int(tokens[0]))
    default: self = .array(tokens.map { .integer(Int($0)) })
    }
  }
}
