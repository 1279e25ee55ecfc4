import Foundation
import PEFT
import TensorCore
import Testing
import TuningCore

/// A linear layer with an adapter as the `peft` library has it, by References/lora/make_goldens.py.
private struct Golden: Decodable {
  struct Array: Decodable {
    let shape: [Int]
    let values: [Float]
  }

  let rank: Int
  let alpha: Float
  let inputs, outputs, trainable: Int
  let weight, bias, x: [Float]
  let y, merged: [Double]
  /// As its file names them.
  let adapter: [String: Array]
  let configuration: [String: OptionValue]

  static func load() throws -> Golden {
    let file = try #require(Bundle.module.url(forResource: "lora", withExtension: "json", subdirectory: "Goldens"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  var scheme: LoRA { LoRA(rank: rank, alpha: alpha, targets: ["q_proj"]) }

  /// The layer with the trained adapter.
  func state() throws -> ModelState {
    var set = ParameterSet()
    let weight = try Tensor(weight, shape: [outputs, inputs])
    set.append(Parameter(path: "q_proj.weight", tensor: weight, role: .linear))
    set.append(Parameter(path: "q_proj.bias", tensor: try Tensor(bias, shape: [outputs]), role: .bias))
    var state = ModelState(parameters: set)
    try scheme.attach(to: &state, of: ToyModel(), seeds: SeedSequence(runSeed: 1))
    for parameter in state.parameters.trainable {
      let trained = try #require(adapter["base_model.model.\(parameter.path)"], "peft has no \(parameter.path)")
      #expect(parameter.tensor.shape == trained.shape)
      trained.values.withUnsafeBufferPointer { parameter.tensor.store($0, at: 0) }
    }
    #expect(state.parameters.trainable.count == adapter.count)
    return state
  }

  func output(_ state: ModelState) throws -> [Float] {
    let rows = Parameter(path: "x", tensor: try Tensor(x, shape: [x.count / inputs, inputs]), role: .embedding)
    let evaluator = EagerEvaluator(threads: Threads(1))
    let x = evaluator.embedding([0, 1, 2], table: rows)
    return Swift.Array(evaluator.linear(x, "q_proj.weight", bias: "q_proj.bias", in: state).floats())
  }
}

@Suite struct GoldenTests {
  private func expectClose(_ got: [Float], _ expected: [Double], _ what: String) {
    let bound = 1e-6 * (expected.map { abs($0) }.max() ?? 0)
    let worst = zip(got, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(got.count == expected.count && worst <= bound, "\(what): off by \(worst)")
  }

  @Test func outputsArePEFTs() throws {
    let golden = try Golden.load(), state = try golden.state()
    expectClose(try golden.output(state), golden.y, "y")
    #expect(state.parameters.trainableCount == golden.trainable)
  }

  @Test func mergedWeightsArePEFTs() throws {
    let golden = try Golden.load()
    var state = try golden.state()
    try golden.scheme.merge(into: &state)
    expectClose(state.parameters.require("q_proj.weight").tensor.values, golden.merged, "merged")
    expectClose(try golden.output(state), golden.y, "y of the merged layer")
  }

  /// Each key that PEFT writes of these has our value; beyond them we say that the adapter is for use, not training.
  @Test func theConfigurationIsPEFTs() throws {
    let golden = try Golden.load()
    var ours = try #require(golden.scheme.adapterConfiguration(of: ToyModel()))
    #expect(ours.removeValue(forKey: "inference_mode") == .boolean(true))
    func asNumber(_ value: OptionValue) -> OptionValue {
      if case .integer(let integer) = value { .number(Double(integer)) } else { value }
    }
    #expect(ours.mapValues(asNumber) == golden.configuration.mapValues(asNumber))
  }
}
