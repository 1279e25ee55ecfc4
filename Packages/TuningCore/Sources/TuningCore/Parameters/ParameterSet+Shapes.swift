import TensorCore

extension ParameterSet {
  /// A parameter without numbers: address space that takes no memory, for whoever asks for shapes alone.
  ///
  /// - Throws: `TensorError.outOfMemory` where not even the addresses are there.
  public mutating func appendShape(_ path: ParameterPath, _ shape: [Int], role: ParameterRole, dtype: DType) throws {
    guard let count = Tensor.elementCount(of: shape) else {
      throw TensorError(.outOfMemory, "'\(path)': shape \(shape) has more elements than memory can hold")
    }
    let storage = try Storage.reserved(byteCount: max(1, count * dtype.byteCount))
    append(
      Parameter(path: path, tensor: try Tensor(storage: storage, byteOffset: 0, shape: shape, dtype: dtype), role: role)
    )
  }
}
