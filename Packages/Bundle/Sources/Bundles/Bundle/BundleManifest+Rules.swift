import Foundation

extension BundleManifest {
  /// Holds the manifest to the rules of docs/bundle-format.md; a writer's as a reader's.
  ///
  /// - Throws: `BundleError.invalidManifest`, or `.refusedMember` for the path of a member.
  func validate(name: String) throws {
    func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
      guard condition else { throw BundleError(.invalidManifest, "\(name): \(what())") }
    }
    for (key, text) in texts {
      try require(!text.unicodeScalars.contains(where: \.isForbiddenInText), "\(key) has a control character in it")
    }
    // A recipe's values may be templates of several lines.
    for (key, value) in recipe {
      let scalars = value.unicodeScalars
      try require(
        !scalars.contains { $0.isForbiddenInText && $0 != "\n" && $0 != "\t" },
        "recipe.\(key) has a control character in it")
    }
    for (i, requirement) in requirements.enumerated() {
      try require(!requirement.name.isEmpty, "requires.\(i).name is empty")
      try require((requirement.size ?? 0) >= 0, "requires.\(i).size is negative")
    }
    if let ledger {
      try require(min(ledger.steps, ledger.records, ledger.bytes) >= 0, "ledger: a count is negative")
    }
    for (key, value) in results { try require(value.isFinite, "results.\(key) is \(value), which JSON cannot hold") }
    var sizes: [ContentHash: Int] = [:]
    for (i, member) in members.enumerated() {
      try require(member.size >= 0, "members.\(i).size is negative")
      let known = sizes.updateValue(member.size, forKey: member.sha256) ?? member.size
      try require(known == member.size, "members.\(i): another member has the same sha256 and another size")
    }
    try MemberPaths.check(members.map(\.path), in: name)
  }

  /// Every text that people may see on one line, with its key.
  private var texts: [(key: String, text: String)] {
    var texts = [("title", title), ("zeroth", zeroth), ("source", source ?? ""), ("licence", licence ?? "")]
    texts += recipe.keys.map { ("a key of recipe", $0) } + results.keys.map { ("a key of results", $0) }
    for (key, value) in versions { texts += [("a key of versions", key), ("versions.\(key)", value)] }
    for (i, requirement) in requirements.enumerated() { texts.append(("requires.\(i).name", requirement.name)) }
    if let ledger {
      texts.append(("ledger", [ledger.recordsOf, ledger.optimizer, ledger.scheme, ledger.law].joined()))
    }
    return texts
  }

  /// Bytes of all members; nil where they are more than an Int can say.
  var totalSize: Int? {
    members.reduce(Int?(0)) { sum, member in
      guard let (total, overflow) = sum.map({ $0.addingReportingOverflow(member.size) }), !overflow else { return nil }
      return total
    }
  }

  /// The size of every distinct content.
  var objects: [ContentHash: Int] {
    Dictionary(members.map { ($0.sha256, $0.size) }, uniquingKeysWith: { size, _ in size })
  }
}

extension Unicode.Scalar {
  /// Control characters, which could redraw a terminal, and those that turn the direction of the text around them.
  var isForbiddenInText: Bool {
    switch value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
