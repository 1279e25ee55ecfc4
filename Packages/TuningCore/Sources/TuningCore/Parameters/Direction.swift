import TensorCore

/// A direction z in the space of the trainable parameters, named by a seed and a law and never stored: element i of
/// parameter p is the noise of `law` at (`seed`, hash of p's path, i), and 0 outside of `support`.
public struct Direction: Hashable, Sendable {
  public var seed: UInt64
  public var law: NoiseLaw
  public var support: Support

  public init(seed: UInt64, law: NoiseLaw = .gaussian, support: Support = .everything) {
    self.seed = seed
    self.law = law
    self.support = support
  }

  /// Writes z for elements `start ..< start + out.count` of `path`.
  @inline(__always)
  public func fill(_ out: UnsafeMutableBufferPointer<Float>, of path: ParameterPath, start: Int) {
    guard let mask = support.mask(of: path) else { return out.update(repeating: 0) }
    AddressedNoise.fill(out, law: law, seed: seed, pathHash: path.hash, start: start)
    mask.clear(out, pathHash: path.hash, start: start)
  }

  /// values[i] ← fma(coefficient, z, values[i]) for elements from `start` of `path`.
  ///
  /// - Parameters:
  ///   - confined: outside of it the caller takes back what became of the values, so that z need not be cut there.
  ///   - noise: room for as many as there are values.
  @inline(__always)
  func add(
    _ coefficient: Float, to values: UnsafeMutableBufferPointer<Float>, of path: ParameterPath, start: Int,
    confined: Support, noise: UnsafeMutableBufferPointer<Float>
  ) {
    if support == confined || support.isAll(of: path) {
      return AddressedNoise.add(coefficient, to: values, law: law, seed: seed, pathHash: path.hash, start: start)
    }
    let z = UnsafeMutableBufferPointer(rebasing: noise[..<values.count])
    fill(z, of: path, start: start)
    values.add(coefficient, UnsafeBufferPointer(z))
  }
}

/// `coefficient · direction`.
public struct Term: Hashable, Sendable {
  public var coefficient: Float
  public var direction: Direction

  public init(_ coefficient: Float, _ direction: Direction) {
    self.coefficient = coefficient
    self.direction = direction
  }
}

/// Where a loss is asked for, relative to the parameters as they are: Σ aᵢ zᵢ.
public struct Displacement: Hashable, Sendable {
  public var terms: [Term]

  public init(_ terms: [Term] = []) { self.terms = terms }

  /// No displacement: the parameters as they are.
  public static let none = Displacement()
}
