import Foundation

/// A value of a GGUF file's metadata. Integers of all widths are `integer`, floats of both are `number`.
public enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  /// From the shortest decimal that names the stored float, so that `1e-05` stays itself.
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case numbers([Double])
  case bools([Bool])
  case strings([String])
  case arrays([GGUFValue])
}

/// The key-value part of a GGUF file. Getters return nil for an absent key and throw for one of another type.
public struct GGUFMetadata: Sendable {
  public let file: URL
  /// Everything that the file says, by key.
  public let values: [String: GGUFValue]

  private func mismatch(_ key: String, _ expected: String) -> ModelError {
    ModelError(.invalidConfiguration, "\(file.path): metadata key '\(key)' is not \(expected)")
  }

  /// The text at `key`.
  public func string(_ key: String) throws -> String? {
    switch values[key] {
    case nil: return nil
    case .string(let value)?: return value
    default: throw mismatch(key, "a string")
    }
  }

  /// The integer, of whatever width, at `key`.
  public func integer(_ key: String) throws -> Int? {
    switch values[key] {
    case nil: return nil
    case .integer(let value)?: return value
    default: throw mismatch(key, "an integer")
    }
  }

  /// The float or integer at `key`.
  public func number(_ key: String) throws -> Double? {
    switch values[key] {
    case nil: return nil
    case .number(let value)?: return value
    case .integer(let value)?: return Double(value)
    default: throw mismatch(key, "a number")
    }
  }

  /// The truth value at `key`.
  public func bool(_ key: String) throws -> Bool? {
    switch values[key] {
    case nil: return nil
    case .bool(let value)?: return value
    default: throw mismatch(key, "true or false")
    }
  }

  /// The array of texts at `key`.
  public func strings(_ key: String) throws -> [String]? {
    switch values[key] {
    case nil: return nil
    case .strings(let value)?: return value
    default: throw mismatch(key, "an array of strings")
    }
  }

  /// The array of numbers at `key`.
  public func numbers(_ key: String) throws -> [Double]? {
    switch values[key] {
    case nil: return nil
    case .numbers(let value)?: return value
    default: throw mismatch(key, "an array of numbers")
    }
  }

  /// The array of integers at `key`.
  public func integers(_ key: String) throws -> [Int]? {
    switch values[key] {
    case nil: return nil
    case .integers(let value)?: return value
    default: throw mismatch(key, "an array of integers")
    }
  }

  /// A token id; nil for an absent key and for −1, by which files say "none".
  public func token(_ key: String) throws -> Int32? {
    guard let value = try integer(key), value != -1, value != Int(UInt32.max) else { return nil }
    guard let token = Int32(exactly: value), token >= 0 else { throw mismatch(key, "a token id") }
    return token
  }

  /// A size: 1 ... 2³¹ − 1.
  func size(_ key: String) throws -> Int? {
    guard let value = try integer(key) else { return nil }
    guard value >= 1, value <= Int(Int32.max) else { throw mismatch(key, "a whole number from 1 to \(Int32.max)") }
    return value
  }

  func requiredSize(_ key: String) throws -> Int {
    guard let value = try size(key) else {
      throw ModelError(.invalidConfiguration, "\(file.path): metadata key '\(key)' is missing")
    }
    return value
  }
}
