import Foundation
import Synchronization

/// Ctrl-C and SIGTERM ask a run to stop at the next step; a second one ends the process at once.
enum Signals {
  private static let received = Atomic<Int32>(0)

  static func watch() {
    for signal in [SIGINT, SIGTERM] {
      Foundation.signal(signal) { number in
        if Signals.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
      }
    }
    // A parent may have blocked them: what it starts inherits that.
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  static var stopRequested: Bool { received.load(ordering: .relaxed) != 0 }
}

/// A run that ended early and can go on.
struct StoppedBySignal: Error, CustomStringConvertible {
  static let exitStatus: Int32 = 75
  let description: String
}
