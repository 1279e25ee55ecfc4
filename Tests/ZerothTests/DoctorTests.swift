import Foundation
import Testing

@testable import Training

/// `zeroth doctor`, on recipes that are well and on recipes that are not.
@Suite(.workplace) struct DoctorTests {
  private func examine(_ settings: [String: String]) throws -> (status: Int32, findings: [String: Finding]) {
    let place = try Workplace()
    let recipe = try place.write(TinyRecipe.yaml(settings), to: "tiny.yaml").path
    let output = try Program.run("doctor", recipe, "--json", folder: place.url)
    let checkup = try JSONDecoder().decode(Checkup.self, from: Data(output.out.utf8))
    #expect(checkup.findings.allSatisfy { ($0.verdict == .fine) == $0.advice.isEmpty })
    #expect((output.status == 1) == (checkup.verdict == .problem) && [0, 1].contains(output.status), "\(output.err)")
    return (output.status, Dictionary(uniqueKeysWithValues: checkup.findings.map { ($0.question, $0) }))
  }

  @Test func aSoundRecipeIsFine() throws {
    let (status, findings) = try examine(["max_length": "256"])
    #expect(status == 0)
    for question in ["examples", "memory", "model as it came", "epsilon", "update", "learning rate", "time"] {
      #expect(findings[question]?.verdict == .fine, "\(question): \(String(describing: findings[question]))")
    }
    // stories260K's 512 tokens hold no word for a label.
    #expect(findings["label words"]?.verdict == .warning)
  }

  /// Where rounding hides the difference of two losses, and where the loss curves.
  @Test func displacementsAreComparedWithSlopes() throws {
    let tooSmall = try examine(["zo-sgd.epsilon": "1e-8"])
    #expect(tooSmall.status == 1 && tooSmall.findings["epsilon"]?.advice.contains("ten times as large") == true)
    let tooLarge = try examine(["zo-sgd.epsilon": "0.3"])
    #expect(tooLarge.status == 1 && tooLarge.findings["epsilon"]?.advice.contains("a tenth as large") == true)
    #expect(try examine(["optimizer": "fo-sgd"]).findings["epsilon"] == nil)
  }

  @Test func updatesThatGetLostAreSeen() throws {
    let lost = try examine(["dtype": "bfloat16", "rounding": "nearest", "learning_rate": "1e-10"])
    #expect(lost.status == 1 && lost.findings["update"]?.advice.contains("rounding: stochastic") == true)
    let kept = try examine(["dtype": "bfloat16", "rounding": "stochastic", "learning_rate": "1e-4"])
    #expect(kept.findings["update"]?.verdict == .fine)
    let masked = try examine(["masking": "random-mask", "learning_rate": "1e-4"])
    #expect(masked.findings["update"]?.found.contains("moves 100 %") == true)
  }

  @Test func updatesThatAreTooLargeAreSeen() throws {
    let (status, findings) = try examine(["learning_rate": "1e3"])
    #expect(status == 1 && findings["update"]?.verdict == .problem)
  }

  @Test func aStepThatTheMachineHasNoMemoryForIsRefused() throws {
    let forecast = try Session(folder: RunFolder(URL(filePath: "/none"))).experiment().forecast()
    try forecast.requireRoom(in: UInt64(forecast.totalBytes))
    let refused = message { try forecast.requireRoom(in: UInt64(forecast.totalBytes) - 1) }
    expect(refused, mentions: "GiB", "lower batch_size or max_length")
  }

  @Test func whatIsWrongWithTheDataIsSaid() throws {
    let (_, findings) = try examine(["max_length": "8", "dev_examples": "0"])
    #expect(findings["examples"]?.verdict == .warning && findings["examples"]?.found.contains("cut") == true)
    #expect(findings["choosing"]?.verdict == .warning)
    // The same words, however much of the prompts is left.
    #expect(findings["label words"]?.verdict == .warning && findings["balance"] != nil)
  }
}
