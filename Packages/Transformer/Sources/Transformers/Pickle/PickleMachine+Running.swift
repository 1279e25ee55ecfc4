import Foundation

extension PickleMachine {
  /// Runs one pickle to its end.
  ///
  /// - Returns: what it leaves on the stack.
  /// - Throws: `ModelError.malformedFile`, `.unsupported`, or `.unsafeFile` for a pickle that names anything but the
  ///   parts of tensors.
  mutating func run() throws -> PickleValue {
    while true {
      let byte = try number(UInt8.self)
      guard let opcode = PickleOpcode(rawValue: byte) else {
        position -= 1
        guard let name = PickleOpcode.refusedNames[byte] else { throw malformed("\(byte) is no pickle instruction") }
        throw unsupported("the pickle's instruction \(name) has no place in a state dict of protocol 2 to 5")
      }
      if opcode == .stop { break }
      try execute(opcode)
    }
    guard marks.isEmpty, stack.count == 1 else { throw malformed("\(stack.count) values where one should be left") }
    return stack[0]
  }

  private mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try number(UInt8.self)
      guard (2...5).contains(version) else { throw unsupported("pickle protocol \(version); 2 to 5 are read") }
    case .frame: _ = try number(UInt64.self)
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .true_: stack.append(.bool(true))
    case .false_: stack.append(.bool(false))
    case .binaryInteger: stack.append(.integer(Int(try number(Int32.self))))
    case .binaryInteger1: stack.append(.integer(Int(try number(UInt8.self))))
    case .binaryInteger2: stack.append(.integer(Int(try number(UInt16.self))))
    case .long1: stack.append(try long())
    case .binaryFloat:
      _ = try number(UInt64.self)
      stack.append(.other)
    case .binaryString: try pushText(counted(Int32.self))
    case .shortBinaryString, .shortBinaryUnicode: try pushText(counted(UInt8.self))
    case .binaryUnicode: try pushText(counted(UInt32.self))
    case .binaryUnicode8: try pushText(counted(UInt64.self))
    case .binaryBytes:
      _ = try counted(UInt32.self)
      stack.append(.other)
    case .shortBinaryBytes:
      _ = try counted(UInt8.self)
      stack.append(.other)
    case .emptyList: stack.append(.list(try makeContainer()))
    case .emptyDictionary: stack.append(.dictionary(try makeContainer()))
    case .append: try fill(from: stack.count - 1, pairs: false)
    case .setItem: try fill(from: stack.count - 2, pairs: true)
    case .appends: try fill(from: popMark(), pairs: false)
    case .setItems: try fill(from: popMark(), pairs: true)
    case .emptyTuple: try pushTuple(of: 0)
    case .tuple1: try pushTuple(of: 1)
    case .tuple2: try pushTuple(of: 2)
    case .tuple3: try pushTuple(of: 3)
    case .tuple: try pushTuple(from: popMark())
    case .binaryGet: try get(Int(number(UInt8.self)))
    case .longBinaryGet: try get(Int(number(UInt32.self)))
    case .binaryPut: try put(Int(number(UInt8.self)))
    case .longBinaryPut: try put(Int(number(UInt32.self)))
    case .memoize: try put(memo.count)
    case .global:
      let module = try line()
      stack.append(.global(try global(module, line())))
    case .stackGlobal:
      let name = try self.name(pop(), "a global's name"), module = try self.name(pop(), "a global's module")
      stack.append(.global(try global(module, name)))
    case .instance:
      let module = try line()
      _ = try global(module, line())
      throw unsupported("the pickle's instruction INST has no place in a state dict of protocol 2 to 5")
    case .reduce:
      let arguments = try pop(), callable = try pop()
      stack.append(try reduce(callable, arguments))
    case .build: try build()
    case .binaryPersistentID: stack.append(try storage(pop()))
    }
  }

  /// A whole number of any length, two's complement.
  private mutating func long() throws -> PickleValue {
    let range = try take(Int(number(UInt8.self)), "a number")
    guard range.count <= 8 else { return .wide }
    var value = 0
    for i in range.reversed() { value = value << 8 | Int(bytes[i]) }
    let unused = 64 - 8 * range.count
    return .integer(unused == 64 ? 0 : (value << unused) >> unused)
  }

  private func global(_ module: String, _ name: String) throws -> TorchGlobal {
    guard let global = TorchGlobal(module: module, name: name) else {
      let text = PickleMachine.shown("\(module).\(name)")
      throw ModelError(
        .unsafeFile,
        "\(file.path): byte \(origin + position): the pickle asks to call '\(text)'; it was not executed. Only tensors "
          + "are read from pickles: get the model as safetensors, or from whom you trust")
    }
    return global
  }

  private mutating func build() throws {
    // The state of an OrderedDict: `_metadata`, versions of modules that say nothing of tensors.
    _ = try pop()
    guard stack.count > marks.last ?? 0, case .dictionary? = stack.last else {
      throw unsupported("the pickle sets the state of something that is no OrderedDict")
    }
  }
}
