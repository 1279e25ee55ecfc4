/// A value while a template is rendered: what Python would hold.
///
/// Lists, tuples and dictionaries never change, as in the sandbox that transformers renders in.
enum TemplateValue {
  /// What was looked for and not found; the text says so to whoever uses it.
  case undefined(String)
  case none
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  /// A string that `safe` marked.
  case markup(String)
  case list(TemplateItems)
  case tuple(TemplateItems)
  case dictionary(TemplateDictionary)
  case range(TemplateRange)
  /// `keys()`, `values()`, `items()`.
  case view(TemplateDictionaryView)
  /// Gives its values once.
  case iterator(TemplateIterator)
  case namespace(TemplateNamespace)
  case loop(TemplateLoopState)
  case function(TemplateFunction)
  indirect case method(TemplateValue, String)
  case macro(TemplateMacroValue)

  static func tuple(_ values: TemplateValue...) throws -> Self { .tuple(try TemplateItems(values)) }

  static func list(_ values: [TemplateValue]) throws -> Self { .list(try TemplateItems(values)) }

  /// Containers within containers: what is as deep as this is refused, so that nothing that walks a value runs out of
  /// stack.
  static let deepest = 100

  var depth: Int {
    switch self {
    case .list(let items), .tuple(let items): items.depth
    case .dictionary(let dictionary): dictionary.depth
    case .view(let view): view.dictionary.depth + 1
    case .iterator(let iterator): iterator.depth
    case .method(let value, _): value.depth + 1
    default: 0
    }
  }

  static func depth(over values: some Sequence<TemplateValue>) throws -> Int {
    let depth = 1 + values.reduce(0) { max($0, $1.depth) }
    guard depth <= deepest else {
      throw TemplateFailure(.chatTemplateLimit, "values nested deeper than \(deepest) levels")
    }
    return depth
  }

  /// As Python names the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .boolean: "bool"
    case .integer: "int"
    case .number: "float"
    case .string: "str"
    case .markup: "Markup"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .range: "range"
    case .view(let view): view.part.rawValue
    case .iterator: "generator"
    case .namespace: "Namespace"
    case .loop: "LoopContext"
    case .function: "function"
    case .method: "method"
    case .macro: "Macro"
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// The text of a string, marked or not.
  var text: String? {
    switch self {
    case .string(let text), .markup(let text): text
    default: nil
    }
  }

  /// Booleans count as 0 and 1.
  var index: Int? {
    switch self {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .boolean(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let text), .markup(let text): !text.isEmpty
    case .list(let items), .tuple(let items): !items.values.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .view(let view): view.dictionary.count > 0
    case .range(let range): range.count > 0
    default: true
    }
  }
}

/// The values of a list or tuple.
final class TemplateItems {
  let values: [TemplateValue]
  let depth: Int

  init(_ values: [TemplateValue]) throws {
    self.values = values
    depth = try TemplateValue.depth(over: values)
  }
}

/// A dictionary in the order of its keys' first appearance.
final class TemplateDictionary {
  let entries: [(key: TemplateValue, value: TemplateValue)]
  let depth: Int
  private let indices: [TemplateKey: Int]

  /// Later values replace earlier ones of the same key.
  init(_ pairs: [(key: TemplateValue, value: TemplateValue)]) throws {
    var entries: [(key: TemplateValue, value: TemplateValue)] = []
    var indices: [TemplateKey: Int] = [:]
    for pair in pairs {
      let key = try TemplateKey(pair.key)
      if let index = indices[key] {
        entries[index].value = pair.value
      } else {
        indices[key] = entries.count
        entries.append(pair)
      }
    }
    depth = try TemplateValue.depth(over: entries.lazy.flatMap { [$0.key, $0.value] })
    self.entries = entries
    self.indices = indices
  }

  var count: Int { entries.count }

  subscript(key: TemplateKey) -> TemplateValue? { indices[key].map { entries[$0].value } }

  subscript(name: String) -> TemplateValue? { self[.string(TemplateKey.Text(name))] }
}

/// What dictionaries look up by: equal where Python's values are equal and their hashes too.
enum TemplateKey: Hashable {
  struct Text: Hashable {
    let text: String
    init(_ text: String) { self.text = text }

    static func == (left: Self, right: Self) -> Bool { left.text.equals(right.text) }

    func hash(into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  case none, undefined
  case integer(Int)
  case number(Double)
  case string(Text)
  case tuple([TemplateKey])

  /// Values within a tuple that is a key; a tuple of the same tuples over and over would have no end of them.
  private static let mostParts = 1000

  init(_ value: TemplateValue) throws {
    var parts = 0
    try self.init(value, &parts)
  }

  private init(_ value: TemplateValue, _ parts: inout Int) throws {
    parts += 1
    guard parts <= Self.mostParts else {
      throw TemplateFailure(.chatTemplateLimit, "a key of more than \(Self.mostParts) parts")
    }
    switch value {
    case .none: self = .none
    case .undefined: self = .undefined
    case .boolean(let value): self = .integer(value ? 1 : 0)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = Int(exactly: value).map(Self.integer) ?? .number(value)
    case .string(let text), .markup(let text): self = .string(Text(text))
    case .tuple(let items): self = .tuple(try items.values.map { try Self($0, &parts) })
    case .list, .dictionary: throw TemplateFailure.failed("unhashable type: '\(value.typeName)'")
    default: throw TemplateFailure.unsupported("a \(value.typeName) as a key")
    }
  }
}

struct TemplateDictionaryView {
  enum Part: String {
    case keys = "dict_keys"
    case values = "dict_values"
    case items = "dict_items"
  }

  var dictionary: TemplateDictionary
  var part: Part

  func value(at index: Int) throws -> TemplateValue {
    let entry = dictionary.entries[index]
    switch part {
    case .keys: return entry.key
    case .values: return entry.value
    case .items: return try .tuple(entry.key, entry.value)
    }
  }
}

struct TemplateRange {
  var start: Int
  /// As it was given, and as it is printed.
  var stop: Int
  var step: Int
  let count: Int

  /// As Python counts; nil for a step of zero, or where counting overflows.
  init?(from start: Int, to stop: Int, by step: Int) {
    guard step != 0, step != .min else { return nil }
    let (distance, overflow) =
      step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
    guard !overflow else { return nil }
    self.start = start
    self.stop = stop
    self.step = step
    count = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
  }

  subscript(index: Int) -> Int { start &+ index &* step }
}

/// Something that gives values one after the other, once.
final class TemplateIterator {
  /// How many there are in all; nil where that is only known at the end.
  let count: Int?
  let depth: Int
  private let advance: () throws -> TemplateValue?

  init(count: Int? = nil, depth: Int, _ advance: @escaping () throws -> TemplateValue?) throws {
    guard depth <= TemplateValue.deepest else {
      throw TemplateFailure(.chatTemplateLimit, "iterators nested deeper than \(TemplateValue.deepest) levels")
    }
    self.count = count
    self.depth = depth
    self.advance = advance
  }

  func next() throws -> TemplateValue? { try advance() }
}

/// The only thing a template can change.
final class TemplateNamespace {
  var attributes: [(name: String, value: TemplateValue)] = []

  subscript(name: String) -> TemplateValue? {
    get { attributes.first { $0.name.equals(name) }?.value }
    set {
      guard let newValue else { return }
      if let index = attributes.firstIndex(where: { $0.name.equals(name) }) {
        attributes[index].value = newValue
      } else {
        attributes.append((name, newValue))
      }
    }
  }
}

enum TemplateFunction: String, CaseIterable {
  case range, dict, namespace
  case raiseException = "raise_exception"
  case formatTime = "strftime_now"
  // Jinja's own that no chat template has been seen to use.
  case cycler, joiner, lipsum
}

/// A macro with the scope it was defined in.
final class TemplateMacroValue {
  let macro: TemplateMacro
  let name: String?
  let scope: TemplateFrame

  init(_ macro: TemplateMacro, name: String?, scope: TemplateFrame) {
    self.macro = macro
    self.name = name
    self.scope = scope
  }
}

/// Arguments of a call, evaluated.
struct TemplateCallArguments {
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []
}
