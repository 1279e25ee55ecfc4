import Sparsity
import Testing
import TuningCore

@Suite struct OptionTests {
  private func options(_ description: ComponentDescription, _ given: [String: OptionValue]) throws -> Options {
    try Options.resolve(given, for: description.options, of: description.name).get()
  }

  @Test func randomMask() throws {
    let plain = RandomMask(options: try options(RandomMask.componentDescription, [:]))
    #expect(plain.sparsity == 0.5 && plain.rates == .magnitude && plain.period == 1)
    let given: [String: OptionValue] = ["sparsity": .integer(0), "rates": .text("uniform"), "period": .integer(0)]
    let mask = RandomMask(options: try options(RandomMask.componentDescription, given))
    #expect(mask.sparsity == 0 && mask.rates == .uniform && mask.period == 0)
    for bad: [String: OptionValue] in [
      ["sparsity": .number(1)], ["sparsity": .number(-0.1)], ["sparsity": .number(.nan)], ["rates": .text("layer")],
      ["period": .integer(-1)],
    ] {
      #expect(throws: OptionProblems.self) { try options(RandomMask.componentDescription, bad) }
    }
  }

  @Test func magnitudeMask() throws {
    let plain = MagnitudeMask(options: try options(MagnitudeMask.componentDescription, [:]))
    #expect(plain.keep == .small && plain.sparsity == 0.75 && plain.threshold == .tensor)
    let given: [String: OptionValue] = ["keep": .text("large"), "threshold": .text("global")]
    let mask = MagnitudeMask(options: try options(MagnitudeMask.componentDescription, given))
    #expect(mask.keep == .large && mask.threshold == .global)
  }

  @Test func partitions() throws {
    let plain = Blockwise(options: try options(Blockwise.componentDescription, [:]))
    #expect(plain.level == .transformerBlock && plain.updates == .atOnce)
    let given: [String: OptionValue] = ["level": .text("attention-mlp"), "updates": .text("at-end")]
    let blockwise = Blockwise(options: try options(Blockwise.componentDescription, given))
    #expect(blockwise.level == .attentionMLP && blockwise.updates == .atEnd)
    #expect(HybridSplit(options: try options(HybridSplit.componentDescription, [:])).firstOrderBlocks == 1)
    #expect(throws: OptionProblems.self) {
      try options(HybridSplit.componentDescription, ["first_order_blocks": .integer(0)])
    }
  }
}
