/// As JSON: `{"kind": "number", "above": 0}`. A bound that is infinite, or the greatest of integers, is left out, for JSON
/// has no infinity.
extension OptionSpecification.Kind: Codable {
  private enum Name: String, Codable { case boolean, integer, number, fraction, choice, text, names }

  private enum CodingKeys: String, CodingKey { case kind, atLeast, atMost, above, from, below, choices }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func bound(_ key: CodingKeys) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? .infinity
    }
    switch try container.decode(Name.self, forKey: .kind) {
    case .boolean: self = .boolean
    case .text: self = .text
    case .names: self = .names
    case .choice: self = .choice(try container.decode([String].self, forKey: .choices))
    case .integer:
      self = .integer(
        atLeast: try container.decode(Int.self, forKey: .atLeast),
        atMost: try container.decodeIfPresent(Int.self, forKey: .atMost) ?? .max)
    case .number:
      self = .number(above: try container.decode(Double.self, forKey: .above), atMost: try bound(.atMost))
    case .fraction:
      self = .fraction(from: try container.decode(Double.self, forKey: .from), below: try bound(.below))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .boolean: try container.encode(Name.boolean, forKey: .kind)
    case .text: try container.encode(Name.text, forKey: .kind)
    case .names: try container.encode(Name.names, forKey: .kind)
    case .choice(let names):
      try container.encode(Name.choice, forKey: .kind)
      try container.encode(names, forKey: .choices)
    case .integer(let low, let high):
      try container.encode(Name.integer, forKey: .kind)
      try container.encode(low, forKey: .atLeast)
      if high != .max { try container.encode(high, forKey: .atMost) }
    case .number(let low, let high):
      try container.encode(Name.number, forKey: .kind)
      try container.encode(low, forKey: .above)
      if high.isFinite { try container.encode(high, forKey: .atMost) }
    case .fraction(let low, let high):
      try container.encode(Name.fraction, forKey: .kind)
      try container.encode(low, forKey: .from)
      if high.isFinite { try container.encode(high, forKey: .below) }
    }
  }
}
