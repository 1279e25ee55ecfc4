/// A picture of one or more charts above each other, as SVG.
public struct Figure: Sendable, Equatable {
  public enum Ground: Sendable {
    /// A file of its own: on white.
    case white
    /// Within a page, whose rules give it colours: `SeriesStyle.darkRules`.
    case page
  }

  /// What is shown, in a line.
  public var title: String
  /// What it shows, in a line under the title; nil: nothing.
  public var finding: String?
  /// For whoever does not see it.
  public var description: String
  public var panels: [Panel]
  /// In the picture's units: a text is 13 of them high.
  public var width: Double

  public init(_ title: String, finding: String? = nil, description: String, panels: [Panel], width: Double = 480) {
    self.title = title
    self.finding = finding
    self.description = description
    self.panels = panels
    self.width = width
  }

  /// The picture.
  ///
  /// - Parameter identifier: unlike those of other pictures in the same page.
  public func svg(on ground: Ground = .white, identifier: String = "figure") -> String {
    let identifier = Markup.escaped(identifier)
    var top = 0.0, parts: [String] = []
    if ground == .white {
      parts.append(Element.text(title, x: 12, y: 28, size: 17, bold: true))
      top = 40
    }
    if let finding {
      parts.append(Element.text(finding, x: 12, y: top + 12, kind: "tick"))
      top += 26
    }
    for panel in panels {
      parts += panel.draw(at: top, width: width)
      top += panel.height(width: width)
    }
    let opening =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" viewBox=\"0 0 "
      + "\(Markup.coordinate(width)) \(Markup.coordinate(top))\" aria-labelledby=\"\(identifier)-t \(identifier)-d\" "
      + "font-family=\"system-ui, sans-serif\" font-size=\"13\">"
    let names = [
      "<title id=\"\(identifier)-t\">\(Markup.escaped(title))</title>",
      "<desc id=\"\(identifier)-d\">\(Markup.escaped(description))</desc>",
    ]
    let paper = ground == .white ? ["<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"] : []
    return ([opening] + names + paper + parts).joined(separator: "\n") + "\n</svg>\n"
  }
}
