import Foundation

/// The limits that the kernel keeps a process's groups to (control groups, version 2): those of a container, of a service,
/// of a session.
public struct ControlGroups: Sendable {
  /// Where the groups are mounted.
  private let root: URL
  /// What names the process's own.
  private let membership: URL

  /// This process's.
  public init() { self.init(root: URL(filePath: "/sys/fs/cgroup"), membership: URL(filePath: "/proc/self/cgroup")) }

  init(root: URL, membership: URL) {
    self.root = root
    self.membership = membership
  }

  /// Bytes that the process can still take within the limits of its group and of those above it; nil where there are
  /// none. Pages of files that nobody has in use count as free: the kernel drops them first.
  public var availableBytes: Int? { groups.compactMap(availableBytes).min() }

  /// Processors whose whole time the group and those above it allow, rounded up; nil where there is no limit.
  public var processors: Int? { groups.compactMap(processors).min() }

  /// The process's own group and those above it.
  private var groups: [URL] {
    guard let text = try? String(contentsOf: membership, encoding: .utf8),
      let own = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
    else { return [] }
    let names = own.dropFirst("0::".count).split(separator: "/")
    return (0...names.count).map { names.prefix($0).reduce(root) { $0.appending(path: $1) } }
  }

  private func availableBytes(in group: URL) -> Int? {
    // "max" where there is no limit.
    guard let limit = numbers("memory.max", of: group)?[0], let current = numbers("memory.current", of: group)?[0]
    else {
      return nil
    }
    let unused = text("memory.stat", of: group)?.split(separator: "\n").first { $0.hasPrefix("inactive_file ") }
    return max(0, limit - current + (unused?.split(separator: " ").last.flatMap { Int($0) } ?? 0))
  }

  /// cpu.max: microseconds allowed in each period of as many as follow.
  private func processors(in group: URL) -> Int? {
    guard let limit = numbers("cpu.max", of: group), limit.count == 2, limit[1] > 0 else { return nil }
    return max(1, (limit[0] + limit[1] - 1) / limit[1])
  }

  private func text(_ name: String, of group: URL) -> String? {
    try? String(contentsOf: group.appending(path: name), encoding: .utf8)
  }

  /// A file's one line; nil where one of its words is no number.
  private func numbers(_ name: String, of group: URL) -> [Int]? {
    guard let words = text(name, of: group)?.split(whereSeparator: \.isWhitespace), !words.isEmpty else { return nil }
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count ? numbers : nil
  }
}
