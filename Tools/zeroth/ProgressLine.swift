import Foundation

/// One line that is rewritten on a terminal, and plain lines now and then elsewhere.
final class ProgressLine {
  private let isTerminal = Output.errorIsTerminal
  private var lastShown = Date.distantPast
  private var isOpen = false
  /// Seconds between lines where the output is no terminal.
  private static let interval = 10.0

  /// What follows an error begins on a line of its own.
  deinit { finish() }

  /// Shows `text`; `force` also where the last one was a moment ago.
  func show(_ text: String, force: Bool = false) {
    let pause = isTerminal ? 0.1 : Self.interval
    guard force || Date().timeIntervalSince(lastShown) >= pause else { return }
    lastShown = Date()
    if isTerminal {
      // What runs over into a second row would not be cleared.
      write("\r\u{1B}[2K" + text.prefix(Output.width(of: STDERR_FILENO) - 1))
      isOpen = true
    } else {
      write(text + "\n")
    }
  }

  /// A line that stays.
  func say(_ text: String) {
    if isOpen { write("\r\u{1B}[2K") }
    isOpen = false
    write(text + "\n")
  }

  func finish() {
    if isOpen { write("\n") }
    isOpen = false
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
