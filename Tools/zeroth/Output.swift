import Foundation
import Synchronization

/// Standard output for results, standard error for what is said on the way.
enum Output {
  private static let failed = Atomic(false)

  /// Everything that is printed comes out now.
  static func flush() {
    if fflush(nil) != 0 { failed.store(true, ordering: .relaxed) }
  }

  /// Whether something that was printed did not come out: the disk is full, or nobody reads.
  static var hasFailed: Bool {
    flush()
    return failed.load(ordering: .relaxed)
  }

  /// One line, out at once wherever it goes: a reader at the other end of a pipe waits for it.
  static func line(_ text: String) {
    print(text)
    flush()
  }

  static func error(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  /// A value as JSON on one line, keys sorted.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal that standard output, or another descriptor, is; what goes elsewhere is not broken.
  static func width(of descriptor: Int32 = STDOUT_FILENO) -> Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 1 << 20
  }

  static func table(_ rows: [[String]], header: [String]) {
    for text in lines(rows, header: header) { line(text) }
  }

  /// A table's lines: columns padded to their widest entry; numbers to the right.
  static func lines(_ rows: [[String]], header: [String]) -> [String] {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return cell.first.map { $0.isNumber || "+-−±".contains($0) } == true ? padding + cell : cell + padding
      }
      var text = cells.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
  }
}

/// Quantities as people read them.
enum Quantity {
  static func bytes(_ count: Int) -> String {
    count < 1 << 20
      ? String(format: "%.0f KiB", Double(count) / 1024) : String(format: "%.0f MiB", Double(count) / 1_048_576)
  }

  static func count(_ number: Int) -> String {
    var digits = String(number), groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: ",")
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e15 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
}
