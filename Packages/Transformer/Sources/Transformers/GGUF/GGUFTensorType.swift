import TensorCore

/// How a GGUF file stores a tensor's elements.
public struct GGUFTensorType: Sendable {
  /// The format's word: `F32`, `Q4_1`...
  public let name: String
  /// Elements of a block, 1 for plain types: rows are whole blocks.
  public let blockElementCount: Int
  /// Bytes of a block.
  public let blockByteCount: Int
  /// For plain types.
  public let dtype: DType?
  let number: UInt32
  /// Decodes so many blocks.
  let decode: @Sendable (_ blocks: Int, UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void

  private init(_ number: UInt32, plain dtype: DType) {
    self.number = number
    name = dtype.rawValue
    blockElementCount = 1
    blockByteCount = dtype.byteCount
    self.dtype = dtype
    decode = { count, _, _ in preconditionFailure("GGUFTensorType: \(count) plain elements need no decoding") }
  }

  private init<Block: GGUFBlock>(_ number: UInt32, _ block: Block.Type) {
    self.number = number
    name = "\(Block.self)"
    blockElementCount = Block.elementCount
    blockByteCount = Block.byteCount
    dtype = nil
    decode = { count, bytes, out in
      for i in 0..<count { Block.decode(bytes + i * Block.byteCount, into: out + i * Block.elementCount) }
    }
  }

  /// The types that this version reads.
  public static let all: [GGUFTensorType] = [
    .init(0, plain: .float32), .init(1, plain: .float16), .init(30, plain: .bfloat16), .init(2, Q4_0.self),
    .init(3, Q4_1.self), .init(6, Q5_0.self), .init(7, Q5_1.self), .init(8, Q8_0.self), .init(10, Q2_K.self),
    .init(11, Q3_K.self), .init(12, Q4_K.self), .init(13, Q5_K.self), .init(14, Q6_K.self), .init(20, IQ4_NL.self),
    .init(23, IQ4_XS.self),
  ]

  /// Names of types that are known but not read, for messages.
  private static let otherNames: [UInt32: String] = [
    4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    21: "IQ3_S", 22: "IQ2_S", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 31: "Q4_0_4_4",
    32: "Q4_0_4_8", 33: "Q4_0_8_8", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
  ]

  /// - Throws: `ModelError.unsupported`, naming the type and what is read.
  init(number: UInt32, tensor: String, file: String) throws {
    guard let type = GGUFTensorType.all.first(where: { $0.number == number }) else {
      let name = GGUFTensorType.otherNames[number] ?? "the unknown type \(number)"
      let read = GGUFTensorType.all.map(\.name).joined(separator: ", ")
      throw ModelError(
        .unsupported, "\(file): tensor '\(tensor)' is stored as \(name); this version reads \(read)")
    }
    self = type
  }
}
