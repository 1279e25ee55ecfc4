import Plots
import Testing

@Suite struct EscapingTests {
  @Test func textsCannotEndTheirElement() {
    let chart = LineChart(
      x: Axis("a < b", origin: 0), y: Axis("\"y\" & more"),
      series: [.init("<script>", [.init(0, 1), .init(1, 2)], style: SeriesStyle(0))], frameHeight: 100)
    let svg = Figure("R&D <1>", finding: "x > y", description: "'d' & e", panels: [.lines(chart)], width: 300).svg()
    #expect(svg.hasPrefix("<svg") && !svg.contains("<script>") && !svg.contains("R&D"))
    #expect(svg.contains("R&amp;D &lt;1&gt;") && svg.contains("a &lt; b"))
  }
}
