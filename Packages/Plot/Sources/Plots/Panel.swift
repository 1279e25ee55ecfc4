/// A rectangle of a picture, in its units; y grows downwards.
struct Frame: Equatable {
  var left: Double
  var top: Double
  var width: Double
  var height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }
}

/// A part of a figure.
public enum Panel: Sendable, Equatable {
  case lines(LineChart)
  case bars(BarChart)

  /// Heights without and with nothing to show are the same.
  func height(width: Double) -> Double {
    switch self {
    case .lines(let chart): chart.height(width: width)
    case .bars(let chart): chart.height
    }
  }

  func draw(at top: Double, width: Double) -> [String] {
    switch self {
    case .lines(let chart): chart.draw(at: top, width: width)
    case .bars(let chart): chart.draw(at: top, width: width)
    }
  }
}

/// The elements that charts are made of.
enum Element {
  typealias Anchor = String

  /// Width of a text of the usual size, about: fonts differ.
  static func width(of text: String, size: Double = 13) -> Double { 0.56 * size * Double(text.count) }

  /// `text`, shortened in its middle to about `width`.
  static func fitted(_ text: String, to width: Double, size: Double = 13) -> String {
    let room = max(3, Int(width / (0.56 * size)))
    guard text.count > room else { return text }
    return "\(text.prefix((room - 1) / 2))…\(text.suffix(room - 1 - (room - 1) / 2))"
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = "start", kind: String = "ink", size: Double = 13,
    bold: Bool = false
  ) -> String {
    let color = kind == "ink" ? "#1a1a1a" : "#555555"
    return "<text class=\"\(kind)\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\""
      + (anchor == "start" ? "" : " text-anchor=\"\(anchor)\"") + (size == 13 ? "" : " font-size=\"\(Int(size))\"")
      + (bold ? " font-weight=\"600\"" : "") + " fill=\"\(color)\">\(Markup.escaped(text))</text>"
  }

  static func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, kind: String) -> String {
    let color = kind == "grid" ? "#e4e7ea" : "#6b747b"
    return "<line class=\"\(kind)\" x1=\"\(Markup.coordinate(x1))\" y1=\"\(Markup.coordinate(y1))\" "
      + "x2=\"\(Markup.coordinate(x2))\" y2=\"\(Markup.coordinate(y2))\" stroke=\"\(color)\"/>"
  }

  static func path(
    _ points: [(x: Double, y: Double)], style: SeriesStyle, width: Double, opacity: Double = 1
  ) -> String {
    let places = points.map { "\(Markup.coordinate($0.x)),\(Markup.coordinate($0.y))" }.joined(separator: " ")
    return "<polyline class=\"\(style.name)\" points=\"\(places)\" fill=\"none\" stroke=\"\(style.color)\" "
      + "stroke-width=\"\(Markup.coordinate(width))\" stroke-linejoin=\"round\""
      + (style.dash.isEmpty ? "" : " stroke-dasharray=\"\(style.dash)\"")
      + (opacity < 1 ? " stroke-opacity=\"\(opacity)\"" : "") + "/>"
  }

  static func marker(_ style: SeriesStyle, x: Double, y: Double, radius: Double) -> String {
    func shape(_ corners: [(Double, Double)]) -> String {
      "<path d=\"M"
        + corners.map { "\(Markup.coordinate(x + radius * $0.0)) \(Markup.coordinate(y + radius * $0.1))" }
        .joined(separator: "L") + "Z\""
    }
    let drawn =
      switch style.marker {
      case .circle:
        "<circle cx=\"\(Markup.coordinate(x))\" cy=\"\(Markup.coordinate(y))\" r=\"\(Markup.coordinate(radius))\""
      case .square: shape([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
      case .triangle: shape([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
      case .diamond: shape([(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)])
      case .cross:
        shape([
          (-1.1, -0.4), (-0.4, -0.4), (-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4),
          (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4),
        ])
      }
    return drawn + " class=\"\(style.name) fill\" fill=\"\(style.color)\"/>"
  }
}
