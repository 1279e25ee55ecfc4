extension PickleMachine {
  /// What a call of one of the known globals stands for.
  mutating func reduce(_ callable: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
    guard case .global(let global) = callable else { throw malformed("a call of something that cannot be called") }
    let items = try self.items(arguments, "what a call is given")
    switch global {
    case .orderedDictionary: return .dictionary(try orderedDictionary(items))
    case .size:
      guard items.count == 1, let first = items.first else {
        throw malformed("torch.Size with \(items.count) arguments")
      }
      return first
    case .rebuildParameter:
      guard let first = items.first, case .tensor = first else { throw malformed("a parameter that is no tensor") }
      return first
    case .rebuildTensor: return try tensor(Array(items.prefix(4)), type: nil)
    case .rebuildTensorV2:
      try checkMetadata(items.dropFirst(6).first)
      return try tensor(Array(items.prefix(4)), type: nil)
    case .rebuildTensorV3:
      guard items.count >= 7, case .global(.elementType(let type)) = items[items.startIndex + 6] else {
        throw malformed("a tensor without its type")
      }
      try checkMetadata(items.dropFirst(7).first)
      return try tensor(Array(items.prefix(4)), type: type)
    case .storage, .untypedStorage, .elementType: throw malformed("a call of a type")
    }
  }

  /// An OrderedDict: empty, or from a list of pairs as Python 2 wrote it.
  private mutating func orderedDictionary(_ arguments: ArraySlice<PickleValue>) throws -> Int {
    guard let argument = arguments.first else { return try makeContainer() }
    guard arguments.count == 1, case .list(let place) = argument else {
      throw malformed("an OrderedDict of something that is no list")
    }
    try spend(containers[place].count)
    var pairs: [PickleValue] = []
    for item in containers[place] {
      switch item {
      case .list(let pair) where containers[pair].count == 2: pairs += containers[pair]
      case .tuple(let pair) where tuples[pair].count == 2: pairs += tupleItems[tuples[pair]]
      default: throw malformed("an OrderedDict of something that is no pair")
      }
    }
    return try makeContainer(pairs)
  }

  /// The seventh argument of a tensor: bits for lazily conjugated or negated numbers.
  private func checkMetadata(_ value: PickleValue?) throws {
    switch value {
    case nil, .some(.none): return
    case .dictionary(let place) where containers[place].isEmpty: return
    default: throw unsupported("a tensor that is stored conjugated or negated: save it after .resolve_conj()")
    }
  }

  /// `('storage', class, key, location, count)`.
  mutating func storage(_ identifier: PickleValue) throws -> PickleValue {
    let items = Array(try self.items(identifier, "a persistent id").prefix(7))
    guard items.count == 5 || items.count == 6, try name(items[0], "the kind of a persistent id") == "storage" else {
      throw unsupported("the pickle refers to something that is no storage of a tensor")
    }
    let type: TorchElementType?
    switch items[1] {
    case .global(.storage(let known)): type = known
    case .global(.untypedStorage): type = nil
    default: throw malformed("a storage of no type")
    }
    guard case .integer(let count) = items[4], count >= 0 else { throw malformed("a storage of no size") }
    if items.count == 6, case .none = items[5] {
    } else if items.count == 6 {
      throw unsupported("a view of another storage, as torch before 0.4 wrote it: save it anew")
    }
    guard case .text(let key) = items[2] else { throw malformed("a storage's key is not a string") }
    try spend(4)
    storages.append(TorchStorage(key: key, type: type, count: count))
    return .storage(storages.count - 1)
  }

  /// A view of a storage: storage, offset, shape, strides.
  private mutating func tensor(_ items: [PickleValue], type: TorchElementType?) throws -> PickleValue {
    guard items.count == 4, case .storage(let place) = items[0], case .integer(let offset) = items[1] else {
      throw malformed("a tensor without its storage")
    }
    guard let type = type ?? storages[place].type else { throw malformed("a tensor without its type") }
    let shape = try integers(items[2]), strides = try integers(items[3])
    guard shape.count == strides.count else {
      throw malformed("a tensor of \(shape.count) axes, \(strides.count) strides")
    }
    let view = TorchTensorView(storage: place, type: type, offset: offset, shape: shape, strides: strides)
    try check(view)
    try spend(16)
    tensors.append(view)
    return .tensor(tensors.count - 1)
  }

  private func integers(_ value: PickleValue) throws -> [Int] {
    let items = try self.items(value, "a shape")
    guard items.count <= 8 else { throw unsupported("a tensor of \(items.count) axes") }
    return try items.map {
      guard case .integer(let number) = $0, number >= 0 else { throw malformed("a shape of what are no lengths") }
      return number
    }
  }

  /// Elements within the storage, and no more of them than the storage has: what a file asks for, it holds.
  private func check(_ view: TorchTensorView) throws {
    let storage = storages[view.storage]
    let held = storage.type == nil ? storage.count / view.type.byteCount : storage.count
    if let type = storage.type, type != view.type { throw malformed("a \(view.type) tensor of \(type) numbers") }
    if view.shape.contains(0) { return }
    var last = view.offset, count = 1, overflow = view.offset < 0
    for (length, stride) in zip(view.shape, view.strides) {
      let (step, a) = stride.multipliedReportingOverflow(by: length - 1)
      let (sum, b) = last.addingReportingOverflow(step)
      let (product, c) = count.multipliedReportingOverflow(by: length)
      (last, count) = (sum, product)
      overflow = overflow || a || b || c
    }
    guard !overflow, last < held else {
      throw malformed("a tensor \(view.shape) at \(view.offset) lies outside its storage of \(held) numbers")
    }
    guard count <= held else {
      throw unsupported("a tensor \(view.shape) repeats the \(held) numbers it has: save it after .contiguous()")
    }
  }
}
