import Foundation

/// A JSON object of a configuration file, read by key; every complaint names the file and the key.
struct JSONObject {
  let members: [String: JSONValue]
  let file: URL
  /// `rope_scaling.` and the like, for messages.
  private let prefix: String

  init(_ members: [String: JSONValue], file: URL, prefix: String = "") {
    self.members = members
    self.file = file
    self.prefix = prefix
  }

  /// Configurations are kilobytes, the largest index of shards a few megabytes.
  private static let greatestFile = 64 << 20

  /// The object that `file` holds.
  ///
  /// - Throws: `ModelError.unreadableFile` or `.malformedFile`.
  init(contentsOf file: URL) throws {
    let data: Data
    do {
      let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      guard size <= JSONObject.greatestFile else {
        throw ModelError(.malformedFile, "\(file.path): \(size) bytes are too many for a configuration")
      }
      data = try Data(contentsOf: file)
    } catch let error as ModelError {
      throw error
    } catch {
      throw ModelError(.unreadableFile, "\(file.path): cannot be read: \(error.localizedDescription)")
    }
    let value = try data.withUnsafeBytes { try JSONParser.parse($0, file: file) }
    guard case .object(let members) = value else {
      throw ModelError(.malformedFile, "\(file.path): expected a JSON object")
    }
    self.init(members, file: file)
  }

  func error(_ key: String, _ what: String) -> ModelError {
    ModelError(.invalidConfiguration, "\(file.path): \(prefix)\(key) \(what)")
  }

  /// The value of `key`; nil where it is absent or `null`.
  subscript(key: String) -> JSONValue? {
    guard let value = members[key], value != .null else { return nil }
    return value
  }

  func object(_ key: String) throws -> JSONObject? {
    switch self[key] {
    case nil: return nil
    case .object(let members): return JSONObject(members, file: file, prefix: prefix + key + ".")
    case let other?: throw error(key, "is \(other.text()): expected an object")
    }
  }

  func string(_ key: String) throws -> String? {
    switch self[key] {
    case nil: return nil
    case .string(let value): return value
    case let other?: throw error(key, "is \(other.text()): expected a string")
    }
  }

  func bool(_ key: String) throws -> Bool? {
    switch self[key] {
    case nil: return nil
    case .bool(let value): return value
    case let other?: throw error(key, "is \(other.text()): expected true or false")
    }
  }

  func number(_ key: String) throws -> Double? {
    switch self[key] {
    case nil: return nil
    case .integer(let value): return Double(value)
    case .number(let value): return value
    case let other?: throw error(key, "is \(other.text()): expected a number")
    }
  }

  /// A size: 1 ... 2³¹ − 1.
  func size(_ key: String) throws -> Int? {
    guard let value = self[key] else { return nil }
    guard case .integer(let size) = value, size >= 1, size <= Int(Int32.max) else {
      throw error(key, "is \(value.text()): expected a whole number from 1 to \(Int32.max)")
    }
    return size
  }

  func requiredSize(_ key: String) throws -> Int {
    guard let value = try size(key) else { throw error(key, "is missing") }
    return value
  }

  /// Token ids: one or a list. Negative ones stand for "none" in old files.
  func tokens(_ key: String) throws -> [Int32] {
    func token(_ value: JSONValue) throws -> Int32 {
      guard case .integer(let id) = value, let token = Int32(exactly: id) else {
        throw error(key, "is \(self[key]?.text() ?? "null"): expected a token id or a list of them")
      }
      return token
    }
    switch self[key] {
    case nil: return []
    case .array(let values): return try values.map(token).filter { $0 >= 0 }
    case let value?: return try [token(value)].filter { $0 >= 0 }
    }
  }
}
