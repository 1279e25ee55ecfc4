/// Runs a `PatternProgram` over text by backtracking, with its own stack: long runs cannot overflow the thread's.
struct PatternMatcher {
  private enum Choice {
    case resume(at: Int, position: Int)
    /// A greedy run that may give back scalars down to `floor`.
    case shorten(at: Int, position: Int, floor: Int)
  }

  private let program: PatternProgram
  private let bytes: UnsafeBufferPointer<UInt8>
  private let range: Range<Int>
  private var choices: [Choice] = []

  init(program: PatternProgram, bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>) {
    self.program = program
    self.bytes = bytes
    self.range = range
  }

  mutating func forEachMatch(_ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    var previousEnd = -1
    while start <= range.upperBound {
      if let end = match(at: start), end > start || end != previousEnd {
        body(start..<end)
        previousEnd = end
        if end > start {
          start = end
          continue
        }
      }
      if start == range.upperBound { return }
      start += bytes.scalar(at: start).length
    }
  }

  /// The end of the match that starts at `start`, if there is one.
  mutating func match(at start: Int) -> Int? { run(from: 0, at: start) }

  /// Runs from `instruction` to the `.match` that ends its body.
  private mutating func run(from instruction: Int, at start: Int) -> Int? {
    let floor = choices.count
    defer { choices.removeLast(choices.count - floor) }
    var instruction = instruction
    var position = start
    while true {
      if case .match = program.instructions[instruction] { return position }
      if let next = step(program.instructions[instruction], instruction, &position) {
        instruction = next
      } else {
        guard choices.count > floor, let choice = choices.popLast() else { return nil }
        (instruction, position) = resume(choice)
      }
    }
  }

  private mutating func resume(_ choice: Choice) -> (instruction: Int, position: Int) {
    switch choice {
    case .resume(let instruction, let position): return (instruction, position)
    case .shorten(let instruction, let position, let floor):
      let shorter = bytes.scalarStart(before: position)
      if shorter > floor { choices.append(.shorten(at: instruction, position: shorter, floor: floor)) }
      return (instruction, shorter)
    }
  }

  /// The next instruction; nil where this one does not match.
  private mutating func step(
    _ instruction: PatternProgram.Instruction, _ index: Int, _ position: inout Int
  ) -> Int? {
    switch instruction {
    case .match: return nil
    case .jump(let target): return target
    case .set(let set):
      guard position < range.upperBound else { return nil }
      let (value, length) = bytes.scalar(at: position)
      guard program.sets[set].contains(value) else { return nil }
      position += length
      return index + 1
    case .run(let set, let minimum, let maximum, let isPossessive):
      return run(set, minimum, maximum, isPossessive, index, &position)
    case .split(let preferred, let other):
      choices.append(.resume(at: other, position: position))
      return preferred
    case .lookahead(let end, let negated): return (run(from: index + 1, at: position) != nil) != negated ? end : nil
    case .lookbehind(let set, let negated): return follows(set, position) != negated ? index + 1 : nil
    case .atomic(let end):
      guard let after = run(from: index + 1, at: position) else { return nil }
      position = after
      return end
    case .assertion(let assertion): return holds(assertion, position) ? index + 1 : nil
    }
  }

  private mutating func run(
    _ set: Int, _ minimum: Int, _ maximum: Int, _ isPossessive: Bool, _ index: Int, _ position: inout Int
  ) -> Int? {
    var count = 0
    var floor = position
    while count < maximum, position < range.upperBound {
      let (value, length) = bytes.scalar(at: position)
      guard program.sets[set].contains(value) else { break }
      position += length
      count += 1
      if count == minimum { floor = position }
    }
    guard count >= minimum else { return nil }
    if !isPossessive, position > floor {
      choices.append(.shorten(at: index + 1, position: position, floor: floor))
    }
    return index + 1
  }

  private func follows(_ set: Int, _ position: Int) -> Bool {
    guard position > range.lowerBound else { return false }
    return program.sets[set].contains(bytes.scalar(at: bytes.scalarStart(before: position)).value)
  }

  private func holds(_ assertion: PatternNode.Assertion, _ position: Int) -> Bool {
    let newline = UInt8(ascii: "\n")
    switch assertion {
    case .textStart: return position == range.lowerBound
    case .textEnd: return position == range.upperBound
    case .lineStart:
      // After the last newline of the text no line starts.
      return position == range.lowerBound || position < range.upperBound && bytes[position - 1] == newline
    case .lineEnd: return position == range.upperBound || bytes[position] == newline
    }
  }
}
