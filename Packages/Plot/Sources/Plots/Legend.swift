/// Names of series with how each looks, in as many lines as they need.
struct Legend {
  private struct Entry {
    var name: String
    var series: LineChart.Series
    var left: Double
    var line: Int
  }

  private static let lineHeight = 20.0
  private static let sample = 26.0

  private let entries: [Entry]

  init(_ series: [LineChart.Series], width: Double) {
    let left = 8.0, right = width - 8
    var entries: [Entry] = [], cursor = left, line = 0
    for one in series {
      guard let name = one.name else { continue }
      let shown = Element.fitted(name, to: right - left - Self.sample), needed = Self.sample + Element.width(of: shown)
      if cursor > left, cursor + needed > right { (cursor, line) = (left, line + 1) }
      entries.append(Entry(name: shown, series: one, left: cursor, line: line))
      cursor += needed + 14
    }
    self.entries = entries
  }

  var height: Double { entries.last.map { Double($0.line + 1) * Self.lineHeight + 4 } ?? 0 }

  func draw(at top: Double) -> [String] {
    entries.flatMap { entry in
      let height = top + Double(entry.line) * Self.lineHeight + 8, style = entry.series.style
      let line = Element.path([(entry.left, height), (entry.left + 20, height)], style: style, width: 2.2)
      let marker = Element.marker(style, x: entry.left + 10, y: height, radius: 4)
      let sample =
        switch entry.series.look {
        case .points: [marker]
        case .lineAndPoints: [line, marker]
        case .line, .thin: [line]
        }
      return sample + [Element.text(entry.name, x: entry.left + Self.sample, y: height + 4)]
    }
  }
}
