import Foundation

/// libarchive turns members' names into the thread's character set, and in the "C" locale of a Swift program it loses,
/// or crashes on, what is not ASCII. Every call that touches a name runs in here.
enum UTF8Locale {
  /// Never freed; nil where the C library has no UTF-8 at all.
  private nonisolated(unsafe) static let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

  /// Calls `body` with this thread's character set, and no other thread's, being UTF-8.
  static func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard let locale else {
      throw BundleError(.unreadable, "the C library has no locale C.UTF-8, which archives' names need: install it")
    }
    let before = uselocale(locale)
    defer { uselocale(before) }
    return try body()
  }
}
