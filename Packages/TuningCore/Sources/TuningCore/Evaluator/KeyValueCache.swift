import TensorCore

/// Keys and values of the tokens that a sequence has so far, for generation one token at a time.
public final class KeyValueCache {
  /// One attention layer's part.
  public final class Layer {
    /// [capacity, G·D]; the first `count` rows are filled.
    public let keys: Tensor
    /// [capacity, G·D]; the first `count` rows are filled.
    public let values: Tensor
    /// Rows held.
    public fileprivate(set) var count = 0

    init(capacity: Int, width: Int) throws {
      keys = try Tensor(zeros: [capacity, width])
      values = try Tensor(zeros: [capacity, width])
    }

    /// Appends rows of width G·D.
    func append(keys newKeys: UnsafeBufferPointer<Float>, values newValues: UnsafeBufferPointer<Float>) {
      let width = keys.rowLength
      precondition(
        newKeys.count % width == 0 && newKeys.count == newValues.count,
        "KeyValueCache: \(newKeys.count) and \(newValues.count) elements for rows of \(width)")
      precondition(
        count * width + newKeys.count <= keys.count,
        "KeyValueCache: \(count) + \(newKeys.count / width) rows in \(keys.rowCount)")
      keys.store(newKeys, at: count * width)
      values.store(newValues, at: count * width)
      count += newKeys.count / width
    }
  }

  public let layers: [Layer]
  /// Rows at the beginning that a tuning scheme put before the text: see `ModelState.virtualLength`.
  var virtualCount = 0
  /// Greatest number of rows.
  public let capacity: Int

  /// - Parameters:
  ///   - layers: number of attention layers.
  ///   - width: G·D, the elements of a token's keys in one layer.
  /// - Cost: 8 · layers · capacity · width bytes, resident as they are filled.
  public init(layers: Int, capacity: Int, width: Int) throws {
    self.layers = try (0..<layers).map { _ in try Layer(capacity: capacity, width: width) }
    self.capacity = capacity
  }

  /// Rows held.
  public var count: Int { layers.first?.count ?? 0 }

  /// Tokens of the text held.
  public var textCount: Int { count - virtualCount }
}
