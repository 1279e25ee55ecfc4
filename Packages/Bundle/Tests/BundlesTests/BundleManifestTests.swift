import Foundation
import Testing

@testable import Bundles

@Suite struct BundleManifestTests {
  private func manifest(_ text: String) throws -> BundleManifest {
    try BundleManifest(decoding: Data(text.utf8), name: "manifest.json")
  }

  private func text(_ extra: String = "", version: String = "1", members: String = "[]") -> String {
    """
    {"format": "zeroth-bundle", "format_version": \(version), "kind": "data", "title": "t", "zeroth": "0", \(extra)
     "members": \(members)}
    """
  }

  private func member(_ path: String, size: Int = 3, hash: Character = "0") -> String {
    let quoted = String(decoding: JSONText.encode(.string(path)), as: UTF8.self)
    return """
      {"path": \(quoted), "kind": "data", "size": \(size), "sha256": "\(String(repeating: hash, count: 64))"}
      """
  }

  private func refused(_ text: String) -> BundleError? { failure { _ = try manifest(text) } }

  @Test func theSmallestManifestIsRead() throws {
    let read = try manifest(text("\"unknown\": [{}],"))
    #expect(read == BundleManifest(kind: .data, title: "t", zeroth: "0"))
  }

  @Test func oneSpellingForOneManifest() throws {
    var manifest = BundleManifest(
      kind: .model, title: "\"naïve\"\\/", zeroth: "1", recipe: ["b": "\n\t", "a": "é"], results: ["x": 0.1, "y": -2])
    manifest.members = [BundleMember(path: "a b", kind: .weights, size: 1, sha256: ContentHash(of: Data()))]
    let spelled = """
      {
       "format": "zeroth-bundle",
       "format_version": 1,
       "kind": "model",
       "members": [
        {
         "kind": "weights",
         "path": "a b",
         "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "size": 1
        }
       ],
       "recipe": {
        "a": "é",
        "b": "\\n\\t"
       },
       "requires": [],
       "results": {
        "x": 0.1,
        "y": -2
       },
       "title": "\\"naïve\\"\\\\/",
       "versions": {},
       "zeroth": "1"
      }

      """
    #expect(String(decoding: try manifest.encoded(), as: UTF8.self) == spelled)
    #expect(try self.manifest(spelled) == manifest)
  }

  @Test func otherVersionsAndFormatsAreRefused() {
    for version in ["2", "0", "1.0", "\"1\"", "null", "18446744073709551616"] {
      let error = refused(text(version: version))
      #expect(error?.code == .unsupportedVersion, "\(version)")
      #expect(error?.message.contains("a newer one") == true)
    }
    for other in ["{}", "[]", "1", "{\"format\": \"zip\"}"] { #expect(refused(other)?.code == .notABundle) }
  }

  @Test(arguments: [
    "", "{", "{\"a\"}", "{\"a\": 1,}", "[1 2]", "{\"a\": 01}", "{\"a\": 1.}", "{\"a\": +1}", "{\"a\": .5}",
    "{\"a\": 1e}",
    "{\"a\": tru}", "{\"a\": \"\u{1}\"}", "{\"a\": \"\\x\"}", "{\"a\": \"\\u12\"}", "{\"a\": \"\\ud800\"}",
    "{\"a\": \"\\ud800\\u0041\"}", "{\"a\": \"", "{\"a\": 1} {}", "{\"a\": 1, \"a\": 1}", "{\"\\u0061\": 1, \"a\": 1}",
    String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000), "\u{feff}{}", "nul", "-",
  ])
  func whatIsNotJSONOrIsAmbiguousIsRefused(text: String) {
    #expect(refused(text)?.code == .invalidManifest)
  }

  @Test func whatIsNotUTF8IsRefused() throws {
    for byte: UInt8 in [0xff, 0xc0, 0x80] {
      let data = Data("{\"a\": \"".utf8) + Data([byte]) + Data("\"}".utf8)
      #expect(failure { _ = try JSONParser.parse(data, name: "m") }?.code == .invalidManifest)
    }
    #expect(
      try JSONParser.parse(Data(#" {"a": [1, -2.5e+3, "\ud83d\ude42\u0000\/", null, true]} "#.utf8), name: "m")
        == .object(["a": .array([.number("1"), .number("-2.5e+3"), .string("🙂\0/"), .null, .bool(true)])]))
  }

  @Test func wrongTypesAndMissingKeysAreNamed() throws {
    #expect(
      refused(#"{"format": "zeroth-bundle", "format_version": 1}"#)?.message.contains("'kind' is missing") == true)
    let size = refused(text(members: "[\(member("a").replacing("3", with: "\"3\""))]"))
    #expect(size?.message.contains("members.0.size") == true)
    let hash = refused(text(members: "[\(member("a", hash: "x"))]"))
    #expect(hash?.code == .invalidManifest)
    #expect(hash?.message.contains("is not a SHA-256") == true)
    #expect(refused(text("\"results\": {\"a\": 1e999},"))?.code == .invalidManifest)
    #expect(refused(text(members: "[\(member("a", size: -1))]"))?.code == .invalidManifest)
    #expect(refused(text().replacing("\"data\"", with: "\"book\""))?.code == .invalidManifest)
    #expect(refused(text("\"source\": \"a\\u001b[2J\","))?.message.contains("source has a control character") == true)
    #expect(refused(text(members: "[\(member("b")), \(member("a"))]"))?.message.contains("not sorted") == true)
    #expect(
      refused(text(members: "[\(member("a")), \(member("b", size: 4))]"))?.message.contains("another size") == true)
    let huge = (0..<3).map { member("\($0)", size: .max, hash: Character("\($0)")) }.joined(separator: ",")
    #expect(try manifest(text(members: "[\(huge)]")).totalSize == nil)
  }

  @Test(arguments: [
    "", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..", "../a", "a/../b", "a\\b", "a/b.", "a ", "a /b",
    "a\u{0}",
    "a\nb", "\u{7f}", "\u{85}", "a\u{202e}b", "\u{2028}", "...", String(repeating: "a", count: 241),
    String(repeating: "a/", count: 32) + "a", String(repeating: "ab/", count: 400) + "a",
  ])
  func aPathThatCouldHarmIsRefused(path: String) {
    #expect(refused(text(members: "[\(member(path))]"))?.code == .refusedMember)
  }

  @Test(arguments: [
    "a", ".gitattributes", "a b", "a.b.c", "naïve/日本語", "-a", "...a", " a", "a:b", String(repeating: "a", count: 240),
    String(repeating: "a/", count: 31) + "a",
  ])
  func aHarmlessPathIsNot(path: String) throws {
    #expect(try manifest(text(members: "[\(member(path))]")).members[0].path == path)
  }

  /// Capitals; composed and decomposed; ligatures; ß; folders; a file that is a folder.
  @Test(arguments: [
    ("A", "a"), ("e\u{301}", "\u{e9}"), ("STRASSE", "straße"), ("A/x", "a/y"), ("a", "a/b"), ("e\u{301}/x", "\u{e9}/y"),
    ("fi", "\u{fb01}"), ("\u{212a}", "k"), ("a/b/C", "a/b/c"), ("\u{e5}", "\u{212b}"),
  ])
  func twoPathsThatMeetOnSomeDiskAreRefused(first: String, second: String) {
    let members = [first, second].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { member($0) }
    #expect(refused(text(members: "[\(members.joined(separator: ","))]"))?.code == .refusedMember)
  }

  @Test func neighboursAreNoCollision() throws {
    let paths = ["a", "a.b", "a/b", "ab"].dropFirst()
    let members = paths.map { member($0) }.joined(separator: ",")
    #expect(try manifest(text(members: "[\(members)]")).members.map(\.path) == Array(paths))
  }
}
