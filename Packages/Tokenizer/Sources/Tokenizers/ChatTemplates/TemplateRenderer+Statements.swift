extension TemplateRenderer {
  /// How a list of statements ended.
  enum Flow { case normal, breakLoop, continueLoop }

  func execute(_ statements: [TemplateStatement], in frame: TemplateFrame) throws -> Flow {
    for statement in statements {
      try descend()
      defer { ascend() }
      let flow = try execute(statement, in: frame)
      if flow != .normal { return flow }
    }
    return .normal
  }

  private func execute(_ statement: TemplateStatement, in frame: TemplateFrame) throws -> Flow {
    try charge(1)
    switch statement {
    case .text(let text): try write(text)
    case .output(let expression): try write(try print(try evaluate(expression, in: frame), at: expression.position))
    case .set(let target, let value, let position):
      try located(position) { try assign(try evaluate(value, in: frame), to: target, in: frame) }
    case .setBlock(let target, let filter, let block, let position):
      return try captured(block, in: frame) { text, inner in
        let value = try filter.map { try evaluate(filter: $0, of: .string(text), in: inner) } ?? .string(text)
        try located(position) { try assign(value, to: target, in: frame) }
      }
    case .conditional(let branches, let otherwise):
      for branch in branches where try evaluate(branch.test, in: frame).isTrue {
        return try execute(branch.body, in: frame)
      }
      return try execute(otherwise, in: frame)
    case .loop(let loop): return try execute(loop, in: frame)
    case .macro(let macro): define(macro, in: frame)
    case .callBlock(let macro, let call):
      let caller = TemplateValue.macro(TemplateMacroValue(macro, name: nil, scope: frame))
      let result = try evaluate(call: call, in: frame, caller: caller)
      try write(try print(result, at: call.position))
    case .filterBlock(let filter, let block):
      return try captured(block, in: frame) { text, inner in
        try write(try print(try evaluate(filter: filter, of: .string(text), in: inner), at: filter.position))
      }
    case .with(let assignments, let block, let position):
      let inner = enter(block.frame, in: frame)
      for assignment in assignments {
        let value = try evaluate(assignment.value, in: frame)
        try located(position) { try assign(value, to: assignment.target, in: inner) }
      }
      return try execute(block.body, in: inner)
    case .generation(let block): return try execute(block.body, in: enter(block.frame, in: frame))
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .normal
  }

  /// Adds a position to failures that have none yet.
  func located<Result>(_ position: Int, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var failure as TemplateFailure {
      failure.position = failure.position ?? position
      throw failure
    }
  }

  private func print(_ value: TemplateValue, at position: Int) throws -> String {
    try located(position) { try string(of: value) }
  }

  /// Renders a block to text of its own. Leaving a loop from within drops the text, as Jinja does.
  private func captured(
    _ block: TemplateBlock, in frame: TemplateFrame, _ body: (String, TemplateFrame) throws -> Void
  ) throws -> Flow {
    let inner = enter(block.frame, in: frame)
    let outer = output
    output = ""
    let flow = try execute(block.body, in: inner)
    let text = output
    output = outer
    if flow == .normal { try body(text, inner) }
    return flow
  }

  // MARK: Assignments

  func assign(_ value: TemplateValue, to target: TemplateTarget, in frame: TemplateFrame) throws {
    switch target {
    case .name(let name): assign(value, to: name, in: frame)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace) = self.value(of: name, in: frame) else {
        throw TemplateFailure.failed("cannot assign attribute on non-namespace object")
      }
      try set(attribute, of: namespace, to: value)
    case .tuple(let targets):
      let values = try unpack(value, count: targets.count)
      for (target, value) in zip(targets, values) { try assign(value, to: target, in: frame) }
    }
  }

  func set(_ attribute: String, of namespace: TemplateNamespace, to value: TemplateValue) throws {
    guard !attribute.hasPrefix("_") else {
      throw TemplateFailure.failed("a namespace cannot have the attribute '\(attribute)'")
    }
    try charge(1 + namespace.attributes.count)
    namespace[attribute] = value
  }

  private func unpack(_ value: TemplateValue, count: Int) throws -> [TemplateValue] {
    let iterator = try iterate(value)
    var values: [TemplateValue] = []
    while let next = try iterator.next() {
      guard values.count < count else { throw TemplateFailure.failed("too many values to unpack (expected \(count))") }
      values.append(next)
    }
    guard values.count == count else {
      throw TemplateFailure.failed("not enough values to unpack (expected \(count), got \(values.count))")
    }
    return values
  }

  // MARK: Loops

  private func execute(_ loop: TemplateLoop, in frame: TemplateFrame) throws -> Flow {
    let iterable = try evaluate(loop.iterable, in: frame)
    var iterator = try located(loop.iterable.position) { try iterate(iterable) }
    if let test = loop.test { iterator = try filtered(iterator, loop, test, in: frame) }
    let state = TemplateLoopState(iterator)
    let inner = enter(loop.block.frame, in: frame)
    let loopName = program.names.known("loop")
    var finishedOnce = false
    while let value = try located(loop.position, { try state.next() }) {
      try charge(1)
      if let loopName { assign(.loop(state), to: loopName, in: inner) }
      try located(loop.position) { try assign(value, to: loop.target, in: inner) }
      reenter(inner)
      let flow = try execute(loop.block.body, in: inner)
      if flow == .breakLoop { break }
      // Jinja notes that a loop ran at the end of its body, which `continue` jumps over.
      if flow == .normal { finishedOnce = true }
    }
    if let otherwise = loop.otherwise, !finishedOnce {
      return try execute(otherwise.body, in: enter(otherwise.frame, in: frame))
    }
    return .normal
  }

  /// The values that pass the loop's test, tested when they are asked for.
  private func filtered(
    _ iterator: TemplateIterator, _ loop: TemplateLoop, _ test: TemplateExpression, in frame: TemplateFrame
  ) throws -> TemplateIterator {
    let inner = enter(loop.testFrame, in: frame)
    return try TemplateIterator(depth: iterator.depth + 1) { [self] in
      while let value = try iterator.next() {
        try charge(1)
        try located(loop.position) { try assign(value, to: loop.target, in: inner) }
        if try evaluate(test, in: inner).isTrue { return value }
      }
      return nil
    }
  }

  // MARK: Macros

  private func define(_ macro: TemplateMacro, in frame: TemplateFrame) {
    guard let name = macro.name else { return }
    let value = TemplateMacroValue(macro, name: program.names[name], scope: frame)
    remember(macroIn: frame)
    assign(.macro(value), to: name, in: frame)
  }

  func call(_ value: TemplateMacroValue, _ arguments: TemplateCallArguments) throws -> TemplateValue {
    let macro = value.macro
    let frame = enter(macro.block.frame, in: value.scope)
    let name = value.name ?? "caller"
    var positional = arguments.positional[...]
    var named = arguments.named
    for parameter in macro.parameters {
      let text = program.names[parameter.name]
      var given = positional.popFirst()
      if given == nil, let index = named.firstIndex(where: { $0.name.equals(text) }) {
        given = named.remove(at: index).value
      }
      assign(given, to: parameter.name, in: frame)
    }
    try bindSpecials(macro, name, &positional, &named, frame)
    for parameter in macro.parameters {
      guard let slot = frame.layout.slots[parameter.name], frame.slots[slot] == nil else { continue }
      let text = program.names[parameter.name]
      frame.slots[slot] =
        try parameter.fallback.map { try evaluate($0, in: frame) }
        ?? .undefined("parameter '\(text)' was not provided")
    }
    let outer = output
    output = ""
    defer { output = outer }
    _ = try execute(macro.block.body, in: frame)
    return .string(output)
  }

  /// `caller`, `kwargs` and `varargs`, for macros that read them.
  private func bindSpecials(
    _ macro: TemplateMacro, _ name: String, _ positional: inout ArraySlice<TemplateValue>,
    _ named: inout [(name: String, value: TemplateValue)], _ frame: TemplateFrame
  ) throws {
    func declared(_ special: String) -> Int? {
      guard let number = program.names.known(special), let slot = frame.layout.slots[number],
        case .parameter = frame.layout.loads[slot], !macro.parameters.contains(where: { $0.name == number })
      else { return nil }
      return number
    }
    if let caller = declared("caller") {
      let index = named.firstIndex { $0.name == "caller" }
      assign(index.map { named.remove(at: $0).value } ?? .undefined("No caller defined"), to: caller, in: frame)
    }
    if let rest = declared("kwargs") {
      let pairs = named.map { (key: TemplateValue.string($0.name), value: $0.value) }
      assign(.dictionary(try TemplateDictionary(pairs)), to: rest, in: frame)
    } else if let extra = named.first {
      throw TemplateFailure.failed("macro '\(name)' takes no keyword argument '\(extra.name)'")
    }
    if let rest = declared("varargs") {
      assign(.tuple(try TemplateItems(Array(positional))), to: rest, in: frame)
    } else if !positional.isEmpty {
      throw TemplateFailure.failed("macro '\(name)' takes not more than \(macro.parameters.count) argument(s)")
    }
  }
}
