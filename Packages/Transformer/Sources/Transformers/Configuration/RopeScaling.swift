import Foundation

/// How rotary frequencies are changed for sequences longer than those of pre-training.
public enum RopeScaling: Sendable, Equatable {
  /// θ^(−2i/D) as they are.
  case none
  /// Every frequency divided by `factor`. (Chen et al. 2023)
  case linear(factor: Double)
  /// LLaMA 3.1: frequencies with a wavelength above `originalLength / lowFrequencyFactor` divided by `factor`, those
  /// below `originalLength / highFrequencyFactor` kept, and a blend of both between.
  case llama3(factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalLength: Int)
  /// Each frequency divided by its own number, as a GGUF file's `rope_freqs.weight` says.
  case divisors([Float])

  /// The D/2 angles by which one position turns, in `float32` as `transformers` computes them.
  public func inverseFrequencies(dimension: Int, theta: Double) -> [Float] {
    let plain = (0..<dimension / 2).map { i in 1 / powf(Float(theta), Float(2 * i) / Float(dimension)) }
    switch self {
    case .none: return plain
    case .linear(let factor): return plain.map { $0 / Float(factor) }
    case .llama3(let factor, let low, let high, let originalLength):
      return plain.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength < Float(Double(originalLength) / high) { return frequency }
        if wavelength > Float(Double(originalLength) / low) { return frequency / Float(factor) }
        let smooth = (Float(originalLength) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
    case .divisors(let divisors):
      precondition(divisors.count == plain.count, "RopeScaling: \(divisors.count) divisors for \(plain.count)")
      return zip(plain, divisors).map { $0 / $1 }
    }
  }

  /// The scaling that a GGUF file's `rope_freqs.weight` was made from, where it is LLaMA 3's usual one (only the
  /// divisors are in the file); the divisors themselves otherwise.
  static func recognising(divisors: [Float], theta: Double) -> RopeScaling {
    guard let factor = divisors.max(), factor > 1 else { return .divisors(divisors) }
    let plain = RopeScaling.none.inverseFrequencies(dimension: 2 * divisors.count, theta: theta)
    let candidate = RopeScaling.llama3(
      factor: Double(factor), lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192)
    let scaled = candidate.inverseFrequencies(dimension: 2 * divisors.count, theta: theta)
    let agrees = zip(zip(plain, scaled), divisors).allSatisfy { abs($0.0 / $0.1 - $1) <= 1e-4 * $1 }
    return agrees ? candidate : .divisors(divisors)
  }
}
