import TensorCore
import TuningCore

/// Leaves out a random share of the elements, drawn anew every so many steps.
///
///     P(element of parameter l takes part) = 1 − s_l
///     uniform      s_l = s
///     magnitude    s_l = share of parameter l's |w| below the s-quantile t of all |w|, at the start
///
/// So with `magnitude` the rates are those at which magnitude pruning would thin the layers, but the places are random:
/// Σ s_l n_l = s Σ n_l. Of the elements whose magnitude is t itself the same part counts as below in every parameter,
/// that which makes the shares come out: zeros in any number (LoRA's B) leave nothing to chance.
///
/// Element i of parameter l takes part iff its number at (mask's seed, l's path) is below (1 − s_l) 2³², see
/// docs/noise.md; the seed is that of (masks, first step of the period).
///
/// - Cost: none in memory; of a direction's generation a third more.
///
/// Reference: Zhang et al., "Revisiting Zeroth-Order Optimization for Memory-Efficient LLM Fine-Tuning", ICML 2024
/// (whose code zeroes a share Φ(s) in place of s).
public struct RandomMask: Masking {
  public enum Rates: String, Sendable, CaseIterable {
    case uniform
    case magnitude
  }

  /// s: the share that is left out, below 1.
  public var sparsity: Double
  public var rates: Rates
  /// Steps between two draws; 0: one for the run.
  public var period: Int

  public init(sparsity: Double = 0.5, rates: Rates = .magnitude, period: Int = 1) {
    precondition(sparsity >= 0 && sparsity < 1 && period >= 0, "RandomMask: sparsity \(sparsity), period \(period)")
    self.sparsity = sparsity
    self.rates = rates
    self.period = period
  }

  public func masks(for parameters: ParameterSet, seeds: SeedSequence, threads: Threads) -> any MaskSequence {
    let sparsities: [Double]
    switch rates {
    case .uniform: sparsities = parameters.trainable.map { _ in sparsity }
    case .magnitude:
      let tensors = parameters.trainable.map(\.tensor)
      let threshold = MagnitudeThreshold(below: sparsity, of: tensors, threads: threads)
      sparsities = tensors.map { threshold.share(of: $0, threads: threads) }
    }
    return RandomMasks(
      densities: Dictionary(uniqueKeysWithValues: zip(parameters.trainable.map(\.path), sparsities.map { 1 - $0 })),
      period: period, seeds: seeds)
  }
}

extension RandomMask {
  /// What recipes may set, and at what it stands otherwise.
  public static let componentDescription = ComponentDescription(
    name: "random-mask",
    summary: "Leaves out a random share of the elements, at one rate or at each tensor's share of small weights.",
    reference: "Zhang et al. 2024, arXiv 2402.11592 (gradient pruning)",
    cost: "no memory; a direction's generation takes a third more",
    options: [
      OptionSpecification(
        "sparsity", .fraction(from: 0, below: 1), default: .number(0.5), help: "share of the elements that is left out"),
      OptionSpecification(
        "rates", .choice(Rates.allCases.map(\.rawValue)), default: .text(Rates.magnitude.rawValue),
        help: "uniform: every tensor's share; magnitude: each its share of the weights smallest at the start"),
      OptionSpecification(
        "period", .integer(atLeast: 0, atMost: .max), default: .integer(1),
        help: "steps after which the mask is drawn anew; 0: never"),
    ])

  public init(options: Options) {
    self.init(
      sparsity: options.number("sparsity"), rates: Rates(rawValue: options.text("rates"))!,
      period: options.integer("period"))
  }
}

/// A mask for each period.
struct RandomMasks: MaskSequence {
  /// Share of each parameter's elements that takes part.
  let densities: [ParameterPath: Double]
  let period: Int
  let seeds: SeedSequence
  private let inUse = SupportCache()

  init(densities: [ParameterPath: Double], period: Int, seeds: SeedSequence) {
    self.densities = densities
    self.period = period
    self.seeds = seeds
  }

  func support(of paths: Set<ParameterPath>, step: Int) -> Support {
    let drawn = period == 0 ? 0 : step - step % period
    return inUse.support(of: paths, drawn: drawn) {
      let seed = seeds.seed(.masking, step: drawn)
      let masks = paths.map { path in
        (path, densities[path].flatMap { ElementMask.random(seed: seed, density: $0) })
      }
      return Support(Dictionary(uniqueKeysWithValues: masks).compactMapValues(\.self))
    }
  }

  var byteCount: Int { 0 }
}
