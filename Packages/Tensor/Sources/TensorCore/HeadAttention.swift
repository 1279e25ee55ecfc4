import CTensorKernels

/// softmax(scale · q kᵀ) v of one head, on the calling thread: keys and values are packed into scratch, then queries ask.
public struct HeadAttention {
  /// Keys that queries see.
  public struct Visible: Sendable, Equatable {
    fileprivate let from: Int
    fileprivate let to: Int
    fileprivate let moves: Bool

    /// Every query sees `keys`.
    public static func all(_ keys: Range<Int>) -> Visible {
      Visible(from: keys.lowerBound, to: keys.upperBound, moves: false)
    }

    /// Query r sees keys max(0, `from` + r) ..< `to` + r.
    public static func moving(from: Int, to: Int) -> Visible { Visible(from: from, to: to, moves: true) }

    /// Keys that one of the first `queries` queries sees end here.
    public func end(queries: Int) -> Int { moves ? to + queries - 1 : to }
  }

  private let dimension: Int
  private let width: Int
  private let scratch: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - keys: how many will be packed.
  ///   - dimension: elements of a key, of a query and of a value.
  ///   - scratch: `scratchCount(keys:dimension:)` floats, whatever they hold.
  public init(keys: Int, dimension: Int, scratch: UnsafeMutablePointer<Float>) {
    precondition(keys > 0 && dimension > 0, "HeadAttention: \(keys) keys of \(dimension) elements")
    self.dimension = dimension
    self.scratch = scratch
    width = zt_attention_width(keys)
  }

  /// Floats of scratch for so many keys.
  public static func scratchCount(keys: Int, dimension: Int) -> Int { zt_attention_scratch(keys, dimension) }

  /// Puts keys and values, whose rows lie `stride` elements apart, at `places`.
  public func pack(
    _ places: Range<Int>, keys: UnsafePointer<Float>, values: UnsafePointer<Float>, stride: Int
  ) {
    precondition(places.lowerBound >= 0 && places.upperBound <= width, "HeadAttention: keys \(places) of \(width)")
    zt_attention_pack(places.lowerBound, places.count, width, dimension, keys, values, stride, scratch)
  }

  /// out[r] = Σᵢ softmaxᵢ(scale · q[r] · k[i]) v[i] over the keys that row r sees: one at least.
  public func attend(
    rows: Int, seeing visible: Visible, scale: Float, queries: UnsafePointer<Float>, queryStride: Int,
    out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    precondition(
      rows == 0 || visible.to > max(0, visible.from) && visible.end(queries: rows) <= width,
      "HeadAttention: \(rows) queries see \(visible) of \(width) keys")
    zt_attention(
      rows, dimension, zt_visible(from: visible.from, to: visible.to, moves: visible.moves ? 1 : 0), scale, queries,
      queryStride, width, scratch, out, outStride)
  }
}
