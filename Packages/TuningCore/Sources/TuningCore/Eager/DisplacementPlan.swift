import TensorCore

/// The displacements of an evaluation's lanes, turned round: which directions there are, and by how much each lane
/// goes along each. A direction that several lanes share is generated once for all of them.
struct DisplacementPlan {
  let laneCount: Int
  private let directions: [(direction: Direction, coefficients: [Float])]
  /// Whether lane l goes anywhere at all.
  let moves: [Bool]

  /// Elements of z that are generated at a time: they stay in the first-level cache.
  static let piece = 2048

  init(_ displacements: [Displacement]) {
    laneCount = displacements.count
    var order: [Direction] = []
    var table: [Direction: [Float]] = [:]
    for (lane, displacement) in displacements.enumerated() {
      for term in displacement.terms where term.coefficient != 0 {
        if table[term.direction] == nil {
          order.append(term.direction)
          table[term.direction] = [Float](repeating: 0, count: displacements.count)
        }
        table[term.direction]![lane] += term.coefficient
      }
    }
    let directions = order.map { (direction: $0, coefficients: table[$0]!) }
    self.directions = directions
    moves = displacements.indices.map { lane in directions.contains { $0.coefficients[lane] != 0 } }
  }

  /// Whether any lane reads `parameter` displaced.
  func displaces(_ parameter: Parameter) -> Bool {
    parameter.isTrainable && directions.contains { $0.direction.support.includes(parameter.path) }
  }

  /// Writes `source` + Σ aᵢ zᵢ for each lane that moves, of a parameter that is displaced, for elements `start ..< start + count` of `path`.
  ///
  /// - Parameters:
  ///   - out: lane l's elements begin at `out + l · laneStride`; lanes that do not move are left alone.
  ///   - noise: room for `piece` elements.
  func displace(
    _ source: UnsafePointer<Float>, count: Int, path: ParameterPath, start: Int, out: UnsafeMutablePointer<Float>,
    laneStride: Int, noise: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: 0, to: count, by: DisplacementPlan.piece) {
      let length = min(DisplacementPlan.piece, count - first)
      let z = UnsafeMutableBufferPointer(start: noise, count: length)
      for (number, entry) in directions.enumerated() {
        entry.direction.fill(z, of: path, start: start + first)
        for lane in 0..<laneCount where moves[lane] {
          let target = UnsafeMutableBufferPointer(start: out + lane * laneStride + first, count: length)
          let base = number == 0 ? source + first : UnsafePointer(target.baseAddress!)
          target.set(
            entry.coefficients[lane], UnsafeBufferPointer(z), plus: UnsafeBufferPointer(start: base, count: length))
        }
      }
    }
  }
}
