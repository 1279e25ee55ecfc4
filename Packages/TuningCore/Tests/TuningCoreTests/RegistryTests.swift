import Foundation
import Testing
import TuningCore

@Suite struct RegistryTests {
  private let options = [
    OptionSpecification("epsilon", .number(above: 0, atMost: 1), default: .number(1e-3), help: "ε"),
    OptionSpecification("queries", .integer(atLeast: 1, atMost: .max), default: .integer(1), help: "q"),
    OptionSpecification("decay", .fraction(from: 0, below: .infinity), default: .integer(0), help: "λ"),
    OptionSpecification("sided", .choice(["one", "two"]), default: .text("two"), help: ""),
    OptionSpecification("verbose", .boolean, default: .boolean(false), help: ""),
    OptionSpecification("targets", .names, default: .list([.text("q_proj"), .text("v_proj")]), help: ""),
    OptionSpecification("label", .text, default: .text(""), help: ""),
  ]

  private func registry() throws -> Registry<String> {
    var registry = Registry<String>(kind: "optimizer")
    for (name, origin) in [("zo-sgd", "ZO 1.0"), ("zo-adam", "ZO 1.0"), ("forward-grad", "FG 2.1")] {
      let description = ComponentDescription(name: name, summary: "", reference: "", cost: "", options: options)
      try registry.register(description, origin: origin) { options in
        "\(name) \(options.number("epsilon")) \(options.integer("queries")) \(options.names("targets"))"
      }
    }
    return registry
  }

  private func message(_ code: TuningError.Code, _ body: () throws -> Void) throws -> String {
    let error = try #require(#expect(throws: TuningError.self) { try body() })
    #expect(error.code == code)
    return error.description
  }

  @Test func makesWithDefaultsAndGivenOptions() throws {
    let registry = try registry()
    #expect(registry.names == ["forward-grad", "zo-adam", "zo-sgd"])
    #expect(registry.entries.map(\.origin) == ["FG 2.1", "ZO 1.0", "ZO 1.0"])
    #expect(try registry.make("zo-sgd") == #"zo-sgd 0.001 1 ["q_proj", "v_proj"]"#)
    let made = try registry.make(
      "zo-adam", options: ["epsilon": .integer(1), "queries": .integer(8), "targets": .text("o_proj")])
    #expect(made == #"zo-adam 1.0 8 ["o_proj"]"#)
  }

  @Test func unknownNamesAreToldTheNearOne() throws {
    let registry = try registry()
    let near = try message(.unknownComponent) { _ = try registry.make("zo-sdg") }
    #expect(near.contains("no optimizer named 'zo-sdg'") && near.contains("Did you mean 'zo-sgd'?"))
    #expect(near.contains("forward-grad, zo-adam, zo-sgd"))
    let far = try message(.unknownComponent) { _ = try registry.make("lion") }
    #expect(!far.contains("Did you mean") && far.contains("zo-adam"))
    let empty = try message(.unknownComponent) { _ = try Registry<Int>(kind: "tuning scheme").make("lora") }
    #expect(empty.contains("no tuning scheme named 'lora'") && empty.contains("plugins"))
  }

  @Test func twoOfOneNameAreRefused() throws {
    var registry = try registry()
    let description = ComponentDescription(name: "zo-sgd", summary: "", reference: "", cost: "")
    let text = try message(.duplicateComponent) { try registry.register(description, origin: "Mine 0.1") { _ in "" } }
    #expect(text.contains("'zo-sgd'") && text.contains("Mine 0.1") && text.contains("ZO 1.0"))
    #expect(try registry.make("zo-sgd").hasPrefix("zo-sgd"))
  }

  @Test func everyProblemIsToldAtOnce() throws {
    let wrong: [String: OptionValue] = [
      "epsilom": .number(1), "epsilon": .number(0), "queries": .number(1.5), "sided": .text("three"),
      "verbose": .text("yes"), "targets": .list([.integer(3)]), "decay": .number(-1), "label": .integer(1),
    ]
    let lines = try message(.invalidOption) { _ = try registry().make("zo-sgd", options: wrong) }
      .split(separator: "\n").map(String.init)
    #expect(lines.count == wrong.count)
    func expectLine(_ parts: String...) {
      #expect(lines.contains { line in parts.allSatisfy { line.contains($0) } }, "\(parts) in \(lines)")
    }
    expectLine("zo-sgd has no option 'epsilom'", "Did you mean 'epsilon'?", "queries")
    expectLine("zo-sgd.epsilon must be a number > 0 and ≤ 1, got '0.0'")
    expectLine("zo-sgd.queries must be a whole number ≥ 1, got '1.5'")
    expectLine("zo-sgd.sided must be one of one, two, got 'three'")
    expectLine("zo-sgd.verbose must be true or false, got 'yes'")
    expectLine("zo-sgd.targets must be a list of names, got '[3]'")
    expectLine("zo-sgd.decay must be a number ≥ 0, got '-1.0'")
    expectLine("zo-sgd.label must be text, got '1'")
  }

  @Test func componentsWithoutOptionsSaySo() throws {
    guard case .failure(let problems) = Options.resolve(["x": .integer(1)], for: [], of: "full") else {
      Issue.record("an option was taken")
      return
    }
    #expect(problems.lines == ["full has no option 'x'. It takes none."])
  }

  /// Values at the edges of what an option takes.
  @Test(arguments: [
    (OptionSpecification.Kind.number(above: 0, atMost: 1), OptionValue.number(1), true),
    (.number(above: 0, atMost: 1), .number(0), false),
    (.number(above: 0, atMost: .infinity), .number(.infinity), false),
    (.number(above: 0, atMost: 1), .number(.nan), false),
    (.fraction(from: 0, below: 1), .number(0), true), (.fraction(from: 0, below: 1), .number(1), false),
    (.fraction(from: 0, below: .infinity), .number(.infinity), false),
    (.fraction(from: 0, below: 1), .integer(0), true),
    (.integer(atLeast: 1, atMost: 3), .integer(3), true), (.integer(atLeast: 1, atMost: 3), .integer(4), false),
    (.integer(atLeast: 1, atMost: 3), .number(2), false), (.choice(["a"]), .text("A"), false),
    (.names, .list([]), false), (.names, .text("q"), true), (.boolean, .integer(1), false),
  ])
  func edges(_ kind: OptionSpecification.Kind, _ value: OptionValue, _ isTaken: Bool) {
    let specification = OptionSpecification("o", kind, default: .boolean(true), help: "")
    #expect((specification.accepted(value) != nil) == isTaken)
  }

  /// A default is read like a value in a recipe: a whole number stands for a number.
  @Test func defaultsAreNormalised() throws {
    let options = try Options.resolve([:], for: options, of: "zo-sgd").get()
    #expect(options.number("decay") == 0 && options.number("epsilon") == 1e-3 && options.integer("queries") == 1)
    #expect(options.boolean("verbose") == false && options.text("sided") == "two" && options.text("label") == "")
    #expect(options.names("targets") == ["q_proj", "v_proj"])
  }

  @Test func descriptionsGoThroughJSON() throws {
    let description = ComponentDescription(name: "n", summary: "s", reference: "r", cost: "c", options: options)
    #expect(try roundTrip(description) == description)
    let text = try #require(String(data: JSONEncoder().encode(description), encoding: .utf8))
    #expect(!text.contains("inf") && !text.contains("9223372036854775807"))
  }

  @Test func optionValuesGoThroughJSON() throws {
    let values: [OptionValue] = [
      .boolean(true), .integer(-3), .number(2.5), .text("x"), .list([.integer(1), .list([.text("y")])]),
    ]
    #expect(try roundTrip(values) == values)
    #expect(values.map(\.description) == ["true", "-3", "2.5", "x", "[1, [y]]"])
  }

  @Test func nearNames() {
    let names = ["zo-sgd", "zo-adam", "momentum", "learning_rate"]
    func near(_ name: String) -> String? { NearName.suggestion(for: name, among: names) }
    #expect(near("zo-sdg") == "zo-sgd" && near("ZO-SGD") == "zo-sgd" && near("zosgd") == "zo-sgd")
    #expect(near("leraning_rate") == "learning_rate" && near("learningrate") == "learning_rate")
    #expect(near("momentun") == "momentum" && near("xxxxxx") == nil && near("") == nil)
    #expect(NearName.suggestion(for: "a", among: [String]()) == nil)
    #expect(NearName.hint(for: "momentun", among: names) == " Did you mean 'momentum'?")
    #expect(NearName.hint(for: "xxxxxx", among: names) == "")
    // Of two as near, the first in the alphabet, whatever the order they come in.
    #expect(NearName.suggestion(for: "ax", among: ["az", "ay"]) == "ay")
  }
}
