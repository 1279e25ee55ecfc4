import Foundation

/// The rules for members' paths: each is one file wherever it is unpacked, in the folder it is unpacked to, and no two
/// of them are one file on a disk that does not tell capitals or Unicode's spellings apart.
enum MemberPaths {
  static let greatestLength = 1024
  static let greatestPartLength = 240
  static let greatestDepth = 32

  /// - Throws: `BundleError.refusedMember`, naming the path; `.invalidManifest` if they are not sorted.
  static func check(_ paths: [String], in name: String) throws {
    for path in paths {
      if let reason = flaw(path) { throw refusal(path, reason, in: name) }
    }
    for (path, next) in zip(paths, paths.dropFirst()) where !path.utf8.lexicographicallyPrecedes(next.utf8) {
      guard !path.utf8.elementsEqual(next.utf8) else { throw refusal(path, "is there twice", in: name) }
      throw BundleError(.invalidManifest, "\(name): members are not sorted by the bytes of their paths: '\(next)'")
    }
    try checkCollisions(paths, in: name)
  }

  private static func refusal(_ path: String, _ reason: String, in name: String) -> BundleError {
    let shown = path.unicodeScalars.prefix(200).map { $0.isForbiddenInText ? $0.escaped(asASCII: true) : String($0) }
    return BundleError(.refusedMember, "\(name): member '\(shown.joined())' \(reason)")
  }

  /// What is wrong with one path by itself.
  private static func flaw(_ path: String) -> String? {
    guard !path.isEmpty else { return "has an empty path" }
    guard path.utf8.count <= greatestLength else { return "has a path of more than \(greatestLength) bytes" }
    guard !path.utf8.contains(UInt8(ascii: "\\")) else { return "has a backslash in its path" }
    guard !path.unicodeScalars.contains(where: \.isForbiddenInText) else {
      return "has a control character in its path"
    }
    guard path.utf8.first != UInt8(ascii: "/") else { return "has an absolute path" }
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count <= greatestDepth else { return "lies more than \(greatestDepth) folders deep" }
    for part in parts {
      guard !part.isEmpty else { return "has an empty part in its path" }
      guard part.count <= greatestPartLength else { return "has a name of more than \(greatestPartLength) bytes" }
      // '.', '..', and names that some systems shorten to another one.
      guard part.last != UInt8(ascii: "."), part.last != UInt8(ascii: " ") else {
        return "has a part that ends with a dot or a space"
      }
    }
    return nil
  }

  /// A name in a folder, as a careless disk sees it.
  private struct Place: Hashable {
    let folder: Int
    let name: String
  }

  private struct Entry {
    let number: Int
    let spelling: Substring
    let isFile: Bool
  }

  /// Goes down every path from folder to folder; the outermost one is number 0.
  private static func checkCollisions(_ paths: [String], in name: String) throws {
    var entries: [Place: Entry] = [:]
    for path in paths {
      var folder = 0
      var rest = path.utf8[...]
      while !rest.isEmpty {
        let part = rest.prefix { $0 != UInt8(ascii: "/") }
        rest = rest[part.endIndex...].dropFirst()
        let place = Place(folder: folder, name: folded(Substring(part)))
        guard let other = entries[place] else {
          folder = entries.count + 1
          entries[place] = Entry(number: folder, spelling: Substring(part), isFile: rest.isEmpty)
          continue
        }
        guard other.spelling.utf8.elementsEqual(part) else {
          throw refusal(
            path,
            "meets '\(other.spelling)' on a disk that does not tell capitals, or Unicode's spellings of one character, "
              + "apart", in: name)
        }
        guard !other.isFile, !rest.isEmpty else { throw refusal(path, "is a file and a folder at once", in: name) }
        folder = other.number
      }
    }
  }

  private static func folded(_ name: Substring) -> String {
    name.decomposedStringWithCompatibilityMapping.uppercased().lowercased()
  }
}
