import Foundation

/// Reads a Python pickle of tensors, and executes nothing: the names that it may hold (`TorchGlobal`) stand for
/// descriptions of tensors, any other is refused before its arguments are looked at.
///
/// Python's pickles are programs for a stack machine, whose instructions may import and call whatever there is. This
/// machine knows those that `torch.save` writes for state dicts under protocols 2 to 5. Its memory is bounded by the
/// pickle's size and by `greatestCount`, its time by the pickle's size, its use of the stack by nothing in the file.
struct PickleMachine {
  let bytes: UnsafeRawBufferPointer
  let file: URL
  /// Position of `bytes` in the file, for messages.
  let origin: Int
  var position: Int

  /// Strings: where they stand in `bytes`.
  private(set) var texts: [Range<Int>] = []
  /// Tuples: where they stand in `tupleItems`.
  private(set) var tuples: [Range<Int>] = []
  private(set) var tupleItems: [PickleValue] = []
  private(set) var containers: [[PickleValue]] = []
  var storages: [TorchStorage] = []
  var tensors: [TorchTensorView] = []
  var stack: [PickleValue] = []
  var marks: [Int] = []
  private(set) var memo: [PickleValue?] = []
  private var budget = PickleMachine.greatestCount

  /// Values that all tables together may hold: some thirty belong to a tensor, so this is 60,000 tensors a file.
  static let greatestCount = 1 << 21
  /// Bytes of a tensor's name and of a global's, at most.
  static let greatestName = 1024

  /// A machine for the pickle that begins at `position`.
  init(_ bytes: UnsafeRawBufferPointer, file: URL, origin: Int = 0, position: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.origin = origin
    self.position = position
  }

  func malformed(_ what: String) -> ModelError {
    ModelError(
      .malformedFile,
      "\(file.path): byte \(origin + position): \(what): the file is damaged or incomplete, fetch it again")
  }

  func unsupported(_ what: String) -> ModelError {
    ModelError(.unsupported, "\(file.path): byte \(origin + position): \(what)")
  }

  /// Text of the file as messages show it: short, and without control characters.
  static func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return scalars.prefix(100).map { $0.escaped(asASCII: false) }.joined() + (scalars.count > 100 ? "..." : "")
  }

  mutating func spend(_ count: Int) throws {
    budget -= count
    guard budget >= 0 else {
      throw unsupported("the pickle makes more than \(PickleMachine.greatestCount) values, too many for a state dict")
    }
  }

  // MARK: Reading

  mutating func take(_ count: Int, _ what: @autoclosure () -> String) throws -> Range<Int> {
    guard count <= bytes.count - position else { throw malformed("the pickle ends within \(what())") }
    defer { position += count }
    return position..<position + count
  }

  mutating func number<T: FixedWidthInteger>(_: T.Type) throws -> T {
    let range = try take(MemoryLayout<T>.size, "a number")
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self))
  }

  /// A length in `T` and so many bytes.
  mutating func counted<T: FixedWidthInteger>(_: T.Type) throws -> Range<Int> {
    let count = Int(clamping: try number(T.self))
    guard count >= 0 else { throw malformed("a string of \(count) bytes") }
    return try take(count, "a string of \(count) bytes")
  }

  /// The text up to the next line feed.
  mutating func line() throws -> String {
    let start = position
    while position < bytes.count, position - start <= PickleMachine.greatestName {
      if bytes[position] == 0x0a {
        position += 1
        return try decoded(start..<position - 1)
      }
      position += 1
    }
    throw malformed("a name without end")
  }

  func decoded(_ range: Range<Int>) throws -> String {
    guard let text = String(validating: bytes[range], as: UTF8.self) else { throw malformed("a string is not UTF-8") }
    return text
  }

  /// The text of a value that must be a name.
  func name(_ value: PickleValue, _ what: String) throws -> String {
    guard case .text(let place) = value else { throw malformed("\(what) is not a string") }
    guard texts[place].count <= PickleMachine.greatestName else {
      throw malformed("\(what) has \(texts[place].count) bytes")
    }
    return try decoded(texts[place])
  }

  /// The elements of a tuple.
  func items(_ value: PickleValue, _ what: String) throws -> ArraySlice<PickleValue> {
    guard case .tuple(let place) = value else { throw malformed("\(what) is not a tuple") }
    return tupleItems[tuples[place]]
  }

  // MARK: The stack

  mutating func pop() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw malformed("an instruction lacks its operands")
    }
    return value
  }

  /// Where the values since the last mark begin.
  mutating func popMark() throws -> Int {
    guard let mark = marks.popLast() else { throw malformed("an instruction lacks its mark") }
    return mark
  }

  mutating func pushText(_ range: Range<Int>) throws {
    try spend(1)
    stack.append(.text(texts.count))
    texts.append(range)
  }

  /// Makes a tuple of the values from `start` of the stack on.
  mutating func pushTuple(from start: Int) throws {
    try spend(stack.count - start + 1)
    let first = tupleItems.count
    tupleItems += stack[start...]
    stack.removeLast(stack.count - start)
    stack.append(.tuple(tuples.count))
    tuples.append(first..<tupleItems.count)
  }

  mutating func pushTuple(of count: Int) throws {
    guard stack.count - (marks.last ?? 0) >= count else { throw malformed("a tuple lacks its elements") }
    try pushTuple(from: stack.count - count)
  }

  mutating func makeContainer(_ items: [PickleValue] = []) throws -> Int {
    try spend(items.count + 2)
    containers.append(items)
    return containers.count - 1
  }

  /// Moves the values from `start` of the stack on into the list or dictionary below them.
  mutating func fill(from start: Int, pairs: Bool) throws {
    guard start >= 1, start - 1 >= marks.last ?? 0 else { throw malformed("elements of no container") }
    // A slice that is kept while the stack changes would copy the stack.
    let count = stack.count - start
    try spend(count)
    switch (stack[start - 1], pairs) {
    case (.list(let place), false): containers[place] += stack[start...]
    case (.dictionary(let place), true):
      guard count % 2 == 0 else { throw malformed("a key without its value") }
      containers[place] += stack[start...]
    default: throw malformed("elements of something that is no container")
    }
    stack.removeLast(count)
  }

  mutating func put(_ place: Int) throws {
    guard let top = stack.last, stack.count > marks.last ?? 0 else { throw malformed("nothing to remember") }
    guard place < PickleMachine.greatestCount else { throw malformed("a memo of \(place) values") }
    if place >= memo.count {
      try spend(1)
      memo.append(contentsOf: repeatElement(nil, count: place + 1 - memo.count))
    }
    memo[place] = top
  }

  mutating func get(_ place: Int) throws {
    guard place < memo.count, let value = memo[place] else { throw malformed("nothing is remembered at \(place)") }
    stack.append(value)
  }
}
