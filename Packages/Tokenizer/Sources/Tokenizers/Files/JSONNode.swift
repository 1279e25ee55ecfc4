import Foundation

/// A JSON value together with where it stands, so that every complaint about it can say so.
struct JSONNode {
  let value: JSONValue
  /// As in `pre_tokenizer.pretokenizers[1]`; empty at the top.
  let path: String
  let file: String

  /// The document in a file.
  init(contentsOf url: URL) throws {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      let reason = FileManager.default.fileExists(atPath: url.path) ? "cannot be read" : "does not exist"
      throw TokenizerError(.unreadableFile, "the file \(reason); check the path", file: url.path)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw TokenizerError(.malformedJSON, "the file is not UTF-8 text", file: url.path)
    }
    self.init(value: try JSONParser.parse(text, file: url.path), path: "", file: url.path)
  }

  init(value: JSONValue, path: String, file: String) {
    self.value = value
    self.path = path
    self.file = file
  }

  func error(_ code: TokenizerError.Code, _ message: String) -> TokenizerError {
    TokenizerError(code, path.isEmpty ? message : "\(path): \(message)", file: file)
  }

  func invalid(_ message: String) -> TokenizerError { error(.invalidContent, message) }

  var isNull: Bool { if case .null = value { true } else { false } }

  // MARK: Members

  func members() throws -> [(key: String, value: JSONValue)] {
    guard case .object(let members) = value else { throw invalid("expected an object, found \(value.kind)") }
    return members
  }

  /// The member called `key`; nil where it is absent or null.
  func optional(_ key: String) throws -> JSONNode? {
    let found = try members().filter { $0.key == key }
    guard found.count < 2 else { throw invalid("'\(key)' is given \(found.count) times") }
    guard let member = found.first else { return nil }
    let node = JSONNode(value: member.value, path: path.isEmpty ? key : "\(path).\(key)", file: file)
    return node.isNull ? nil : node
  }

  func required(_ key: String) throws -> JSONNode {
    guard let node = try optional(key) else { throw invalid("'\(key)' is missing") }
    return node
  }

  /// Throws if there is a member that nobody knows: it might change what the component does.
  func allow(_ keys: String...) throws {
    for member in try members() where !keys.contains(member.key) {
      throw error(
        .unsupportedComponent, "unknown option '\(member.key)'; this version knows \(keys.joined(separator: ", "))")
    }
  }

  // MARK: Values

  func elements() throws -> [JSONNode] {
    guard case .array(let elements) = value else { throw invalid("expected an array, found \(value.kind)") }
    return elements.enumerated().map { JSONNode(value: $1, path: "\(path)[\($0)]", file: file) }
  }

  func string() throws -> String {
    guard case .string(let string) = value else { throw invalid("expected a string, found \(value.kind)") }
    return string
  }

  func boolean() throws -> Bool {
    guard case .boolean(let boolean) = value else { throw invalid("expected true or false, found \(value.kind)") }
    return boolean
  }

  func integer(in range: ClosedRange<Int>) throws -> Int {
    guard case .integer(let integer) = value else { throw invalid("expected an integer, found \(value.kind)") }
    guard range.contains(integer) else { throw invalid("\(integer) is outside \(range)") }
    return integer
  }

  func tokenID() throws -> Int32 { Int32(try integer(in: 0...Vocabulary.highestID)) }

  func scalar() throws -> Unicode.Scalar {
    let scalars = try string().unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else { throw invalid("expected one character") }
    return scalar
  }

  func string(_ key: String) throws -> String { try required(key).string() }
  func boolean(_ key: String) throws -> Bool { try required(key).boolean() }
  func boolean(_ key: String, default value: Bool) throws -> Bool { try optional(key)?.boolean() ?? value }
}
