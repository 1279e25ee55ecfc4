/// Equality, order and membership as Python has them.
extension TemplateRenderer {
  func holds(_ operation: TemplateComparison, _ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
    switch operation {
    case .equal: try equal(left, right)
    case .notEqual: try !equal(left, right)
    case .less: try compare(left, right, "<") { $0 < 0 }
    case .lessOrEqual: try compare(left, right, "<=") { $0 <= 0 }
    case .greater: try compare(left, right, ">") { $0 > 0 }
    case .greaterOrEqual: try compare(left, right, ">=") { $0 >= 0 }
    case .isIn: try contains(right, left)
    case .isNotIn: try !contains(right, left)
    }
  }

  func equal(_ left: TemplateValue, _ right: TemplateValue) throws -> Bool {
    try charge(1)
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.string(let a), .string(let b)), (.string(let a), .markup(let b)), (.markup(let a), .string(let b)),
      (.markup(let a), .markup(let b)):
      try charge(text: min(a.utf8.count, b.utf8.count))
      return a.equals(b)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      return try a.values.count == b.values.count && zip(a.values, b.values).allSatisfy { try equal($0, $1) }
    case (.dictionary(let a), .dictionary(let b)):
      return try a.count == b.count
        && a.entries.allSatisfy { entry in
          guard let other = b[try TemplateKey(entry.key)] else { return false }
          return try equal(entry.value, other)
        }
    case (.range(let a), .range(let b)):
      return a.count == b.count && (a.count == 0 || a.start == b.start && (a.count == 1 || a.step == b.step))
    case (.namespace(let a), .namespace(let b)): return a === b
    case (.loop(let a), .loop(let b)): return a === b
    case (.macro(let a), .macro(let b)): return a === b
    case (.iterator(let a), .iterator(let b)): return a === b
    case (.function(let a), .function(let b)): return a == b
    case (.view, .view), (.method, .method):
      throw TemplateFailure.unsupported("comparing a \(left.typeName) with a \(right.typeName)")
    default: return Self.order(ofNumbers: left, right).map { $0 == 0 } ?? false
    }
  }

  /// Negative, zero or positive; nil where one of the two is no number. NaN is unequal to all.
  private static func order(ofNumbers left: TemplateValue, _ right: TemplateValue) -> Double? {
    if let a = left.index, let b = right.index { return a < b ? -1 : a > b ? 1 : 0 }
    switch (left, right) {
    case (.number(let a), .number(let b)): return order(a, b)
    case (.number(let a), _): return right.index.map { order(a, $0) }
    case (_, .number(let b)): return left.index.map { -order(b, $0) }
    default: return nil
    }
  }

  private static func order(_ a: Double, _ b: Double) -> Double { a < b ? -1 : a > b ? 1 : a == b ? 0 : .nan }

  /// Exact: the integer is not rounded to a double.
  private static func order(_ a: Double, _ b: Int) -> Double {
    if a.isNaN { return .nan }
    if a >= 0x1p63 { return 1 }
    if a < -0x1p63 { return -1 }
    let whole = Int(a.rounded(.down))
    return whole < b ? -1 : whole > b ? 1 : a > a.rounded(.down) ? 1 : 0
  }

  private func compare(
    _ left: TemplateValue, _ right: TemplateValue, _ symbol: String, _ accepts: (Double) -> Bool
  ) throws -> Bool {
    try charge(1)
    if let order = Self.order(ofNumbers: left, right) { return accepts(order) }
    if let a = left.text, let b = right.text {
      try charge(text: min(a.utf8.count, b.utf8.count))
      if a.equals(b) { return accepts(0) }
      return accepts(a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1)
    }
    switch (left, right) {
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (x, y) in zip(a.values, b.values) where try !equal(x, y) { return try compare(x, y, symbol, accepts) }
      return accepts(Double(a.values.count - b.values.count))
    case (.undefined(let message), _), (_, .undefined(let message)): throw TemplateFailure.failed(message)
    default:
      throw TemplateFailure.failed(
        "'\(symbol)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'")
    }
  }

  /// Python's `value in container`.
  func contains(_ container: TemplateValue, _ value: TemplateValue) throws -> Bool {
    switch container {
    case .string(let text), .markup(let text):
      guard let part = value.text else {
        if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
        throw TemplateFailure.failed("'in <string>' requires string as left operand, not \(value.typeName)")
      }
      return try offset(of: part, in: text) != nil
    case .dictionary(let dictionary): return dictionary[try TemplateKey(value)] != nil
    case .list(let items), .tuple(let items): return try items.values.contains { try equal($0, value) }
    default:
      if case .iterator(let iterator) = container, iterator.count == 0 { return false }
      let iterator = try iterate(container, "argument of type '\(container.typeName)' is not iterable")
      while let next = try iterator.next() {
        if try equal(next, value) { return true }
      }
      return false
    }
  }

  // MARK: Sorting

  /// Stable, by keys that must compare; with `reversed`, equal ones keep their order too.
  func sorted<Element>(
    _ values: [Element], reversed: Bool = false, by key: (Element) throws -> TemplateValue
  ) throws -> [Element] {
    let keyed = try values.enumerated().map { (index: $0, key: try key($1)) }
    let order = try keyed.sorted { a, b in
      let (first, second) = reversed ? (b, a) : (a, b)
      if try compare(first.key, second.key, "<", { $0 < 0 }) { return true }
      if try compare(second.key, first.key, "<", { $0 < 0 }) { return false }
      return a.index < b.index
    }
    return order.map { values[$0.index] }
  }

  // MARK: Searching

  /// Where `part` starts in `text`, in bytes of UTF-8.
  func offset(of part: String, in text: String, from start: Int = 0) throws -> Int? {
    var part = part
    var text = text
    let (found, work) = part.withUTF8 { part in
      text.withUTF8 { Self.search(part, in: $0, from: start) }
    }
    try charge(1 + work / 8)
    return found
  }

  private static func search(
    _ part: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (Int?, work: Int) {
    guard let first = part.first else { return (start, 0) }
    var index = start
    var work = 0
    while index + part.count <= text.count, work < ChatTemplate.mostWork {
      work += 1
      if text[index] == first {
        var length = 1
        while length < part.count, text[index + length] == part[length] { length += 1 }
        if length == part.count { return (index, work + length) }
        work += length
      }
      index += 1
    }
    return (nil, work)
  }
}
