import Foundation
import Testing

/// What the fuzzer found in the past stays mended, and the fuzzer itself still sees such things.
@Suite struct FuzzCorpusTests {
  private func fuzz(_ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process(), pipe = Pipe()
    process.executableURL = Project.products.appending(path: "zeroth-fuzz")
    process.arguments = arguments + ["--root", Project.root.path]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return (status, String(decoding: output, as: UTF8.self))
  }

  @Test func findingsOfThePastStayMended() throws {
    let corpus = Project.root.appending(path: "Tools/fuzz/Corpus")
    let files = try FileManager.default.subpathsOfDirectory(atPath: corpus.path).filter { $0.contains("/") }
    let (status, output) = try fuzz("--replay", corpus.path)
    #expect(status == 0, "\(output)")
    for file in files { #expect(output.contains("\(file): ")) }
  }

  @Test(.workplace, arguments: [("small", [0]), ("C", [-SIGILL, -SIGTRAP]), ("H", [78]), ("M", [-SIGABRT])])
  func defectsAreSeen(input: String, statuses: [Int32]) throws {
    let file = try Workplace().write(input, to: "input")
    let (status, output) = try fuzz("--replay", file.path, "--reader", "self-test", "--hang", "1")
    #expect(statuses.contains(status), "\(status): \(output)")
  }

  @Test(.workplace) func aFindingIsKeptMadeSmallAndFailsTheRun() throws {
    let folder = try Workplace().url
    let (status, output) = try fuzz(
      "--reader", "self-test", "--seed", "3", "--seconds", "300", "--findings", "1", "--jobs", "1",
      "--hang", "1", "--out", folder.path
    )
    #expect(status == 1 && output.contains("1 findings."), "\(output)")
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "self-test").path)
    let sizes = try kept.map { try Data(contentsOf: folder.appending(path: "self-test/\($0)")).count }
    #expect(try #require(sizes.min()) <= 2, "\(output)")
    #expect(output.contains("zeroth-fuzz --replay \(folder.path)/self-test/"))
  }
}
