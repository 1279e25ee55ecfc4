/// A parsed JSON document.
///
/// Foundation's parsers put keys into dictionaries of `String`, whose equality is canonical equivalence: a vocabulary
/// that holds both the precomposed and the decomposed "é" would lose one of them. Here objects stay lists of members
/// in file order, and nothing is ever compared or dropped.
public enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  /// The value of a number, whole or not.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The word used for this kind of value in messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
