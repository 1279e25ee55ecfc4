import Foundation

/// `report.svg`: a run at a glance. Above, the metric on the development set against the step; below, the loss of the
/// batches, as it was and smoothed.
struct RunPicture {
  let steps: [StepReport]
  let evaluations: [EvaluationReport]
  let metric: Metric
  let title: String
  /// One line under the title: what the held-out examples say.
  let finding: String

  private static let width = 760.0
  private static let height = 470.0
  private static let left = 64.0
  private static let right = 740.0

  func svg() -> String {
    let lastStep = Double(max(1, evaluations.last?.step ?? 1, steps.last?.step ?? 1))
    let scores = evaluations.map { ($0.step, (metric.isShare ? 100 : 1) * $0.devScore) }
    let losses = steps.map { ($0.step, Double($0.loss)) }
    let scorePanel = Panel(
      top: 84, bottom: 240, lastStep: lastStep, values: scores.map(\.1),
      name: "dev \(metric.title)\(metric.isShare ? ", %" : "")", left: Self.left, right: Self.right)
    let lossPanel = Panel(
      top: 282, bottom: 430, lastStep: lastStep, values: losses.map(\.1), name: "batch loss", left: Self.left,
      right: Self.right)
    let best = evaluations.last { $0.isBest }
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" "
        + "font-family=\"system-ui, sans-serif\" font-size=\"13\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      "<text x=\"\(Self.left)\" y=\"30\" font-size=\"18\" font-weight=\"600\" fill=\"#1a1a1a\">\(Self.escaped(title))</text>",
      "<text x=\"\(Self.left)\" y=\"54\" fill=\"#444444\">\(Self.escaped(finding))</text>",
    ]
    parts += scorePanel.frame() + [scorePanel.line(scores, color: "#0b6e4f", width: 2.5)]
    parts += scores.map { scorePanel.dot($0, color: "#0b6e4f", radius: $0.0 == best?.step ? 6 : 3.5) }
    parts += lossPanel.frame() + [lossPanel.line(losses, color: "#c9d6df", width: 1)]
    parts.append(lossPanel.line(Self.smoothed(losses), color: "#1f4e79", width: 2))
    parts.append("<text x=\"\(Self.right)\" y=\"460\" text-anchor=\"end\" fill=\"#444444\">step</text>")
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// Exponential average over about a twentieth of the steps.
  private static func smoothed(_ points: [(Int, Double)]) -> [(Int, Double)] {
    guard var average = points.first?.1 else { return [] }
    let weight = 2 / (1 + max(1, Double(points.count) / 20))
    return points.map { step, value in
      average += weight * (value - average)
      return (step, average)
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}

/// One plot: a frame with ticks, and what is drawn in it.
private struct Panel {
  let top: Double
  let bottom: Double
  let lastStep: Double
  let name: String
  let left: Double
  let right: Double
  private let low: Double
  private let high: Double

  init(top: Double, bottom: Double, lastStep: Double, values: [Double], name: String, left: Double, right: Double) {
    self.top = top
    self.bottom = bottom
    self.lastStep = lastStep
    self.name = name
    self.left = left
    self.right = right
    let least = values.min() ?? 0, greatest = values.max() ?? 1
    let margin = max((greatest - least) * 0.08, 1e-3)
    low = least - margin
    high = greatest + margin
  }

  private func x(_ step: Int) -> Double { left + (right - left) * Double(step) / lastStep }
  private func y(_ value: Double) -> Double { bottom - (bottom - top) * (value - low) / (high - low) }

  func frame() -> [String] {
    let ticks = (0...4).map { low + (high - low) * Double($0) / 4 }
    let lines = ticks.map { tick in
      let height = format(y(tick))
      return "<line x1=\"\(left)\" x2=\"\(right)\" y1=\"\(height)\" y2=\"\(height)\" stroke=\"#e6e6e6\"/>"
        + "<text x=\"\(left - 8)\" y=\"\(format(y(tick) + 4))\" text-anchor=\"end\" fill=\"#666666\">"
        + String(format: high - low > 8 ? "%.0f" : "%.2f", tick) + "</text>"
    }
    let steps = (0...4).map { number in
      let step = Int(lastStep * Double(number) / 4)
      return
        "<text x=\"\(format(x(step)))\" y=\"\(bottom + 18)\" text-anchor=\"middle\" fill=\"#666666\">\(step)</text>"
    }
    return lines + steps + ["<text x=\"\(left)\" y=\"\(top - 8)\" fill=\"#1a1a1a\">\(name)</text>"]
  }

  func line(_ points: [(Int, Double)], color: String, width: Double) -> String {
    let path = points.map { "\(format(x($0.0))),\(format(y($0.1)))" }.joined(separator: " ")
    return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(width)\"/>"
  }

  func dot(_ point: (Int, Double), color: String, radius: Double) -> String {
    "<circle cx=\"\(format(x(point.0)))\" cy=\"\(format(y(point.1)))\" r=\"\(radius)\" fill=\"\(color)\"/>"
  }

  private func format(_ value: Double) -> String { String(format: "%.1f", value) }
}
