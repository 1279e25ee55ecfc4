import Foundation
import Testing

/// The README's example does what it says.
@Suite struct ReadmeTests {
  @Test func exampleGivesTheTextBack() throws {
    try TemporaryFolder.with(["tokenizer.json": Fixture.text("byte-level.json")]) { folder in
      let text = try readAloud(modelFolder: folder)
      #expect(text == "It was great")
    }
  }
}
