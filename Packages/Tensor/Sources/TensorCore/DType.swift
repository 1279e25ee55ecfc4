/// Number format of a tensor's elements.
public enum DType: String, Sendable, Codable, CaseIterable {
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"

  /// Bytes of one element.
  public var byteCount: Int { self == .float32 ? 4 : 2 }

  /// Bits of the significand, the hidden one included: 24, 11, 8.
  public var significandBits: Int {
    switch self {
    case .float32: 24
    case .float16: 11
    case .bfloat16: 8
    }
  }

  /// From the words in use: `float32`, `f32`, `F32`, `torch.bfloat16`, `bf16`, `half`...
  public init?(name: String) {
    switch name.lowercased().replacingPrefix("torch.") {
    case "float32", "f32", "float": self = .float32
    case "float16", "f16", "half": self = .float16
    case "bfloat16", "bf16": self = .bfloat16
    default: return nil
    }
  }

  /// As `config.json` and recipes write it: `float32`, `float16`, `bfloat16`.
  public var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    }
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String) -> Substring {
    hasPrefix(prefix) ? dropFirst(prefix.count) : self[...]
  }
}
