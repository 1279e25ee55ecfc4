/// What stands on the stack of a `PickleMachine`. Everything that has parts lives in the machine's own tables and is
/// named by its place there, so that shared, nested and recursive values cost neither memory nor stack.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int)
  /// A whole number of more than 64 bits; only the magic number of old files is one.
  case wide
  /// A string: its place in `PickleMachine.texts`.
  case text(Int)
  /// A place in `PickleMachine.tuples`.
  case tuple(Int)
  /// A list, or the keys and values of a dictionary in turns: a place in `PickleMachine.containers`.
  case list(Int)
  case dictionary(Int)
  case global(TorchGlobal)
  /// A place in `PickleMachine.storages`.
  case storage(Int)
  /// A place in `PickleMachine.tensors`.
  case tensor(Int)
  /// A number or bytes that tensors have no use for; skipped over, not kept.
  case other
}

/// Everything of Python that a pickle may name. None of it is run: each stands for what its name says.
enum TorchGlobal {
  case orderedDictionary
  case rebuildTensor
  case rebuildTensorV2
  case rebuildTensorV3
  case rebuildParameter
  case size
  case storage(TorchElementType)
  /// A storage of bytes, whose tensors bring the type.
  case untypedStorage
  case elementType(TorchElementType)

  /// nil for whatever else.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTensorV3
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .untypedStorage
    case ("torch", _):
      if let type = TorchElementType.ofStorage[name] {
        self = .storage(type)
      } else if let type = TorchElementType(rawValue: name) {
        self = .elementType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }
}

/// A storage as a pickle describes it: so many elements under a key, by which the file holds them elsewhere.
struct TorchStorage {
  /// A place in `PickleMachine.texts`.
  let key: Int
  /// nil where it says bytes.
  let type: TorchElementType?
  /// Elements of `type`, or bytes.
  let count: Int
}

/// A tensor as a pickle describes it: a strided view of a storage.
struct TorchTensorView {
  /// A place in `PickleMachine.storages`.
  let storage: Int
  let type: TorchElementType
  /// In elements, from the storage's begin.
  let offset: Int
  let shape: [Int]
  /// In elements, one for each axis.
  let strides: [Int]

  /// Number of elements.
  var count: Int { shape.reduce(1, *) }

  /// Whether the elements lie one after the other in row-major order.
  var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      if stride != expected { return false }
      expected *= length
    }
    return true
  }
}
