import TensorCore
import TuningCore

/// Leaves out the elements that were the largest, or the smallest, at the start.
///
///     keep small    takes part iff |w| < t, t the (1 − s)-quantile
///     keep large    takes part iff |w| > t, t the s-quantile
///
/// of each tensor's |w|, or of all trainable |w|. Of the elements with |w| = t addressed noise takes as many as make up
/// the share 1 − s, in expectation: zeros in any number are thinned, not all kept or all dropped. With adapters these
/// are the adapters' numbers, not the frozen weights': of LoRA's B, zero at the start, `keep: large` leaves next to
/// nothing.
///
/// - Cost: a bit for each element of a tensor that takes part in parts.
///
/// Reference: Liu et al., "Sparse MeZO: Less Parameters for Better Performance in Zeroth-Order LLM Fine-Tuning", 2024,
/// arXiv 2402.15751 (small weights, a threshold a layer).
public struct MagnitudeMask: Masking {
  public enum Kept: String, Sendable, CaseIterable {
    case small
    case large
  }

  public enum Threshold: String, Sendable, CaseIterable {
    /// One for each tensor: every tensor has the sparsity.
    case tensor
    /// One for all.
    case global
  }

  /// Which elements take part.
  public var keep: Kept
  /// s: the share that is left out, below 1.
  public var sparsity: Double
  public var threshold: Threshold

  public init(keep: Kept = .small, sparsity: Double = 0.75, threshold: Threshold = .tensor) {
    precondition(sparsity >= 0 && sparsity < 1, "MagnitudeMask: sparsity \(sparsity)")
    self.keep = keep
    self.sparsity = sparsity
    self.threshold = threshold
  }

  public func masks(
    for parameters: ParameterSet, seeds: SeedSequence, threads: Threads
  ) throws -> any MaskSequence {
    let share = keep == .small ? 1 - sparsity : sparsity
    let all = parameters.trainable
    let global = threshold == .tensor ? nil : MagnitudeThreshold(below: share, of: all.map(\.tensor), threads: threads)
    var masks: [ParameterPath: ElementMask] = [:]
    for parameter in all {
      let threshold = global ?? MagnitudeThreshold(below: share, of: [parameter.tensor], threads: threads)
      masks[parameter.path] = try mask(
        of: parameter, threshold, tieSeed: seeds.seed(.masking, query: 1), threads: threads)
    }
    return MagnitudeMasks(masks: masks)
  }

  /// nil: nothing of it.
  private func mask(
    of parameter: Parameter, _ threshold: MagnitudeThreshold, tieSeed: UInt64, threads: Threads
  ) throws -> ElementMask? {
    let tensor = parameter.tensor, share = threshold.share(of: tensor, threads: threads)
    if share == 0 { return keep == .small ? nil : .all }
    if share == 1 { return keep == .small ? .all : nil }
    let ties = ElementMask.random(seed: tieSeed, density: threshold.tieShare)
    let keepsSmall = keep == .small, limit = threshold.bits, hash = parameter.path.hash
    return .stored(
      try ElementBits(of: tensor, threads: threads) { value, element in
        let magnitude = MagnitudeThreshold.magnitude(value)
        let isBelow =
          magnitude < limit || magnitude == limit && ties?.count(of: element..<element + 1, pathHash: hash) == 1
        return isBelow == keepsSmall
      })
  }
}

extension MagnitudeMask {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "magnitude-mask",
    summary: "Leaves out the weights that were the largest at the start, or the smallest.",
    reference: "Liu et al. 2024, arXiv 2402.15751 (Sparse MeZO)",
    cost: "a bit a trainable parameter; a direction's generation takes a tenth more",
    options: [
      OptionSpecification(
        "keep", .choice(Kept.allCases.map(\.rawValue)), default: .text(Kept.small.rawValue),
        help: "which weights take part"),
      OptionSpecification(
        "sparsity", .fraction(from: 0, below: 1), default: .number(0.75),
        help: "share of the elements that is left out"),
      OptionSpecification(
        "threshold", .choice(Threshold.allCases.map(\.rawValue)), default: .text(Threshold.tensor.rawValue),
        help: "tensor: every tensor has the sparsity; global: all of them together"),
    ])

  public init(options: Options) {
    self.init(
      keep: Kept(rawValue: options.text("keep"))!, sparsity: options.number("sparsity"),
      threshold: Threshold(rawValue: options.text("threshold"))!)
  }
}

/// One mask for all steps.
struct MagnitudeMasks: MaskSequence {
  let masks: [ParameterPath: ElementMask]
  private let inUse = SupportCache()

  init(masks: [ParameterPath: ElementMask]) { self.masks = masks }

  func support(of paths: Set<ParameterPath>, step _: Int) -> Support {
    inUse.support(of: paths) { Support(masks.filter { paths.contains($0.key) }) }
  }

  var byteCount: Int {
    masks.values.reduce(0) { sum, mask in
      if case .stored(let bits) = mask { sum + bits.byteCount } else { sum }
    }
  }
}
