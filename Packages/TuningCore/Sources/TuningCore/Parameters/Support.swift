import TensorCore

/// Which elements of the trainable parameters a step asks about and moves. What lies outside is not touched by it:
/// neither displaced, nor moved, nor decayed, nor its state brought on.
///
/// Compared by identity: whoever makes one hands the same to all who speak of the same step.
public final class Support: Sendable {
  /// Every element of every trainable parameter.
  public static let everything = Support()

  /// nil: all.
  private let masks: [ParameterPath: ElementMask]?

  private init() { masks = nil }

  /// The elements that each parameter's mask takes; of a parameter without one, none.
  public init(_ masks: [ParameterPath: ElementMask]) { self.masks = masks }

  /// All elements of these parameters.
  public convenience init(_ paths: Set<ParameterPath>) {
    self.init(Dictionary(uniqueKeysWithValues: paths.map { ($0, .all) }))
  }

  /// Whether anything of the parameter at `path` lies inside.
  public func includes(_ path: ParameterPath) -> Bool { mask(of: path) != nil }

  /// Whether all of the parameter at `path` lies inside.
  func isAll(of path: ParameterPath) -> Bool {
    if case .all = mask(of: path) { true } else { false }
  }

  /// Which elements of the parameter at `path` lie inside; nil: none.
  public func mask(of path: ParameterPath) -> ElementMask? {
    guard let masks else { return .all }
    return masks[path]
  }
}

extension Support: Hashable {
  public static func == (a: Support, b: Support) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
