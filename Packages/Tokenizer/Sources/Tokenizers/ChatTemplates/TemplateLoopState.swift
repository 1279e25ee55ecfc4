/// `loop`, as a loop's body sees it. Looks ahead only as far as it is asked.
final class TemplateLoopState {
  private let iterator: TemplateIterator
  /// Read but not given yet.
  private var ahead: ArraySlice<TemplateValue> = []
  private var current: TemplateValue?
  private(set) var previous: TemplateValue?
  private(set) var index0 = -1
  private var knownLength: Int?
  var lastChanged: [TemplateValue]?

  init(_ iterator: TemplateIterator) {
    self.iterator = iterator
    knownLength = iterator.count
  }

  func next() throws -> TemplateValue? {
    guard let value = try ahead.popFirst() ?? iterator.next() else { return nil }
    index0 += 1
    previous = current
    current = value
    return value
  }

  func following() throws -> TemplateValue? {
    if ahead.isEmpty, let value = try iterator.next() { ahead.append(value) }
    return ahead.first
  }

  /// Of an iterator, by reading it to its end.
  func length() throws -> Int {
    if let knownLength { return knownLength }
    while let value = try iterator.next() { ahead.append(value) }
    let length = index0 + 1 + ahead.count
    knownLength = length
    return length
  }
}

extension TemplateRenderer {
  /// An attribute of `loop`; nil if there is none of this name.
  func attribute(_ name: String, of loop: TemplateLoopState) throws -> TemplateValue? {
    switch name {
    case "index": .integer(loop.index0 + 1)
    case "index0": .integer(loop.index0)
    case "first": .boolean(loop.index0 == 0)
    case "last": .boolean(try loop.following() == nil)
    case "length": .integer(try loop.length())
    case "revindex": .integer(try loop.length() - loop.index0)
    case "revindex0": .integer(try loop.length() - loop.index0 - 1)
    case "previtem": loop.index0 == 0 ? .undefined("there is no previous item") : loop.previous
    case "nextitem": try loop.following() ?? .undefined("there is no next item")
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "cycle", "changed": .method(.loop(loop), name)
    default: nil
    }
  }

  func call(_ name: String, of loop: TemplateLoopState, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    guard arguments.named.isEmpty else { throw TemplateFailure.failed("\(name)() takes no named arguments") }
    let values = arguments.positional
    if name == "cycle" {
      guard !values.isEmpty else { throw TemplateFailure.failed("no items for cycling given") }
      return values[loop.index0 % values.count]
    }
    let isSame = try loop.lastChanged.map { last in
      try last.count == values.count && zip(last, values).allSatisfy { try equal($0, $1) }
    }
    loop.lastChanged = values
    return .boolean(isSame != true)
  }
}
