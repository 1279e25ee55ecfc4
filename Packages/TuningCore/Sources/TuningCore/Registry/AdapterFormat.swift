/// What an adapter's file says of it, PEFT's `adapter_config.json`: keys that say something, without those that are
/// null, false or empty.
public struct AdapterConfiguration: Sendable {
  /// The file, for messages.
  public let source: String
  private let values: [String: OptionValue]

  /// - Parameter values: every key of the file; what is no option value, as text.
  public init(_ values: [String: OptionValue], source: String) {
    self.source = source
    self.values = values.filter { $0.value != .boolean(false) && $0.value != .list([]) }
  }

  public subscript(key: String) -> OptionValue? { values[key] }

  /// Nothing in an adapter's file is passed over in silence: what is neither `known` nor empty is refused by its name.
  ///
  /// - Throws: `TuningError.invalidConfiguration`.
  public func requireOnly(_ known: Set<String>) throws {
    guard let other = values.keys.filter({ !known.contains($0) }).min(), let value = values[other] else { return }
    throw refusal(of: other, "is \(value), which is not supported")
  }

  /// - Throws: `TuningError.invalidConfiguration` where it is missing or no whole number.
  public func integer(_ key: String) throws -> Int {
    guard case .integer(let number)? = values[key] else { throw refusal(of: key, "must be a whole number") }
    return number
  }

  /// - Throws: `TuningError.invalidConfiguration` where it is missing or no number.
  public func number(_ key: String) throws -> Double {
    switch values[key] {
    case .integer(let number)?: return Double(number)
    case .number(let number)?: return number
    default: throw refusal(of: key, "must be a number")
    }
  }

  /// An error about a key.
  public func refusal(of key: String, _ what: String) -> TuningError {
    TuningError(.invalidConfiguration, "\(source): '\(key)' \(what)")
  }
}

/// How an adapter of another program is taken up: by which scheme, with which of its options.
public struct AdapterFormat: Sendable {
  /// The scheme's name in the registry.
  public let scheme: String
  /// The scheme's options for a file.
  public let options: @Sendable (AdapterConfiguration) throws -> [String: OptionValue]

  public init(scheme: String, options: @escaping @Sendable (AdapterConfiguration) throws -> [String: OptionValue]) {
    self.scheme = scheme
    self.options = options
  }
}

/// The formats of adapters, by the `peft_type` of their files.
public struct AdapterFormats: Sendable {
  private var table: [String: AdapterFormat] = [:]

  public init() {}

  /// - Throws: `TuningError.duplicateComponent`.
  public mutating func register(_ type: String, _ format: AdapterFormat) throws {
    guard table.updateValue(format, forKey: type) == nil else {
      throw TuningError(.duplicateComponent, "adapters of type \(type) are taken up by another scheme already")
    }
  }

  /// - Throws: `TuningError.unknownComponent` with all there are.
  public func format(of configuration: AdapterConfiguration) throws -> AdapterFormat {
    let known = table.keys.sorted().joined(separator: ", ")
    guard case .text(let type)? = configuration["peft_type"] else {
      throw configuration.refusal(of: "peft_type", "must say the adapter's type: one of \(known)")
    }
    guard let format = table[type] else {
      throw TuningError(
        .unknownComponent,
        "\(configuration.source): adapters of type \(type) are not supported."
          + "\(NearName.hint(for: type, among: table.keys)) Supported: \(known)")
    }
    return format
  }
}
