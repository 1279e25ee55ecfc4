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
}
