import Evaluation
import Foundation

/// Numbers as every table, picture and page writes them.
enum NumberText {
  static func text(_ value: Double, _ measure: Measure) -> String {
    switch measure {
    case .share: String(format: "%.1f", 100 * value)
    case .points: signed(String(format: "%+.1f", 100 * value))
    case .score: significant(value)
    case .difference: value > 0 ? "+" + significant(value) : significant(value)
    case .bytes, .seconds: unit(of: value, measure).map { "\($0.text(value)) \($0.name)" } ?? ""
    case .count: count(value)
    case .ratio: String(format: "%.2f", value)
    case .loss: String(format: "%.4f", value)
    }
  }

  /// `90.8 ± 1.2 (3)`: mean, deviation and count. What is the same under every seed is written once: `40,000`.
  static func text(_ mean: SampleMean, _ measure: Measure) -> String {
    if [.count, .ratio].contains(measure), mean.deviation ?? 0 == 0 { return text(mean.value, measure) }
    guard let deviation = mean.deviation else { return "\(text(mean.value, measure)) (\(mean.count))" }
    if let unit = unit(of: mean.value, measure) {
      return "\(unit.text(mean.value)) ± \(unit.text(deviation)) \(unit.name) (\(mean.count))"
    }
    // Deviations have no sign.
    let spread = text(deviation, measure == .points ? .share : measure == .difference ? .score : measure)
    return "\(text(mean.value, measure)) ± \(spread) (\(mean.count))"
  }

  /// `[87.8, 93.8]`; nil of a single measurement, and of what is no score: costs are not drawn from a distribution that
  /// anyone asks about.
  static func interval(_ mean: SampleMean, _ measure: Measure) -> String? {
    guard [.share, .points, .score, .difference].contains(measure) else { return nil }
    return mean.interval().map { "[\(text($0.low, measure)), \(text($0.high, measure))]" }
  }

  /// Nothing is below 0 when it is written as 0.
  private static func signed(_ text: String) -> String { text == "-0.0" ? "+0.0" : text }

  private static func significant(_ value: Double) -> String { String(format: "%.4g", value) }

  /// What a quantity of this size is counted in, and with how many decimals it is written then.
  private struct Unit {
    var size: Double
    var name: String
    var decimals: Int

    func text(_ value: Double) -> String { String(format: "%.\(decimals)f", value / size) }
  }

  private static func unit(of value: Double, _ measure: Measure) -> Unit? {
    let size = abs(value)
    switch measure {
    case .bytes:
      let units = [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1024.0, "KiB")]
      guard let (unit, name) = units.first(where: { size >= $0.0 }) else {
        return Unit(size: 1, name: "B", decimals: 0)
      }
      return Unit(size: unit, name: name, decimals: size < 10 * unit ? 2 : size < 100 * unit ? 1 : 0)
    case .seconds:
      return size < 1
        ? Unit(size: 1e-3, name: "ms", decimals: 1)
        : size < 10_000
          ? Unit(size: 1, name: "s", decimals: size < 100 ? 2 : 0) : Unit(size: 3600, name: "h", decimals: 1)
    default: return nil
    }
  }

  private static func count(_ value: Double) -> String {
    guard abs(value) < 1e15 else { return String(format: "%.3g", value) }
    var digits = String(Int(value.rounded())), groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }
}

extension Cell {
  /// What the cell says, its interval apart.
  public var text: String {
    switch content {
    case .text(let text): text
    case .number(let value, let measure): NumberText.text(value, measure)
    case .mean(let mean, let measure):
      NumberText.text(mean, measure) + (others.isEmpty ? "" : ", " + others.joined(separator: ", "))
    case .missing:
      diverged > 0 && unfinished == 0
        ? "diverged (\(diverged))" : others.isEmpty ? "–" : "(\(others.joined(separator: ", ")))"
    }
  }

  /// Runs that gave no number.
  private var others: [String] {
    (diverged > 0 ? ["\(diverged) diverged"] : []) + (unfinished > 0 ? ["\(unfinished) unfinished"] : [])
  }

  /// The 95 % interval, for means of more than one.
  public var intervalText: String? {
    if case .mean(let mean, let measure) = content { NumberText.interval(mean, measure) } else { nil }
  }

  /// Whether it is set to the right.
  var isNumeric: Bool { if case .text = content { false } else { true } }
}
