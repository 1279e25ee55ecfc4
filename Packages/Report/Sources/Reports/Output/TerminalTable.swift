/// A table in lines of text: columns aligned, numbers to the right, intervals under their means. What is wider than the
/// terminal goes on below, with the rows' labels again.
struct TerminalTable {
  let table: Table
  /// Columns of the terminal.
  let width: Int

  func lines() -> [String] {
    var lines = [table.title, ""]
    let texts = labelTexts()
    let labels = Column(header: texts[0], rows: texts.dropFirst().map { [$0] }, isNumeric: false)
    let columns = table.columns.indices.map { index in
      let cells = table.rows.map { $0.cells[index] }
      return Column(
        header: table.columns[index], rows: cells.map { [$0.text] + ($0.intervalText.map { [$0] } ?? []) },
        isNumeric: cells.contains(where: \.isNumeric))
    }
    for part in parts(columns, beside: labels.width) {
      lines += render([labels] + part) + [""]
    }
    return lines + table.notes.flatMap { Self.wrapped($0, to: max(40, width)) } + [""]
  }

  /// The keys' names and the labels of all rows, each key's aligned.
  private func labelTexts() -> [String] {
    let widths = table.rowKeys.indices.map { key in
      ([table.rowKeys[key]] + table.rows.map { $0.labels[key] }).map(\.columns).max() ?? 0
    }
    return ([table.rowKeys] + table.rows.map(\.labels)).map { labels in
      labels.enumerated().map { Self.padded($1, to: widths[$0], right: false) }.joined(separator: "  ")
    }
  }

  private struct Column {
    var header: String
    /// Lines of each row.
    var rows: [[String]]
    var isNumeric: Bool
    var width: Int

    init(header: String, rows: [[String]], isNumeric: Bool) {
      (self.header, self.rows, self.isNumeric) = (header, rows, isNumeric)
      width = ([header] + rows.joined()).map(\.columns).max() ?? 0
    }
  }

  /// As many columns together as the terminal has room for, one at least.
  private func parts(_ columns: [Column], beside labels: Int) -> [[Column]] {
    var parts: [[Column]] = [], used = 0
    for column in columns {
      if let last = parts.indices.last, used + column.width + 2 <= width {
        parts[last].append(column)
      } else {
        parts.append([column])
        used = labels
      }
      used += column.width + 2
    }
    return parts
  }

  private func render(_ columns: [Column]) -> [String] {
    func line(_ text: (Column) -> String) -> String {
      let joined = columns.map { Self.padded(text($0), to: $0.width, right: $0.isNumeric) }.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    var lines = [line(\.header), line { String(repeating: "-", count: $0.width) }]
    for row in table.rows.indices {
      for part in 0..<(columns.map { $0.rows[row].count }.max() ?? 0) {
        lines.append(line { part < $0.rows[row].count ? $0.rows[row][part] : "" })
      }
    }
    return lines
  }

  private static func padded(_ text: String, to width: Int, right: Bool) -> String {
    let padding = String(repeating: " ", count: max(0, width - text.columns))
    return right ? padding + text : text + padding
  }

  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = [], line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.columns + 1 + String(word).columns > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}

extension String {
  /// Columns of a terminal that the text takes: characters of East Asia and pictures take two.
  var columns: Int {
    reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      let isWide =
        scalar.properties.isEmojiPresentation
        || [0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60]
          .contains { $0.contains(Int(scalar.value)) }
      return sum + (isWide ? 2 : 1)
    }
  }
}

extension Report {
  /// All tables for a terminal of `width` columns. What would steer the terminal is shown as U+FFFD.
  public func text(width: Int) -> String {
    let lines = tables.flatMap { TerminalTable(table: $0, width: max(20, width)).lines() } + [summary]
    return lines.map { line in
      String(
        String.UnicodeScalarView(
          line.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
    }.joined(separator: "\n") + "\n"
  }
}
