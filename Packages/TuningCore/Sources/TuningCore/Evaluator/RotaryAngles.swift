import Foundation

/// Cosines and sines of rotary embedding for the rows of a batch: [T, D/2] each.
public struct RotaryAngles: Sendable {
  public let cosines: [Float]
  public let sines: [Float]
  /// D / 2.
  public let half: Int

  /// Angles `positions[t] · inverseFrequencies[i]`, in `float32` as the reference implementations compute them.
  ///
  /// - Parameter factor: scales both cosine and sine (the attention factor of some scalings); 1 otherwise.
  public init(positions: [Int32], inverseFrequencies: [Float], factor: Float = 1) {
    half = inverseFrequencies.count
    var cosines = [Float](repeating: 0, count: positions.count * half), sines = cosines
    for (row, position) in positions.enumerated() {
      for i in 0..<half {
        let angle = Float(position) * inverseFrequencies[i]
        cosines[row * half + i] = cos(angle) * factor
        sines[row * half + i] = sin(angle) * factor
      }
    }
    self.cosines = cosines
    self.sines = sines
  }

  private init(cosines: [Float], sines: [Float], half: Int) {
    self.cosines = cosines
    self.sines = sines
    self.half = half
  }

  /// The angles that turn back: a rotation's transpose. A factor stays, as it does in the transpose.
  public var reversed: RotaryAngles { RotaryAngles(cosines: cosines, sines: sines.map { -$0 }, half: half) }
}
