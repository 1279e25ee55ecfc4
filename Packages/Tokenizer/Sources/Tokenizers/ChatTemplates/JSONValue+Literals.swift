/// JSON values written in Swift: `["name": "get_weather", "arguments": ["days": 3]]`. Members keep their order.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { (key: $0.0, value: $0.1) })
  }

  /// The value that a JSON document says.
  ///
  /// - Parameter firstLine: the number of its first line, where it is a part of a file of several.
  /// - Throws: `TokenizerError` with `malformedJSON`; the message gives line and column.
  public init(parsing text: String, firstLine: Int = 1) throws {
    self = try JSONParser.parse(text, file: nil, firstLine: firstLine)
  }
}
