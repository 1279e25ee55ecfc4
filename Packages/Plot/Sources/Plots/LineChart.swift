/// Numbers against numbers: lines, points, or both.
public struct LineChart: Sendable, Equatable {
  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double
    /// From where to where y is uncertain.
    public var interval: ClosedRange<Double>?

    public init(_ x: Double, _ y: Double, interval: ClosedRange<Double>? = nil) {
      self.x = x
      self.y = y
      self.interval = interval
    }
  }

  public struct Series: Sendable, Equatable {
    public enum Look: Sendable, Equatable {
      /// One of many that a bolder line sums up.
      case thin
      case line
      case points
      case lineAndPoints
    }

    /// In the legend; nil: it has no place there.
    public var name: String?
    public var style: SeriesStyle
    public var look: Look
    public var points: [Point]
    /// Index of a point that stands out.
    public var emphasised: Int?

    public init(
      _ name: String?, _ points: [Point], style: SeriesStyle, look: Look = .line, emphasised: Int? = nil
    ) {
      self.name = name
      self.points = points
      self.style = style
      self.look = look
      self.emphasised = emphasised
    }
  }

  /// The points with y averaged exponentially, over about a twentieth of them.
  public static func smoothed(_ points: [Point]) -> [Point] {
    guard var average = points.first?.y else { return [] }
    let weight = 2 / (1 + max(1, Double(points.count) / 20))
    return points.map { point in
      average += weight * (point.y - average)
      return Point(point.x, average)
    }
  }

  public var x: Axis
  public var y: Axis
  /// In the order in which they are drawn.
  public var series: [Series]
  /// Of the frame, in the picture's units.
  public var frameHeight: Double

  public init(x: Axis, y: Axis, series: [Series], frameHeight: Double = 220) {
    self.x = x
    self.y = y
    self.series = series
    self.frameHeight = frameHeight
  }

  private static let margins = (left: 58.0, right: 14.0, top: 28.0, bottom: 44.0)

  func height(width: Double) -> Double {
    Self.margins.top + frameHeight + Self.margins.bottom + Legend(series, width: width).height
  }

  func draw(at top: Double, width: Double) -> [String] {
    let frame = Frame(
      left: Self.margins.left, top: top + Self.margins.top, width: width - Self.margins.left - Self.margins.right,
      height: frameHeight)
    var parts = [Element.text(y.label, x: 4, y: top + 14)]
    parts.append(
      Element.text(x.label, x: frame.right, y: frame.bottom + 36, anchor: "end", kind: "tick"))
    if let plane = Plane(self, frame) {
      parts += plane.grid() + series.flatMap(plane.draw)
    } else {
      parts.append(
        Element.text("nothing to show", x: frame.left + frame.width / 2, y: frame.top + 40, anchor: "middle"))
    }
    parts.append(Element.rule(frame.left, frame.bottom, frame.right, frame.bottom, kind: "frame"))
    return parts + Legend(series, width: width).draw(at: frame.bottom + Self.margins.bottom)
  }
}

/// A frame with numbers along two of its sides.
private struct Plane {
  let frame: Frame
  let x: AxisRange
  let y: AxisRange

  /// nil where no point has a place.
  init?(_ chart: LineChart, _ frame: Frame) {
    let shown = chart.series.flatMap(\.points).filter {
      AxisRange.isShown($0.x, chart.x.scale) && AxisRange.isShown($0.y, chart.y.scale)
    }
    let heights = shown.flatMap { [$0.y] + ($0.interval.map { [$0.lowerBound, $0.upperBound] } ?? []) }
    guard let x = AxisRange(shown.map(\.x), axis: chart.x), let y = AxisRange(heights, axis: chart.y) else {
      return nil
    }
    (self.frame, self.x, self.y) = (frame, x, y)
  }

  private func place(_ point: LineChart.Point) -> (x: Double, y: Double)? {
    guard let x = x.position(point.x), let y = height(point.y) else { return nil }
    return (frame.left + frame.width * x, y)
  }

  private func height(_ value: Double) -> Double? { y.position(value).map { frame.bottom - frame.height * $0 } }

  func grid() -> [String] {
    let heights = y.ticks(5).flatMap { tick -> [String] in
      guard let height = height(tick.value) else { return [] }
      return [
        Element.rule(frame.left, height, frame.right, height, kind: "grid"),
        Element.text(tick.label, x: frame.left - 6, y: height + 4, anchor: "end", kind: "tick", size: 12),
      ]
    }
    let widths = x.ticks(5).flatMap { tick -> [String] in
      guard let place = x.position(tick.value).map({ frame.left + frame.width * $0 }) else { return [] }
      return [
        Element.rule(place, frame.bottom, place, frame.bottom + 4, kind: "frame"),
        Element.text(tick.label, x: place, y: frame.bottom + 18, anchor: "middle", kind: "tick", size: 12),
      ]
    }
    return heights + widths
  }

  func draw(_ series: LineChart.Series) -> [String] {
    var parts: [String] = []
    if series.look != .points {
      let (width, opacity) = series.look == .thin ? (1.0, 0.45) : (2.2, 1.0)
      // A point without a place breaks the line.
      for stretch in series.points.map(place).split(whereSeparator: { $0 == nil }) where stretch.count > 1 {
        parts.append(Element.path(stretch.compactMap { $0 }, style: series.style, width: width, opacity: opacity))
      }
    }
    for (index, point) in series.points.enumerated() {
      guard let place = place(point) else { continue }
      if let interval = point.interval, let low = height(interval.lowerBound), let high = height(interval.upperBound) {
        parts.append(Element.path([(place.x, low), (place.x, high)], style: series.style, width: 1.4))
      }
      if series.look == .points || series.look == .lineAndPoints || series.points.count == 1 {
        let radius = index == series.emphasised ? 6.0 : series.look == .points ? 5 : 3.5
        parts.append(Element.marker(series.style, x: place.x, y: place.y, radius: radius))
      }
    }
    return parts
  }
}
