import Synchronization

/// What encoding needs beside the tokenizer; kept and reused from text to text.
struct EncodingWorkspace {
  var tokens = PieceTokens()
  var model = ModelWorkspace()
  var words = WordCache()
}

/// Workspaces that no thread is using.
///
/// Each call of `encode` takes one and gives it back, so that words are remembered from call to call while threads
/// share nothing.
final class WorkspacePool: Sendable {
  /// More than these are let go.
  private static let mostKept = 16

  private let free = Mutex<[EncodingWorkspace]>([])

  func take() -> EncodingWorkspace { free.withLock { $0.popLast() } ?? EncodingWorkspace() }

  func giveBack(_ workspace: consuming EncodingWorkspace) {
    let workspace = workspace
    free.withLock { if $0.count < Self.mostKept { $0.append(workspace) } }
  }
}
