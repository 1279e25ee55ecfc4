/// Which elements of the trainable parameters a step asks about and moves. What lies outside is not touched by it:
/// neither displaced, nor moved, nor decayed, nor its state brought on.
///
/// Compared by identity: whoever makes one hands the same to all who speak of the same step.
public final class Support: Sendable {
  /// Every element of every trainable parameter.
  public static let everything = Support()

  /// nil: all.
  private let paths: Set<ParameterPath>?

  private init() { paths = nil }

  /// All elements of these parameters.
  public init(_ paths: Set<ParameterPath>) { self.paths = paths }

  /// Whether anything of the parameter at `path` lies inside.
  public func includes(_ path: ParameterPath) -> Bool { paths?.contains(path) ?? true }
}

extension Support: Hashable {
  public static func == (a: Support, b: Support) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
