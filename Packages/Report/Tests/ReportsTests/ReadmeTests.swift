import Foundation
import Reports
import Testing

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    let temporary = try TemporaryFolder(), folder = temporary.url
    try temporary.write([RunFixture(name: "a"), RunFixture(name: "b", settings: ["seed=1"])])
    // README-BEGIN
    let report = try Report([folder], options: ReportOptions(conditions: [("task", "sst2")]))
    print(report.text(width: 100))
    for problem in report.problems { print("left out: \(problem)") }
    for table in report.tables where table.identifier == "scores-1" {
      print(table.rows.map { row in "\(row.labels[0]): \(row.cells[0].text)" })
    }
    try Data(report.html.utf8).write(to: folder.appending(path: "report.html"))
    try report.writeTensorBoard(to: folder.appending(path: "logs"))
    // README-END
    #expect(report.tables.first?.rows[0].cells[0].text == "50.0 ± 0.0 (2)")
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "report.html").path))
  }
}
