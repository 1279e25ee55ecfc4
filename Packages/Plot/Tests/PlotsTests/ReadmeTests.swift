import Foundation
import Plots
import Testing

@Suite struct ReadmeTests {
  @Test func exampleRuns() throws {
    // README-BEGIN
    let losses = [0.69, 0.61, 0.58].enumerated().map { LineChart.Point(Double($0.offset), $0.element) }
    let chart = LineChart(
      x: Axis("step"), y: Axis("loss, nats"), series: [.init("zo-sgd", losses, style: SeriesStyle(0))])
    let figure = Figure("Loss", description: "Falls from 0.69 to 0.58.", panels: [.lines(chart)])
    let file = figure.svg()
    let inPage = figure.svg(on: .page, identifier: "loss-1")
    // README-END
    #expect(file.contains("#ffffff") && !inPage.contains("#ffffff") && inPage.contains("id=\"loss-1-t\""))
  }

  /// The README shows the lines above, word for word.
  @Test func readmeShowsTheExample() throws {
    let here = URL(filePath: #filePath)
    let readme = here.deletingLastPathComponent().appending(path: "../../README.md").standardized
    let shown = try #require(String(contentsOf: readme, encoding: .utf8).firstMatch(of: /```swift\n((?s).*?)```/)?.1)
    let source = try String(contentsOf: here, encoding: .utf8)
    let run = try #require(source.firstMatch(of: /README-BEGIN\n((?s).*?) *\/\/ README-END/)?.1)
    func lines(_ text: Substring) -> [String] {
      text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }
    #expect(lines(shown) == lines(run))
  }
}
