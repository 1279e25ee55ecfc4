import TensorCore

/// What is known of the gradient ∇L after a step's questions.
public enum GradientEstimate: Equatable, Sendable {
  /// Σ cⱼ zⱼ: directions are named, never stored.
  case directions([Term])
  /// c ∇L: exact, and held.
  case gradient(Gradient, scale: Float)
}

extension GradientEstimate {
  /// What the estimate says of one parameter, a piece at a time.
  struct Pieces {
    private let path: ParameterPath
    private let terms: [Term]
    private let exact: (tensor: Tensor, scale: Float)?

    fileprivate init(_ path: ParameterPath, terms: [Term] = [], exact: (tensor: Tensor, scale: Float)? = nil) {
      self.path = path
      self.terms = terms.filter { $0.coefficient != 0 }
      self.exact = exact
    }

    /// Writes elements `start ..< start + out.count`, those in `support` at least.
    ///
    /// - Parameter noise: room for as many.
    func write(
      _ out: UnsafeMutableBufferPointer<Float>, start: Int, confined support: Support,
      noise: UnsafeMutableBufferPointer<Float>
    ) {
      if let exact {
        _ = out.update(fromContentsOf: exact.tensor.floats[start..<start + out.count])
        if exact.scale != 1 { out.scale(by: exact.scale) }
        return
      }
      out.update(repeating: 0)
      for term in terms {
        term.direction.add(term.coefficient, to: out, of: path, start: start, confined: support, noise: noise)
      }
    }
  }

  func pieces(of path: ParameterPath) -> Pieces {
    switch self {
    case .directions(let terms): return Pieces(path, terms: terms)
    case .gradient(let gradient, let scale):
      guard let tensor = gradient.tensors[path] else {
        preconditionFailure("a descent: the gradient was not asked for '\(path)'")
      }
      return Pieces(path, exact: (tensor, scale))
    }
  }
}
