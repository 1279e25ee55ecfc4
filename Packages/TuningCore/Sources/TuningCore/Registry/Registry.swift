/// What a registry tells of a component.
public struct ComponentDescription: Sendable, Codable, Equatable {
  /// As recipes name it: `zo-sgd`.
  public let name: String
  /// One sentence.
  public let summary: String
  /// The paper that defines it.
  public let reference: String
  /// What a step costs, in words: forward passes, bytes.
  public let cost: String
  public let options: [OptionSpecification]

  public init(name: String, summary: String, reference: String, cost: String, options: [OptionSpecification] = []) {
    self.name = name
    self.summary = summary
    self.reference = reference
    self.cost = cost
    self.options = options
  }
}

/// A table name → factory that says no, says why, and says what there is.
public struct Registry<Product> {
  public struct Entry {
    public let description: ComponentDescription
    /// Who registered it: the plugin's name and version.
    public let origin: String
    fileprivate let make: (Options) throws -> Product
  }

  /// What the products are, for messages: `optimizer`.
  public let kind: String
  private var table: [String: Entry] = [:]

  public init(kind: String) { self.kind = kind }

  public var entries: [Entry] { table.values.sorted { $0.description.name < $1.description.name } }
  public var names: [String] { table.keys.sorted() }

  /// - Throws: `TuningError.duplicateComponent`.
  public mutating func register(
    _ description: ComponentDescription, origin: String, make: @escaping (Options) throws -> Product
  ) throws {
    if let there = table[description.name] {
      throw TuningError(
        .duplicateComponent,
        "\(kind) '\(description.name)' from \(origin) is already provided by \(there.origin); rename one of them")
    }
    table[description.name] = Entry(description: description, origin: origin, make: make)
  }

  /// - Throws: `TuningError.unknownComponent` with the near name and all there are.
  public func entry(_ name: String) throws -> Entry {
    guard let entry = table[name] else {
      let known =
        names.isEmpty ? "none is registered: are the plugins beside the program?" : names.joined(separator: ", ")
      throw TuningError(
        .unknownComponent, "no \(kind) named '\(name)'.\(NearName.hint(for: name, among: names)) Registered: \(known)")
    }
    return entry
  }

  /// The component `name` with `options`, the missing ones at their defaults.
  ///
  /// - Throws: `TuningError.unknownComponent`, or `.invalidOption` with every problem.
  public func make(_ name: String, options: [String: OptionValue] = [:]) throws -> Product {
    let entry = try entry(name)
    switch Options.resolve(options, for: entry.description.options, of: name) {
    case .success(let options): return try entry.make(options)
    case .failure(let problems): throw TuningError(.invalidOption, problems.lines.joined(separator: "\n"))
    }
  }
}

/// Everything that plugins bring. A value handed down from the start of a program, filled before the run and then constant.
public struct Components {
  public var optimizers = Registry<any Optimizer>(kind: "optimizer")
  public var schemes = Registry<any TuningScheme>(kind: "tuning scheme")
  public var adapters = AdapterFormats()
  public var partitions = Registry<any Partition>(kind: "partition")
  public var maskings = Registry<any Masking>(kind: "masking")

  public init() {}

  /// Of everything that is registered, kind by kind.
  public var descriptions: [ComponentDescription] {
    schemes.entries.map(\.description) + optimizers.entries.map(\.description)
      + partitions.entries.map(\.description) + maskings.entries.map(\.description)
  }

  public var names: [String] { descriptions.map(\.name) }
}

/// What a Swift plugin's factory returns.
public protocol Plugin: AnyObject {
  /// Adds the plugin's components; `origin` is its name and version.
  func register(in components: inout Components, origin: String) throws
}
