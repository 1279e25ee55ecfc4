import Foundation

/// The dynamic linker's words, with what they mean for a plugin.
enum LinkerRefusal {
  /// - Parameter reason: of `dlerror`, which begins with the path itself.
  static func explain(_ reason: String, path: String) -> String {
    let words = reason.hasPrefix(path + ": ") ? String(reason.dropFirst(path.count + 2)) : reason
    let start = "\(path): the dynamic linker refuses it: "
    if let range = words.range(of: "undefined symbol: ") {
      let symbol = String(words[range.upperBound...].prefix { $0 != " " && $0 != "," && $0 != "\n" })
      return start + "it needs \(demangled(symbol) ?? symbol), which no library of this program has: "
        + "rebuild the plugin against this version"
    }
    if words.contains("cannot open shared object file") {
      return start + words + ": a library that it needs is missing; put it beside the plugin or into LD_LIBRARY_PATH"
    }
    return start + words
  }

  /// A Swift symbol as people read it, by the Swift runtime's own function; nil for another language's.
  static func demangled(_ symbol: String) -> String? {
    typealias Demangle =
      @convention(c) (
        UnsafePointer<CChar>?, Int, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?, UInt32
      ) -> UnsafeMutablePointer<CChar>?
    guard symbol.hasPrefix("$s"), let function = dlsym(nil, "swift_demangle") else { return nil }
    let demangle = unsafeBitCast(function, to: Demangle.self)
    guard let text = symbol.withCString({ demangle($0, strlen($0), nil, nil, 0) }) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
