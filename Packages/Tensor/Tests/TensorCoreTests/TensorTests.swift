import TensorCore
import Testing

@Suite struct TensorTests {
  private func tensor(_ count: Int, _ shape: [Int], _ dtype: DType = .float32) throws -> Tensor {
    try Tensor((0..<count).map(Float.init), shape: shape, dtype: dtype)
  }

  @Test(arguments: DType.allCases)
  func viewsShareTheNumbers(_ dtype: DType) throws {
    let whole = try tensor(24, [4, 3, 2], dtype)
    #expect(whole.count == 24 && whole.byteCount == 24 * dtype.byteCount)
    #expect(whole.rowCount == 4 && whole.rowLength == 6)
    let rows = whole.rows(1..<3)
    #expect(rows.shape == [2, 3, 2] && rows.values == (6..<18).map(Float.init))
    let flat = rows.reshaped([12])
    #expect(flat.values == rows.values && flat.rowLength == 1)
    [Float](repeating: -1, count: 2).withUnsafeBufferPointer { flat.store($0, at: 10) }
    #expect(whole.values[15...18] == [15, -1, -1, 18])
    #expect(whole.rows(4..<4).values.isEmpty)
  }

  @Test func oneNumber() throws {
    let number = try Tensor([3], shape: [])
    #expect(number.count == 1 && number.rowCount == 1 && number.rowLength == 1 && number.values == [3])
  }

  @Test(arguments: DType.allCases)
  func copyIsApart(_ dtype: DType) throws {
    let original = try tensor(256, [256])
    let copy = try original.copy(as: dtype)
    #expect(copy.dtype == dtype && copy.shape == [256])
    #expect(copy.values == original.values)
    [Float](repeating: 7, count: 1).withUnsafeBufferPointer { copy.store($0, at: 0) }
    #expect(original.values[0] == 0 && copy.values[0] == 7)
  }

  /// More than one of the pieces that a copy goes through.
  @Test func largeCopy() throws {
    let count = (1 << 18) + 3
    let original = try tensor(count, [count])
    let copy = try original.copy()
    let isSame = copy.values.bits == original.values.bits
    #expect(isSame)
  }

  @Test func zeros() throws {
    for count in [0, 1, 100, 1 << 20] {
      #expect(try Tensor(zeros: [count], dtype: .bfloat16).values.allSatisfy { $0 == 0 })
    }
  }

  @Test func elementCountsThatDoNotExist() {
    #expect(Tensor.elementCount(of: []) == 1 && Tensor.elementCount(of: [3, 0, 5]) == 0)
    #expect(Tensor.elementCount(of: [-1]) == nil && Tensor.elementCount(of: [0, -1]) == nil)
    #expect(Tensor.elementCount(of: [Int.max, 2]) == nil && Tensor.elementCount(of: [1 << 32, 1 << 32]) == nil)
    #expect(Tensor.elementCount(of: [Int.max]) == nil, "its bytes would overflow")
  }

  @Test(arguments: [
    (0, [5]), (4, [4]), (1, [1]), (-4, [1]), (16, [1]), (.max, [1]), (.max - 3, [2]), (0, [-1]), (0, [1 << 61]),
    (0, [1 << 40, 1 << 40]),
  ])
  func viewsOutsideTheStorageAreRefused(_ offset: Int, _ shape: [Int]) throws {
    let storage = try Storage.owned(byteCount: 16)
    let error = #expect(throws: TensorError.self) {
      try Tensor(storage: storage, byteOffset: offset, shape: shape, dtype: .float32)
    }
    #expect(error?.code == .outOfBounds)
    #expect(try #require(error).description.isEmpty == false)
  }

  @Test func viewsToTheLastByteAreTaken() throws {
    let storage = try Storage.owned(byteCount: 16)
    #expect(try Tensor(storage: storage, byteOffset: 0, shape: [2, 2], dtype: .float32).values == [0, 0, 0, 0])
    #expect(try Tensor(storage: storage, byteOffset: 14, shape: [1], dtype: .float16).values == [0])
    #expect(try Tensor(storage: storage, byteOffset: 16, shape: [0], dtype: .float32).values.isEmpty)
  }

  @Test func impossibleSizesAreErrors() {
    for shape in [[-2], [1 << 62], [1 << 31, 1 << 31], [1 << 58]] {
      let error = #expect(throws: TensorError.self) { try Tensor(zeros: shape) }
      #expect(error?.code == .outOfMemory, "\(shape)")
    }
  }

  @Test func storingPastTheEndStops() async {
    await #expect(processExitsWith: .failure) {
      let tensor = try Tensor(zeros: [4])
      [Float](repeating: 0, count: 3).withUnsafeBufferPointer { tensor.store($0, at: 2) }
    }
  }

  @Test func reshapingToAnotherCountStops() async {
    await #expect(processExitsWith: .failure) { _ = try Tensor(zeros: [4]).reshaped([5]) }
  }
}
