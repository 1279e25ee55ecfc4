import TensorCore

/// A parameter's dotted name, as Hugging Face writes it: `model.layers.0.self_attn.q_proj.weight`.
public struct ParameterPath: Hashable, Sendable, Codable, Comparable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  public let name: String
  /// FNV-1a of the name's UTF-8 bytes: the address of this parameter's noise.
  public let hash: UInt64

  public init(_ name: String) {
    self.name = name
    hash = AddressedNoise.hash(ofPath: name)
  }

  public init(stringLiteral value: String) { self.init(value) }

  public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  public static func == (a: Self, b: Self) -> Bool { a.hash == b.hash && a.name == b.name }
  public static func < (a: Self, b: Self) -> Bool { a.name < b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
  public var description: String { name }
}
