import TensorCore

/// Keys and values of the tokens that sequences have so far, for generation one token at a time.
public final class KeyValueCache {
  /// One attention layer's part.
  public final class Layer {
    /// [sequences · capacity, G·D]; a sequence's rows begin at its number · capacity, its first `counts` are filled.
    public let keys: Tensor
    /// As `keys`.
    public let values: Tensor
    /// Greatest number of rows of a sequence.
    public let capacity: Int
    /// Rows held of each sequence.
    private var counts: [Int]
    /// The sequences that the segments of a forward continue, in the segments' order.
    fileprivate(set) var active: [Int]

    init(sequences: Int, capacity: Int, width: Int) throws {
      keys = try Tensor(zeros: [sequences * capacity, width])
      values = try Tensor(zeros: [sequences * capacity, width])
      self.capacity = capacity
      counts = [Int](repeating: 0, count: sequences)
      active = Array(0..<sequences)
    }

    /// Rows held of the first active sequence.
    public var count: Int { active.first.map { counts[$0] } ?? 0 }

    /// What is held of the sequence that segment `segment` continues: all of it lies in these rows.
    func rows(ofSegment segment: Int) -> Range<Int> {
      let first = active[segment] * capacity
      return first..<first + counts[active[segment]]
    }

    /// Appends rows of width G·D to the sequence that segment `segment` continues.
    func append(
      keys newKeys: UnsafeBufferPointer<Float>, values newValues: UnsafeBufferPointer<Float>, toSegment segment: Int
    ) {
      let width = keys.rowLength, held = rows(ofSegment: segment)
      precondition(
        newKeys.count % width == 0 && newKeys.count == newValues.count,
        "KeyValueCache: \(newKeys.count) and \(newValues.count) elements for rows of \(width)")
      precondition(
        held.count + newKeys.count / width <= capacity,
        "KeyValueCache: \(held.count) + \(newKeys.count / width) rows in \(capacity)")
      keys.store(newKeys, at: held.upperBound * width)
      values.store(newValues, at: held.upperBound * width)
      counts[active[segment]] += newKeys.count / width
    }
  }

  public let layers: [Layer]
  /// Rows at the beginning of each sequence that a tuning scheme put before the text: see `ModelState.virtualLength`.
  var virtualCount = 0
  /// Greatest number of rows of a sequence.
  public let capacity: Int

  /// - Parameters:
  ///   - layers: number of attention layers.
  ///   - sequences: number of sequences, each with a cache of its own.
  ///   - width: G·D, the elements of a token's keys in one layer.
  /// - Cost: 8 · layers · sequences · capacity · width bytes, resident as they are filled.
  public init(layers: Int, sequences: Int = 1, capacity: Int, width: Int) throws {
    self.layers = try (0..<layers).map { _ in try Layer(sequences: sequences, capacity: capacity, width: width) }
    self.capacity = capacity
  }

  /// The sequences that the segments of the next forwards continue, in the segments' order; all of them at first. Those
  /// of one forward are either all empty or all begun.
  public var active: [Int] {
    get { layers.first?.active ?? [] }
    set { for layer in layers { layer.active = newValue } }
  }

  /// Rows held of the first active sequence.
  public var count: Int { layers.first?.count ?? 0 }

  /// Tokens of the text held of the first active sequence.
  public var textCount: Int { count - virtualCount }
}
