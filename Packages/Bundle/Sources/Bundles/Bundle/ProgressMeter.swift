/// Counts a stage's bytes and tells its handler after every few MiB.
struct ProgressMeter {
  private static let stride = 4 << 20

  private let stage: BundleProgress.Stage
  private let total: Int
  private let handler: BundleProgress.Handler?
  private var done = 0
  private var told = 0

  init(_ stage: BundleProgress.Stage, total: Int, _ handler: BundleProgress.Handler?) {
    self.stage = stage
    self.total = total
    self.handler = handler
  }

  mutating func advance(_ count: Int) throws {
    done += count
    guard done - told >= Self.stride else { return }
    told = done
    try handler?(BundleProgress(stage: stage, done: done, total: total))
  }

  func finish() throws { try handler?(BundleProgress(stage: stage, done: total, total: total)) }
}
