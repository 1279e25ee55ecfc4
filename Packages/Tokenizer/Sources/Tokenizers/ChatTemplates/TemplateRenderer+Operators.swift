import Foundation

/// Arithmetic, iteration, subscripts and slices.
extension TemplateRenderer {
  func negate(_ value: TemplateValue, by sign: Int) throws -> TemplateValue {
    if case .number(let number) = value { return .number(sign < 0 ? -number : number) }
    if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
    guard let integer = value.index else {
      throw TemplateFailure.failed("bad operand type for unary \(sign < 0 ? "-" : "+"): '\(value.typeName)'")
    }
    return .integer(try Self.checked(integer.multipliedReportingOverflow(by: sign)))
  }

  static func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Int {
    guard !result.overflow else { throw TemplateFailure.unsupported("an integer of more than 64 bits") }
    return result.partialValue
  }

  func arithmetic(
    _ operation: TemplateToken.Symbol, _ left: TemplateValue, _ right: TemplateValue
  ) throws -> TemplateValue {
    if let a = left.index, let b = right.index { return try Self.integers(operation, a, b) }
    if let a = Self.number(left), let b = Self.number(right) { return try Self.numbers(operation, a, b) }
    switch (operation, left, right) {
    case (.modulo, .string, _): throw TemplateFailure.unsupported("formatting a string with '%'")
    case (_, .undefined(let message), _), (_, _, .undefined(let message)): throw TemplateFailure.failed(message)
    case (.add, .markup(let a), .markup(let b)): return .markup(try charged(a + b))
    case (.add, .markup(let a), .string(let b)): return .markup(try charged(a + b.htmlEscaped))
    case (.add, .string(let a), .markup(let b)): return .markup(try charged(a.htmlEscaped + b))
    case (_, .markup, _), (_, _, .markup):
      throw TemplateFailure.unsupported("anything but printing and adding a safe string")
    case (.add, .string(let a), .string(let b)): return .string(try charged(a + b))
    case (.add, .list(let a), .list(let b)): return .list(try joined(a, b))
    case (.add, .tuple(let a), .tuple(let b)): return .tuple(try joined(a, b))
    case (.multiply, _, _):
      if let count = right.index, let repeated = try repeated(left, max(0, count)) { return repeated }
      if let count = left.index, let repeated = try repeated(right, max(0, count)) { return repeated }
    default: break
    }
    throw TemplateFailure.failed(
      "unsupported operand type(s) for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'")
  }

  private func joined(_ a: TemplateItems, _ b: TemplateItems) throws -> TemplateItems {
    try charge(4 * (a.values.count + b.values.count))
    return try TemplateItems(a.values + b.values)
  }

  private func repeated(_ value: TemplateValue, _ count: Int) throws -> TemplateValue? {
    func chargeCopies(of size: Int) throws {
      let (total, overflow) = size.multipliedReportingOverflow(by: count)
      try charge(overflow ? ChatTemplate.mostWork + 1 : total)
    }
    switch value {
    case .string(let text):
      try chargeCopies(of: 1 + text.utf8.count / 8)
      return .string(String(repeating: text, count: count))
    case .list(let items):
      try chargeCopies(of: 4 * items.values.count)
      return try .list(Array((0..<count).map { _ in items.values }.joined()))
    case .tuple(let items):
      try chargeCopies(of: 4 * items.values.count)
      return .tuple(try TemplateItems(Array((0..<count).map { _ in items.values }.joined())))
    default: return nil
    }
  }

  static func number(_ value: TemplateValue) -> Double? {
    if case .number(let number) = value { return number }
    return value.index.map(Double.init)
  }

  private static func integers(_ operation: TemplateToken.Symbol, _ a: Int, _ b: Int) throws -> TemplateValue {
    switch operation {
    case .add: return .integer(try checked(a.addingReportingOverflow(b)))
    case .subtract: return .integer(try checked(a.subtractingReportingOverflow(b)))
    case .multiply: return .integer(try checked(a.multipliedReportingOverflow(by: b)))
    case .floorDivide, .modulo:
      guard b != 0 else { throw TemplateFailure.failed("integer division or modulo by zero") }
      guard b != -1 else {
        return .integer(operation == .modulo ? 0 : try checked((0).subtractingReportingOverflow(a)))
      }
      let isBetween = a % b != 0 && (a < 0) != (b < 0)
      return .integer(operation == .modulo ? a % b + (isBetween ? b : 0) : a / b - (isBetween ? 1 : 0))
    case .power where b >= 0: return .integer(try power(a, b))
    default: return try numbers(operation, Double(a), Double(b))
    }
  }

  private static func power(_ base: Int, _ exponent: Int) throws -> Int {
    var result = 1
    var base = base
    var exponent = exponent
    while exponent > 0 {
      if exponent & 1 == 1 { result = try checked(result.multipliedReportingOverflow(by: base)) }
      exponent >>= 1
      if exponent > 0 { base = try checked(base.multipliedReportingOverflow(by: base)) }
    }
    return result
  }

  private static func numbers(_ operation: TemplateToken.Symbol, _ a: Double, _ b: Double) throws -> TemplateValue {
    switch operation {
    case .add: return .number(a + b)
    case .subtract: return .number(a - b)
    case .multiply: return .number(a * b)
    case .power:
      guard a != 0 || b >= 0 else { throw TemplateFailure.failed("0.0 cannot be raised to a negative power") }
      guard a >= 0 || b == b.rounded() else { throw TemplateFailure.unsupported("a complex number") }
      let power = pow(a, b)
      guard power.isFinite || !a.isFinite || !b.isFinite else { throw TemplateFailure.failed("result too large") }
      return .number(power)
    default: break
    }
    guard b != 0 else { throw TemplateFailure.failed("division by zero") }
    if operation == .divide { return .number(a / b) }
    var remainder = fmod(a, b)
    if remainder != 0, (remainder < 0) != (b < 0) { remainder += b }
    if remainder == 0 { remainder = b.sign == .minus ? -0.0 : 0.0 }
    if operation == .modulo { return .number(remainder) }
    // Python's: the quotient of what is a multiple of b, brought to the nearest whole number.
    let quotient = (a - fmod(a, b)) / b - (fmod(a, b) != 0 && (fmod(a, b) < 0) != (b < 0) ? 1 : 0)
    if quotient == 0 { return .number(a / b < 0 || (a / b).sign == .minus ? -0.0 : 0.0) }
    let floor = quotient.rounded(.down)
    return .number(quotient - floor > 0.5 ? floor + 1 : floor)
  }

  // MARK: Iteration

  func iterate(_ value: TemplateValue, _ complaint: String? = nil) throws -> TemplateIterator {
    switch value {
    case .undefined: return try iterator(over: [], value)
    case .string(let text), .markup(let text):
      try charge(text: text.utf8.count)
      return try iterator(over: text.unicodeScalars.map { .string(String($0)) }, value)
    case .list(let items), .tuple(let items): return try iterator(over: items.values, value)
    case .dictionary(let dictionary): return try iterator(over: dictionary.entries.map(\.key), value)
    case .view(let view): return try iterator(count: view.dictionary.count, value) { try view.value(at: $0) }
    case .range(let range): return try iterator(count: range.count, value) { .integer(range[$0]) }
    case .iterator(let iterator): return iterator
    case .loop: throw TemplateFailure.unsupported("a loop over 'loop'")
    default: throw TemplateFailure.failed(complaint ?? "'\(value.typeName)' object is not iterable")
    }
  }

  private func iterator(over values: [TemplateValue], _ source: TemplateValue) throws -> TemplateIterator {
    try iterator(count: values.count, source) { values[$0] }
  }

  private func iterator(
    count: Int, _ source: TemplateValue, _ value: @escaping (Int) throws -> TemplateValue
  ) throws -> TemplateIterator {
    var index = 0
    return try TemplateIterator(count: count, depth: source.depth + 1) { [self] in
      guard index < count else { return nil }
      try charge(1)
      defer { index += 1 }
      return try value(index)
    }
  }

  /// All values at once.
  func values(of value: TemplateValue) throws -> [TemplateValue] {
    if case .list(let items) = value {
      try charge(items.values.count)
      return items.values
    }
    let iterator = try iterate(value)
    var values: [TemplateValue] = []
    while let next = try iterator.next() {
      try charge(3)
      values.append(next)
    }
    return values
  }

  /// Python's `len`.
  func length(of value: TemplateValue) throws -> Int {
    switch value {
    case .undefined: return 0
    case .string(let text), .markup(let text):
      try charge(text: text.utf8.count)
      return text.unicodeScalars.count
    case .list(let items), .tuple(let items): return items.values.count
    case .dictionary(let dictionary): return dictionary.count
    case .view(let view): return view.dictionary.count
    case .range(let range): return range.count
    case .loop(let loop): return try loop.length()
    default: throw TemplateFailure.failed("object of type '\(value.typeName)' has no len()")
    }
  }

  // MARK: Subscripts

  /// `value[index]`: the item, or else the attribute of that name.
  func item(_ index: TemplateValue, of value: TemplateValue) throws -> TemplateValue {
    if case .undefined(let message) = value { throw TemplateFailure.failed(message) }
    if case .dictionary(let dictionary) = value {
      switch index {
      case .list, .dictionary: break
      default: if let found = dictionary[try TemplateKey(index)] { return found }
      }
    } else if let index = index.index, let found = try element(index, of: value) {
      return found
    }
    if let name = index.text, let found = try member(name, of: value) { return found }
    return .undefined("'\(value.typeName)' object has no element \(try representation(of: index))")
  }

  private func element(_ index: Int, of value: TemplateValue) throws -> TemplateValue? {
    func position(_ count: Int) -> Int? {
      let position = index < 0 ? index + count : index
      return position >= 0 && position < count ? position : nil
    }
    switch value {
    case .string(let text), .markup(let text):
      try charge(text: text.utf8.count)
      let scalars = text.unicodeScalars
      return position(scalars.count).map {
        .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: $0)]))
      }
    case .list(let items), .tuple(let items): return position(items.values.count).map { items.values[$0] }
    case .range(let range): return position(range.count).map { .integer(range[$0]) }
    default: return nil
    }
  }

  func slice(_ value: TemplateValue, from start: Int?, to stop: Int?, by step: Int?) throws -> TemplateValue {
    switch value {
    case .undefined(let message): throw TemplateFailure.failed(message)
    case .string(let text), .markup(let text):
      try charge(text: text.utf8.count)
      let scalars = Array(text.unicodeScalars)
      let slice = try Self.slice(scalars.count, start, stop, step)
      return .string(String(scalars: (0..<slice.count).lazy.map { scalars[slice[$0]] }))
    case .list(let items), .tuple(let items):
      try charge(4 * items.values.count)
      let slice = try Self.slice(items.values.count, start, stop, step)
      let part = try TemplateItems((0..<slice.count).map { items.values[slice[$0]] })
      if case .tuple = value { return .tuple(part) }
      return .list(part)
    case .range(let range):
      let slice = try Self.slice(range.count, start, stop, step)
      let step = range.step.multipliedReportingOverflow(by: slice.step)
      guard !step.overflow,
        let part = TemplateRange(from: range[slice.start], to: range[slice.stop], by: step.partialValue)
      else { throw TemplateFailure.unsupported("an integer of more than 64 bits") }
      return .range(part)
    default: throw TemplateFailure.failed("'\(value.typeName)' object is not subscriptable by a slice")
    }
  }

  /// The positions that Python's slice of `count` values takes.
  private static func slice(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int?) throws -> TemplateRange {
    let step = step ?? 1
    guard step != 0, step != .min else { throw TemplateFailure.failed("slice step cannot be zero") }
    let lowest = step < 0 ? -1 : 0
    let highest = step < 0 ? count - 1 : count
    func clamp(_ bound: Int?, default fallback: Int) -> Int {
      guard let bound else { return fallback }
      return min(max(bound < 0 ? bound &+ count : bound, lowest), highest)
    }
    let from = clamp(start, default: step < 0 ? highest : lowest)
    let to = clamp(stop, default: step < 0 ? lowest : highest)
    guard let range = TemplateRange(from: from, to: to, by: step) else {
      throw TemplateFailure.unsupported("an integer of more than 64 bits")
    }
    return range
  }
}
