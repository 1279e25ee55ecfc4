import Configurations
import Foundation
import Testing
import TuningCore

@Suite struct ConfigurationDocumentTests {
  private func problems(_ text: String) -> [String] {
    do {
      return try ConfigurationDocument(text: text, name: "t.yaml").problems.map(\.description)
    } catch {
      return (error as? ConfigurationError)?.problems.map(\.description) ?? ["not a ConfigurationError: \(error)"]
    }
  }

  @Test func nodesKnowTheirLines() throws {
    let text = """
      axes:
        scheme: [full, lora]
        model:
          - {label: small, set: {model: a.gguf}}
      when: ~
      """
    let entries = try ConfigurationDocument(text: text, name: "t.yaml").entries(form: "a grid is a mapping")
    #expect(entries.map(\.key) == ["axes", "when"] && entries.map(\.location) == ["t.yaml:1", "t.yaml:5"])
    #expect(entries[1].node.content == .nothing)
    guard case .mapping(let axes) = entries[0].node.content, case .list(let models) = axes[1].node.content,
      case .mapping(let model) = models[0].content
    else {
      Issue.record("the axes are not as they were written: \(entries)")
      return
    }
    #expect(axes.map(\.node.value) == [.list(["full", "lora"]), .unusable("a nested list")])
    #expect(model.map(\.location) == ["t.yaml:4", "t.yaml:4"] && model[0].node.text == "small")
    #expect(model[1].node.kind == "a mapping" && model[1].node.value == .unusable("a mapping"))
  }

  @Test func everyProblemIsToldWithItsPlace() {
    #expect(problems("a: 1\nb: 2\na: 3\n") == ["t.yaml:3: key 'a' is given more than once (lines 1, 3); keep one"])
    #expect(problems("a:\n  b: 1\n  b: 2\n").first?.contains("key 'b' is given more than once") == true)
    #expect(problems("a:\n  [b]: 1\n") == ["t.yaml:2: a key is a word, not a list or a mapping"])
    #expect(problems("a: [b\nc: 1\n").first?.hasPrefix("t.yaml:2: not YAML: ") == true)
    #expect(problems("a: 1\n---\nb: 2\n").first?.contains("another document") == true)
    #expect(problems("# nothing\n") == [])
  }

  @Test func whatIsNoMappingIsSaid() throws {
    let document = try ConfigurationDocument(text: "- a\n", name: "t.yaml")
    let error = #expect(throws: ConfigurationError.self) { try document.entries(form: "a grid is a mapping") }
    #expect(error?.description == "t.yaml:1: a grid is a mapping; this is a list")
  }

  @Test func emptyEntriesAreNoTexts() throws {
    let entries = try ConfigurationDocument(text: "a: [x, ~]\n", name: "t.yaml").entries(form: "")
    #expect(entries[0].node.value == .unusable("a list with an empty entry"))
  }

  @Test(arguments: [
    "yes", "NULL", "1e3", "0x1", "a b", "a: b", "a #b", "\"", "'", "\\", "é🙂",
    "\n\t\r\u{1}\u{7F}\u{85}\u{2028}\u{FEFF}",
    "*a", "&a", "!a", "[a]", "{", "%", "-", "?", "~", ".", "a\u{0301}",
  ])
  func anyTextSurvives(text: String) throws {
    let value = OptionValue.list([.text(text), .text("b")])
    let document = try ConfigurationDocument(
      text: "key: \(OptionValue.text(text).yaml)\nlist: \(value.yaml)\n", name: "x")
    #expect(try document.entries(form: "").map(\.node.value.untyped) == [.text(text), value])
  }

  /// In a file a comment is seen; in an argument what it takes away would be missed.
  @Test func overridesHaveNoComments() throws {
    #expect(try ConfigurationValue(override: "runs/a#b").untyped == .text("runs/a#b"))
    #expect(try ConfigurationValue(override: "'runs/a #b'").untyped == .text("runs/a #b"))
    #expect(try ConfigurationValue(override: "0.5 # half").untyped == .number(0.5))
    let error = #expect(throws: ConfigurationError.Reason.self) { try ConfigurationValue(override: "runs/a #b") }
    #expect(error?.message.contains("quotes") == true)
  }

  @Test func linesMayEndAsOnWindows() throws {
    let document = try ConfigurationDocument(text: "a: 1\r\nb: 2\r\na: 3\r\nc: 4\r\n", name: "x.yaml")
    #expect(document.problems.map(\.location) == ["x.yaml:3"])
    #expect(try document.entries(form: "a mapping").map(\.key) == ["a", "b", "c"])
  }
}
