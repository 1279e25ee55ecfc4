import Foundation

/// One way to end a process, drawn by the seed.
enum Blow: CustomStringConvertible {
  /// SIGKILL after a share of the time that the unbroken job takes.
  case moment(share: Double)
  /// SIGKILL at the `number`th operation on files that have `part` in their names, with so much of it done.
  case operation(part: String, number: Int, thousandths: Int)
  /// SIGTERM or SIGINT after a share of the time.
  case request(signal: Int32, share: Double)

  /// Half of them at moments, which is when machines fail; half at operations, which moments rarely meet.
  ///
  /// - Parameter operations: how many the unbroken job does, by the target.
  static func draw(_ operations: [(target: String, count: Int)], by random: inout SplitMix64) -> Blow {
    let share = Double.random(in: 0..<1.05, using: &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return .request(signal: Bool.random(using: &random) ? SIGTERM : SIGINT, share: share)
    case 1..<5: return .moment(share: share)
    default:
      // One kind of file after the other: most operations are writes of weights.
      guard let kind = operations.randomElement(using: &random) else { return .moment(share: share) }
      return .operation(
        part: kind.target, number: .random(in: 0..<kind.count, using: &random),
        thousandths: .random(in: 0...1000, using: &random))
    }
  }

  /// The file that it is aimed at.
  var target: String? {
    if case .operation(let part, _, _) = self { part } else { nil }
  }

  var description: String {
    switch self {
    case .moment(let share): "SIGKILL at \(Int(100 * share)) % of the time"
    case .operation(let part, let number, let thousandths):
      "SIGKILL at operation \(number) on \(part), \(thousandths) thousandths done"
    case .request(let signal, let share): "signal \(signal) at \(Int(100 * share)) % of the time"
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
