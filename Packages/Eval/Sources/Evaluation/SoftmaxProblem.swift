import Foundation
import TuningCore

/// The function that `SoftmaxRegression` minimises, with its derivatives.
struct SoftmaxProblem {
  private let features: [Double]
  private let classes: [Int]
  private let classCount: Int
  private let width: Int
  private let strength: Double

  private var rowCount: Int { classes.count }
  private var size: Int { classCount * width }

  init(features: [Float], width: Int, classes: [Int], classCount: Int, strength: Double) throws {
    func invalid(_ what: String) -> TuningError { TuningError(.invalidConfiguration, "logistic regression: \(what)") }
    guard width > 0, classCount > 0, features.count == classes.count.multipliedReportingOverflow(by: width).partialValue
    else { throw invalid("\(features.count) features for \(classes.count) rows of \(width)") }
    guard classes.allSatisfy((0..<classCount).contains) else { throw invalid("a class outside 0..<\(classCount)") }
    guard strength > 0, strength.isFinite else { throw invalid("c is \(strength): expected a number above 0") }
    guard features.allSatisfy(\.isFinite) else { throw invalid("a feature is no finite number") }
    self.features = features.map(Double.init)
    self.classes = classes
    self.classCount = classCount
    self.width = width
    self.strength = strength
  }

  /// Newton's method from W = 0.
  func minimum(tolerance: Double) throws -> (weights: [Double], iterations: Int) {
    var weights = [Double](repeating: 0, count: size)
    var current = point(weights)
    let goal = tolerance * norm(current.gradient)
    for iteration in 0..<200 {
      let length = norm(current.gradient)
      guard length > goal else { return (weights, iteration) }
      let step = newtonStep(current, accuracy: min(0.1, length.squareRoot()))
      let slope = dot(current.gradient, step)
      // A full step nearly always; half, a quarter... where the function falls less than a straight line would.
      var share = 1.0, next = point(sum(weights, share, step))
      while !(next.value <= current.value + 1e-4 * share * slope), share > 1e-10 {
        share /= 2
        next = point(sum(weights, share, step))
      }
      // What is left is the rounding of the sums.
      guard share > 1e-10, next.value < current.value || norm(next.gradient) < length else {
        guard length <= 1e3 * goal else { break }
        return (weights, iteration)
      }
      weights = sum(weights, share, step)
      current = next
    }
    throw TuningError(
      .invalidConfiguration,
      "logistic regression: no minimum found within 200 steps: the features' scales differ too much, lower c")
  }

  /// Where the function was looked at.
  private struct Point {
    var value: Double
    var gradient: [Double]
    /// softmax(W x), [N, K].
    var probabilities: [Double]
  }

  private func point(_ weights: [Double]) -> Point {
    var probabilities = products(weights), value = 0.5 * dot(weights, weights)
    var slopes = probabilities
    for row in 0..<rowCount {
      let line = row * classCount..<(row + 1) * classCount
      let greatest = probabilities[line].max() ?? 0
      let total = line.reduce(0.0) { $0 + exp(probabilities[$1] - greatest) }
      let own = line.lowerBound + classes[row]
      value += strength * (greatest + log(total) - probabilities[own])
      for index in line {
        probabilities[index] = exp(probabilities[index] - greatest) / total
        slopes[index] = strength * (probabilities[index] - (index == own ? 1 : 0))
      }
    }
    return Point(value: value, gradient: sum(weights, 1, backProducts(slopes)), probabilities: probabilities)
  }

  /// (∇²f) v = v + c Xᵀ (P ∘ (X v − Σ P ∘ X v)).
  private func curvature(_ point: Point, along v: [Double]) -> [Double] {
    var slopes = products(v)
    for row in 0..<rowCount {
      let line = row * classCount..<(row + 1) * classCount
      let mean = line.reduce(0.0) { $0 + point.probabilities[$1] * slopes[$1] }
      for index in line { slopes[index] = strength * point.probabilities[index] * (slopes[index] - mean) }
    }
    return sum(v, 1, backProducts(slopes))
  }

  /// Solves (∇²f) s = −∇f by conjugate gradients, to a share `accuracy` of ‖∇f‖.
  private func newtonStep(_ point: Point, accuracy: Double) -> [Double] {
    var step = [Double](repeating: 0, count: size)
    var rest = point.gradient.map { -$0 }, direction = rest
    var squared = dot(rest, rest)
    let goal = accuracy * accuracy * squared
    for _ in 0..<min(20 * size, 2000) where squared > goal {
      let image = curvature(point, along: direction)
      let length = squared / dot(direction, image)
      step = sum(step, length, direction)
      rest = sum(rest, -length, image)
      let next = dot(rest, rest)
      direction = sum(rest, next / squared, direction)
      squared = next
    }
    return step
  }

  /// X Vᵀ: [N, K].
  private func products(_ v: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: rowCount * classCount) { out, count in
      features.withUnsafeBufferPointer { x in
        v.withUnsafeBufferPointer { v in
          for row in 0..<rowCount {
            for k in 0..<classCount {
              var sum = 0.0
              for i in 0..<width { sum += x[row * width + i] * v[k * width + i] }
              out[row * classCount + k] = sum
            }
          }
        }
      }
      count = rowCount * classCount
    }
  }

  /// Sᵀ X: [K, C].
  private func backProducts(_ slopes: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: size)
    result.withUnsafeMutableBufferPointer { out in
      features.withUnsafeBufferPointer { x in
        for row in 0..<rowCount {
          for k in 0..<classCount {
            let slope = slopes[row * classCount + k]
            for i in 0..<width { out[k * width + i] += slope * x[row * width + i] }
          }
        }
      }
    }
    return result
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  private func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
  private func sum(_ a: [Double], _ factor: Double, _ b: [Double]) -> [Double] { zip(a, b).map { $0 + factor * $1 } }
}
