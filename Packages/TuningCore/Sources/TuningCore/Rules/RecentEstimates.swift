import Synchronization

/// The descents of a run's last steps, of all its parts: what an optimizer's state is made of where it is not kept.
final class RecentEstimates: Sendable {
  /// Steps.
  let window: Int
  private let held = Mutex<[StepUpdate]>([])

  init(window: Int) { self.window = window }

  var updates: [StepUpdate] {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }

  /// Adds the descent of the newest step.
  ///
  /// - Returns: the descents of the window that it ends.
  func append(_ update: StepUpdate) -> [StepUpdate] {
    held.withLock { updates in
      updates.removeAll { $0.step + window <= update.step }
      updates.append(update)
      return updates
    }
  }
}
