import TensorCore

/// What a parameter is in its layer; weight decay and schemes choose by it.
public enum ParameterRole: String, Sendable, Codable {
  case linear
  case embedding
  case norm
  case bias
  case adapter

  /// Weight decay leaves norms and biases alone (MeZO skips names with `bias` and `layernorm`).
  public var decays: Bool { self != .norm && self != .bias }
}

/// A named tensor of a model.
public struct Parameter: Sendable {
  public let path: ParameterPath
  public var tensor: Tensor
  public let role: ParameterRole
  /// Whether displacements and moves reach it.
  public var isTrainable: Bool

  public init(path: ParameterPath, tensor: Tensor, role: ParameterRole, isTrainable: Bool = false) {
    self.path = path
    self.tensor = tensor
    self.role = role
    self.isTrainable = isTrainable
  }
}

/// The parameters of a model in a fixed order. Tied weights are one parameter with two readers.
public struct ParameterSet: Sendable {
  public private(set) var parameters: [Parameter] = []
  private var index: [ParameterPath: Int] = [:]

  public init() {}

  public subscript(path: ParameterPath) -> Parameter? { index[path].map { parameters[$0] } }

  /// The parameter at `path`, which the model's loading has made sure of.
  public func require(_ path: ParameterPath) -> Parameter {
    guard let parameter = self[path] else {
      preconditionFailure("ParameterSet: no '\(path)' among \(parameters.count) parameters")
    }
    return parameter
  }

  public mutating func append(_ parameter: Parameter) {
    precondition(index[parameter.path] == nil, "ParameterSet: '\(parameter.path)' is already there")
    index[parameter.path] = parameters.count
    parameters.append(parameter)
  }

  public mutating func remove(where shouldRemove: (Parameter) -> Bool) {
    parameters.removeAll(where: shouldRemove)
    index = Dictionary(uniqueKeysWithValues: parameters.enumerated().map { ($1.path, $0) })
  }

  /// Changes each parameter in place, in order.
  public mutating func update(_ body: (inout Parameter) throws -> Void) rethrows {
    for i in parameters.indices { try body(&parameters[i]) }
  }

  public var paths: [ParameterPath] { parameters.map(\.path) }
  public var trainable: [Parameter] { parameters.filter(\.isTrainable) }
  /// Of which something trains and lies in `support`.
  public func trainable(in support: Support) -> [Parameter] { masked(by: support).map(\.parameter) }

  /// The same, each with the mask of its elements that lie in `support`.
  func masked(by support: Support) -> [(parameter: Parameter, mask: ElementMask)] {
    trainable.compactMap { parameter in support.mask(of: parameter.path).map { (parameter, $0) } }
  }
  /// Number of scalars.
  public var count: Int { parameters.reduce(0) { $0 + $1.tensor.count } }
  public var trainableCount: Int { parameters.reduce(0) { $0 + ($1.isTrainable ? $1.tensor.count : 0) } }
  public var byteCount: Int { parameters.reduce(0) { $0 + $1.tensor.byteCount } }
}
