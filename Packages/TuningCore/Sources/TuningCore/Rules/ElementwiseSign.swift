/// signSGD (Bernstein et al. 2018; with estimates from losses alone Liu et al. 2019):
///
///     u = sign(ĝ), 0 where ĝ is 0
public struct ElementwiseSign: UpdateRule, Hashable {
  public var weightDecay: WeightDecay
  public var stateNames: [String] { [] }

  public init(weightDecay: WeightDecay = .none) { self.weightDecay = weightDecay }

  public func transform(_ gradient: UnsafeMutableBufferPointer<Float>, state _: StatePiece, step _: Int) {
    for i in gradient.indices { gradient[i] = gradient[i] > 0 ? 1 : gradient[i] < 0 ? -1 : 0 }
  }
}
