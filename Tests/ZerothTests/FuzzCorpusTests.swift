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
}
