/// Horizontal bars in groups, all from 0.
public struct BarChart: Sendable, Equatable {
  public struct Group: Sendable, Equatable {
    public var name: String
    /// One for each of the chart's series; nil and what is negative or no number has no bar.
    public var values: [Double?]

    public init(_ name: String, _ values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  /// What the bars of a group are, from above.
  public var series: [String]
  public var groups: [Group]
  /// Under the bars, with the unit.
  public var label: String

  public init(_ label: String, series: [String], groups: [Group]) {
    self.label = label
    self.series = series
    self.groups = groups
  }

  private static let barHeight = 13.0
  private static let gap = 9.0

  private var groupHeight: Double { Double(max(1, series.count)) * Self.barHeight + Self.gap }
  var height: Double { Double(groups.count) * groupHeight + 74 }

  func draw(at top: Double, width: Double) -> [String] {
    let longest = groups.map { Element.width(of: $0.name) }.max() ?? 0
    let left = min(longest + 12, 0.42 * width), room = width - left - 62
    let shown = groups.flatMap(\.values).compactMap { $0 }.filter(Self.isShown)
    let range = AxisRange(shown, axis: Axis(label, origin: 0))
    let bottom = top + Double(groups.count) * groupHeight
    var parts: [String] = []
    for tick in range?.ticks(4) ?? [] {
      guard let place = range?.position(tick.value).map({ left + room * $0 }) else { continue }
      parts.append(Element.rule(place, top, place, bottom, kind: "grid"))
      parts.append(Element.text(tick.label, x: place, y: bottom + 16, anchor: "middle", kind: "tick", size: 12))
    }
    for (index, group) in groups.enumerated() {
      let start = top + Double(index) * groupHeight
      parts.append(
        Element.text(
          Element.fitted(group.name, to: left - 8), x: left - 6, y: start + (groupHeight - Self.gap) / 2 + 4,
          anchor: "end"))
      parts += bars(of: group, at: start, left: left, room: room, range: range)
    }
    parts.append(Element.rule(left, top, left, bottom, kind: "frame"))
    parts.append(Element.text(label, x: left + room, y: bottom + 34, anchor: "end", kind: "tick"))
    return parts + legend(at: bottom + 46, left: 8)
  }

  private func bars(of group: Group, at top: Double, left: Double, room: Double, range: AxisRange?) -> [String] {
    series.indices.flatMap { index -> [String] in
      guard group.values.indices.contains(index), let value = group.values[index], Self.isShown(value),
        let share = range?.position(value)
      else { return [] }
      let y = top + Double(index) * Self.barHeight
      return [
        bar(index, x: left, y: y, width: room * share, height: Self.barHeight - 2),
        Element.text(
          AxisRange.label(value, step: Self.precision(value)), x: left + room * share + 4, y: y + 10, kind: "tick",
          size: 11),
      ]
    }
  }

  /// The second and further series have a stripe along them: on a grey print they differ too.
  private func bar(_ series: Int, x: Double, y: Double, width: Double, height: Double) -> String {
    let style = SeriesStyle(series)
    func rectangle(_ opacity: Double) -> String {
      "<rect class=\"\(style.name) fill\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" "
        + "width=\"\(Markup.coordinate(width))\" height=\"\(Markup.coordinate(height))\" fill=\"\(style.color)\" "
        + "fill-opacity=\"\(opacity)\"/>"
    }
    guard series > 0 else { return rectangle(1) }
    let middle = y + height / 2
    return rectangle(0.35) + Element.path([(x, middle), (x + width, middle)], style: SeriesStyle(series), width: 3)
  }

  private func legend(at top: Double, left: Double) -> [String] {
    var cursor = left
    return series.enumerated().flatMap { index, name -> [String] in
      defer { cursor += 40 + Element.width(of: name) }
      return [
        bar(index, x: cursor, y: top, width: 20, height: Self.barHeight - 2),
        Element.text(name, x: cursor + 26, y: top + 10),
      ]
    }
  }

  private static func isShown(_ value: Double) -> Bool { value >= 0 && AxisRange.isShown(value, .linear) }

  /// Three figures of a value.
  private static func precision(_ value: Double) -> Double { value >= 100 ? 1 : value >= 10 ? 0.1 : 0.01 }
}
