/// A JSON text taken apart.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// As it is spelled.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}
