import Synchronization
import TuningCore

/// Supports that are in use, so that whoever asks again is given the same object.
final class SupportCache: Sendable {
  private struct Key: Hashable {
    var paths: Set<ParameterPath>
    /// The step at which the mask was drawn.
    var drawn: Int
  }

  private struct Entry {
    weak var support: Support?
  }

  private let entries = Mutex<[Key: Entry]>([:])

  func support(of paths: Set<ParameterPath>, drawn: Int = 0, _ make: () -> Support) -> Support {
    entries.withLock { entries in
      let key = Key(paths: paths, drawn: drawn)
      if let support = entries[key]?.support { return support }
      entries = entries.filter { $0.value.support != nil }
      let support = make()
      entries[key] = Entry(support: support)
      return support
    }
  }
}
