import Plots

/// `report.svg`: a run at a glance. Above, the metric on the development set against the step; below, the loss of the
/// batches, as it was and smoothed.
struct RunPicture {
  let steps: [StepReport]
  let evaluations: [EvaluationReport]
  let metric: Metric
  let title: String
  /// One line under the title: what the held-out examples say.
  let finding: String

  func svg() -> String {
    let scores = evaluations.map { LineChart.Point(Double($0.step), (metric.isShare ? 100 : 1) * $0.devScore) }
    let losses = steps.map { LineChart.Point(Double($0.step), Double($0.loss)) }
    let step = Axis("step", origin: 0)
    let best = evaluations.lastIndex { $0.isBest }
    let score = LineChart(
      x: step, y: Axis("dev \(metric.title)\(metric.isShare ? ", %" : "")"),
      series: [.init(nil, scores, style: SeriesStyle(2), look: .lineAndPoints, emphasised: best)], frameHeight: 150)
    let loss = LineChart(
      x: step, y: Axis("batch loss"),
      series: [
        .init(nil, losses, style: .faint, look: .thin), .init(nil, LineChart.smoothed(losses), style: SeriesStyle(0)),
      ], frameHeight: 150)
    return Figure(
      title, finding: finding,
      description:
        "Above, \(metric.title) on the development set against the step, the best step's point larger; below, the "
        + "loss of every batch, faint, and its average over about a twentieth of the run.",
      panels: [.lines(score), .lines(loss)], width: 760
    ).svg()
  }
}
