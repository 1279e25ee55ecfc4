import TensorCore

/// The number formats that `torch.save` writes, by torch's names.
enum TorchElementType: String {
  case float32, float16, bfloat16, float64
  case int64, int32, int16, int8, uint8, bool
  case uint16, uint32, uint64
  case complex64, complex128
  case float8_e4m3fn, float8_e5m2, float8_e4m3fnuz, float8_e5m2fnuz

  /// Bytes of one element.
  var byteCount: Int {
    switch self {
    case .complex128: 16
    case .float64, .int64, .uint64, .complex64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool, .float8_e4m3fn, .float8_e5m2, .float8_e4m3fnuz, .float8_e5m2fnuz: 1
    }
  }

  /// The tensors' own type that holds the same numbers, where there is one.
  var dtype: DType? {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }

  /// The type that a class of torch's typed storages says: `FloatStorage`, `LongStorage`...
  static let ofStorage: [String: TorchElementType] = [
    "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16, "DoubleStorage": .float64,
    "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
    "BoolStorage": .bool, "ComplexFloatStorage": .complex64, "ComplexDoubleStorage": .complex128,
  ]
}
