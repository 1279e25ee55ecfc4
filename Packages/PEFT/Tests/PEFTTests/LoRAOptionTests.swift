import PEFT
import Testing
import TuningCore

/// `lora` as a recipe makes it, and what it tells other programs.
@Suite struct LoRAOptionTests {
  private func make(_ options: [String: OptionValue] = [:]) throws -> LoRA {
    var registry = Registry<any TuningScheme>(kind: "tuning scheme")
    try registry.register(LoRA.componentDescription, origin: "tests") { try LoRA(options: $0) }
    return try #require(registry.make("lora", options: options) as? LoRA)
  }

  private func refusal(_ options: [String: OptionValue]) -> String {
    let error = #expect(throws: TuningError.self) { try make(options) }
    #expect(error?.code == .invalidOption)
    return error?.message ?? ""
  }

  @Test func defaults() throws {
    let scheme = try make()
    #expect(scheme.rank == 8 && scheme.alpha == 16 && scheme.targets == TargetModules(["q_proj", "v_proj"]))
  }

  @Test func optionsAreTaken() throws {
    let scheme = try make(["rank": .integer(2), "alpha": .integer(3), "targets": .text("all-linear")])
    #expect(scheme.rank == 2 && scheme.alpha == 3 && scheme.targets.names == ["all-linear"])
  }

  @Test(
    arguments: [("all", nil), ("3", 3...3), ("0", 0...0), ("2-4", 2...4), ("5-5", 5...5)]
      as [(String, ClosedRange<Int>?)])
  func layersAreAllOneOrARange(_ text: String, _ blocks: ClosedRange<Int>?) throws {
    #expect(try make(["layers": .text(text)]).targets.blocks == blocks)
  }

  @Test(arguments: [
    "", "-", "4-2", "2-", "-3", "-3--1", "1-2-3", "two", "1,2", "1.5", " 3", "All", "99999999999999999999",
  ])
  func otherLayersAreRefused(_ text: String) {
    let message = refusal(["layers": .text(text)])
    #expect(message.contains("lora.layers must be all, a number or a range such as 25-29, got '\(text)'"))
  }

  @Test(arguments: [
    ("rank", OptionValue.integer(0)), ("rank", .integer(5000)), ("rank", .number(2.5)), ("alpha", .number(0)),
    ("alpha", .number(-1)), ("alpha", .number(1e60)), ("alpha", .number(1e-60)), ("targets", .list([])),
    ("targets", .integer(3)),
  ])
  func whatCannotBeIsRefused(_ name: String, _ value: OptionValue) {
    #expect(refusal([name: value]).contains("lora.\(name) must be"))
  }

  @Test func unknownOptionsAreToldTheNearOne() {
    #expect(refusal(["rnak": .integer(4)]).contains("Did you mean 'rank'?"))
  }

  @Test func configurationNamesTheChoice() throws {
    let list = try #require(
      LoRA(rank: 4, alpha: 10, targets: ["k_proj"], blocks: 2...4).adapterConfiguration(of: ToyModel()))
    #expect(list["r"] == .integer(4) && list["lora_alpha"] == .number(10))
    #expect(list["target_modules"] == .list([.text("k_proj")]))
    #expect(list["layers_to_transform"] == .list([.integer(2), .integer(3), .integer(4)]))
    let all = try #require(LoRA(targets: ["all-linear"]).adapterConfiguration(of: ToyModel()))
    #expect(all["target_modules"] == .text("all-linear") && all["layers_to_transform"] == nil)
  }
}
