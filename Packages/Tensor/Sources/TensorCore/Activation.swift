import CTensorKernels

/// An elementwise function of a feed-forward layer, by the name that `transformers` gives it in a configuration.
public enum Activation: String, Sendable, CaseIterable {
  /// x
  case linear
  /// max(x, 0)
  case relu
  /// max(x, 0)² (So et al. 2021)
  case reluSquared = "relu2"
  /// min(max(x, 0), 6)
  case relu6
  /// x above 0, x / 100 below
  case leakyRelu = "leaky_relu"
  /// 1 / (1 + exp(−x))
  case sigmoid
  case tanh
  /// x · sigmoid(x)
  case silu
  /// x · Φ(x) with the normal distribution's Φ, by erf (Hendrycks & Gimpel 2016)
  case gelu
  /// x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))
  case geluTanh = "gelu_new"
  /// `gelu`, kept within ±10
  case geluClipped = "gelu_10"
  /// x · sigmoid(1.702 x)
  case quickGelu = "quick_gelu"
  /// x · tanh(ln(1 + eˣ)) (Misra 2019)
  case mish
  /// x · min(max(x + 3, 0), 6) / 6
  case hardSwish = "hardswish"
  /// Φ((x − 0.707107) / 0.282095) (Ma et al. 2022)
  case laplace

  /// Other names of the same functions.
  private static let synonyms: [String: Activation] = [
    "gelu_python": .gelu, "gelu_fast": .geluTanh, "gelu_accurate": .geluTanh, "gelu_pytorch_tanh": .geluTanh,
    "gelu_python_tanh": .geluTanh, "swish": .silu,
  ]

  /// The function that `transformers` means by `name`; nil for a name that it is not known by.
  public init?(named name: String) {
    guard let found = Activation(rawValue: name) ?? Activation.synonyms[name] else { return nil }
    self = found
  }

  /// Every name that `init(named:)` knows, in alphabetical order.
  public static var names: [String] { (allCases.map(\.rawValue) + synonyms.keys).sorted() }

  var kernel: Int32 {
    let kind =
      switch self {
      case .linear: ZT_LINEAR
      case .relu: ZT_RELU
      case .reluSquared: ZT_RELU_SQUARED
      case .relu6: ZT_RELU6
      case .leakyRelu: ZT_LEAKY_RELU
      case .sigmoid: ZT_SIGMOID
      case .tanh: ZT_TANH
      case .silu: ZT_SILU
      case .gelu: ZT_GELU
      case .geluTanh: ZT_GELU_TANH
      case .geluClipped: ZT_GELU_CLIPPED
      case .quickGelu: ZT_QUICK_GELU
      case .mish: ZT_MISH
      case .hardSwish: ZT_HARD_SWISH
      case .laplace: ZT_LAPLACE
      }
    return Int32(kind)
  }
}
