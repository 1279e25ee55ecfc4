/// How a series is told from the others: by colour, and, for whoever sees no colours or reads a grey print, by dashes
/// and markers too.
public struct SeriesStyle: Sendable, Equatable {
  public enum Marker: Sendable, CaseIterable { case circle, square, triangle, diamond, cross }

  /// `#rrggbb`, on white.
  public let color: String
  /// Lengths of dashes and gaps; empty: an unbroken line.
  public let dash: String
  public let marker: Marker
  /// The class of its elements in a picture, by which a page gives it another colour on a dark ground.
  public let name: String

  private init(color: String, dash: String, marker: Marker, name: String) {
    self.color = color
    self.dash = dash
    self.marker = marker
    self.name = name
  }

  /// Okabe and Ito's colours (2008) without the yellow, which white swallows; the black is a grey. Beside each its
  /// shade for a dark ground.
  static let colors = [
    ("#0072b2", "#4fb0e8"), ("#d55e00", "#f0813a"), ("#009e73", "#2fc59b"), ("#cc79a7", "#e39bc4"),
    ("#a86f00", "#e69f00"), ("#3a93c9", "#8fd0f5"), ("#555555", "#bbbbbb"),
  ]
  static let dashes = ["", "7 3", "2 3", "9 3 2 3"]

  /// What is there but of no matter: single values behind their mean.
  public static let faint = SeriesStyle(color: "#b7c2ca", dash: "", marker: .circle, name: "faint")

  /// The style of the series `index`: neighbours differ in colour, dash and marker, 28 in colour or dash; then they come
  /// around again.
  public init(_ index: Int) {
    let place = abs(index % (Self.colors.count * Self.dashes.count)), color = place % Self.colors.count
    self.init(
      color: Self.colors[color].0, dash: Self.dashes[place % Self.dashes.count],
      marker: Marker.allCases[place % Marker.allCases.count], name: "s\(color)")
  }

  /// The same with an unbroken line.
  public var unbroken: SeriesStyle { SeriesStyle(color: color, dash: "", marker: marker, name: name) }

  /// The colour of one series and the marker of another: points that belong to a row and a column.
  public init(color: Int, marker: Int) {
    let colored = SeriesStyle(color % Self.colors.count), markers = Marker.allCases
    self.init(
      color: colored.color, dash: "", marker: markers[abs(marker % markers.count)], name: colored.name)
  }

  /// Rules of CSS under which pictures within a page are readable on a dark ground.
  public static var darkRules: String {
    let series = colors.enumerated().map {
      ".plot .s\($0.offset){stroke:\($0.element.1)}.plot .s\($0.offset).fill{fill:\($0.element.1)}"
    }
    return series.joined()
      + ".plot .faint{stroke:#4a545b}.plot .grid{stroke:#33383d}.plot .frame{stroke:#7b858d}"
      + ".plot .ink{fill:#e8e8e8}.plot .tick{fill:#b4bcc2}.plot .paper{fill:none}"
  }
}
