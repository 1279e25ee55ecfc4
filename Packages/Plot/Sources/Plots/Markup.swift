/// Text as XML and HTML hold it.
public enum Markup {
  /// `text` for the content of an element or an attribute in double quotes. What XML 1.0 cannot hold at all becomes
  /// U+FFFD.
  public static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{9}", "\u{A}", "\u{D}": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A coordinate: one decimal, none where it is 0. Whatever is no number or off any paper is put at its edge.
  static func coordinate(_ value: Double) -> String {
    let tenths = Int((10 * max(-1e6, min(1e6, value.isNaN ? 0 : value))).rounded()), whole = abs(tenths)
    let sign = tenths < 0 ? "-" : ""
    return whole % 10 == 0 ? "\(sign)\(whole / 10)" : "\(sign)\(whole / 10).\(whole % 10)"
  }
}
