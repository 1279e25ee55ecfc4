import TensorCore
import Testing
import TuningCore

@Suite struct ParameterTests {
  private func set(_ names: [ParameterPath]) throws -> ParameterSet {
    var dice = Dice(1), set = ParameterSet()
    for (i, name) in names.enumerated() { set.append(try dice.parameter(name, [i + 1, 2], trains: i % 2 == 0)) }
    return set
  }

  @Test func orderIsTheOrderOfAppending() throws {
    var set = try set(["b", "a", "c"])
    #expect(set.paths == ["b", "a", "c"] && set.trainable.map(\.path) == ["b", "c"])
    #expect(set.count == 12 && set.trainableCount == 8 && set.byteCount == 48)
    #expect(set["a"]?.tensor.shape == [2, 2] && set["d"] == nil && set.require("c").tensor.shape == [3, 2])
    set.update { $0.isTrainable = $0.path == "a" }
    #expect(set.trainable.map(\.path) == ["a"])
    set.remove { $0.path == "b" }
    #expect(set.paths == ["a", "c"] && set["c"]?.tensor.shape == [3, 2] && set["b"] == nil)
    var dice = Dice(2)
    set.append(try dice.parameter("b", [1]))
    #expect(set.paths == ["a", "c", "b"] && set.require("b").tensor.count == 1)
  }

  /// Copies are the list of tensors, not the numbers.
  @Test func copiesShareTheTensors() throws {
    let set = try set(["a"]), copy = set
    copy.require("a").tensor.mutableFloats[0] = 42
    #expect(set.require("a").tensor.values[0] == 42)
  }

  @Test func duplicatesStop() async {
    await #expect(processExitsWith: .failure) {
      var dice = Dice(1), set = ParameterSet()
      set.append(try dice.parameter("a", [1]))
      set.append(try dice.parameter("a", [2]))
    }
  }

  @Test func pathsAreNames() throws {
    let path: ParameterPath = "model.embed_tokens.weight"
    #expect(path.hash == 0xa88f_d795_d5c6_d156 && path.description == "model.embed_tokens.weight")
    #expect(path != "model.embed_tokens.bias" && ParameterPath("a") < "b")
    #expect(try roundTrip([path]) == [path])
  }

  @Test func normsAndBiasesDoNotDecay() {
    #expect([ParameterRole.linear, .embedding, .adapter].allSatisfy { $0.decays })
    #expect(!ParameterRole.norm.decays && !ParameterRole.bias.decays)
  }

  @Test func directionsAreTheirSeedLawAndPath() throws {
    let direction = Direction(seed: 7, law: .gaussianFast)
    var part = [Float](repeating: 0, count: 5), raw = part
    part.withUnsafeMutableBufferPointer { direction.fill($0, of: "w", start: 3) }
    raw.withUnsafeMutableBufferPointer {
      AddressedNoise.fill($0, law: .gaussianFast, seed: 7, pathHash: AddressedNoise.hash(ofPath: "w"), start: 3)
    }
    #expect(part == raw && part == Array(direction.elements(of: "w", count: 8)[3...]))
    #expect(part != Array(direction.elements(of: "v", count: 8)[3...]))
  }
}
