import TuningCore

extension OptionSpecification {
  /// The blocks that a scheme is for.
  static let layers = OptionSpecification(
    "layers", .text, default: .text("all"),
    help: "transformer blocks: all, one (29) or a range (25-29); what lies below is computed once for both sides")
}

extension Options {
  /// What `layers` says; nil: all.
  ///
  /// - Throws: `TuningError.invalidOption` for what is neither `all`, a number nor a range.
  func blocks(of component: String) throws -> ClosedRange<Int>? {
    let text = text("layers")
    guard text != "all" else { return nil }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], 0 <= first, first <= last
    else {
      throw TuningError(
        .invalidOption, "\(component).layers must be all, a number or a range such as 25-29, got '\(text)'")
    }
    return first...last
  }
}
