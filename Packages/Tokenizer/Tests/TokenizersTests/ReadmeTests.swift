import Foundation
import Testing

/// The README's example compiles, because it is a file of this target, and does what it says.
@Suite struct ReadmeTests {
  private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  @Test func exampleInTheReadmeIsTheFileThatCompiles() throws {
    let readme = try String(contentsOf: folder.appendingPathComponent("../../README.md"), encoding: .utf8)
    let example = try String(contentsOf: folder.appendingPathComponent("ReadmeExample.swift"), encoding: .utf8)
    let block = readme.components(separatedBy: "```swift\n").dropFirst().first?.components(separatedBy: "```").first
    #expect(block == example)
  }

  @Test func exampleGivesTheTextBack() throws {
    try TemporaryFolder.with(["tokenizer.json": Fixture.text("byte-level.json")]) { folder in
      let text = try readAloud(modelFolder: folder)
      #expect(text == "It was great")
    }
  }
}
