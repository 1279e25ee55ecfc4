import Foundation
import TensorCore
import TuningCore

/// Brings the tensors that a configuration asks for out of a source, after comparing both lists.
struct ParameterLoader {
  private let configuration: any ModelConfiguration
  private let source: any WeightSource

  /// - Throws: `ModelError.mismatchedTensors`: fewer tensors than layers, or two names for one.
  init(configuration: any ModelConfiguration, source: any WeightSource) throws {
    self.configuration = configuration
    self.source = try RenamedWeights(source, for: configuration)
  }

  /// The parameters in the configuration's order, mapped where their dtype stays.
  ///
  /// - Throws: `ModelError.mismatchedTensors` naming every tensor that is missing, left over or of another shape.
  func load(as dtype: DType?) throws -> ParameterSet {
    let specifications = configuration.parameters
    try check(specifications)
    try checkCopies()
    var parameters = ParameterSet()
    for specification in specifications {
      let tensor = try source.tensor(specification.path.name, as: dtype)
      parameters.append(Parameter(path: specification.path, tensor: tensor, role: specification.role))
    }
    return parameters
  }

  private func check(_ specifications: [ParameterSpecification]) throws {
    var problems: [String] = []
    var known = Set<String>()
    for specification in specifications {
      let name = specification.path.name
      known.insert(name)
      guard let found = source.shapes[name] else {
        problems.append("missing: '\(name)' \(specification.shape)")
        continue
      }
      if found != specification.shape {
        problems.append("wrong shape: '\(name)' is \(found), the configuration says \(specification.shape)")
      }
    }
    let redundant = configuration.redundantTensors
    for (name, found) in source.shapes.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      if let shape = redundant[name] {
        if found != shape { problems.append("wrong shape: '\(name)' is \(found), the configuration says \(shape)") }
      } else {
        problems.append("not of this model: '\(name)' \(found)")
      }
    }
    guard problems.isEmpty else {
      throw ModelError(
        .mismatchedTensors,
        "\(source.name): the tensors are not those of the configuration:\n  " + problems.joined(separator: "\n  "))
    }
  }

  /// A tensor that is stored beside the one it is tied to must be the same numbers: else one of both is what was
  /// trained, and which one nobody here can say.
  private func checkCopies() throws {
    for (name, original) in configuration.tiedTensors where source.shapes[name] != nil {
      let copy = try source.tensor(name, as: nil), tensor = try source.tensor(original, as: nil)
      guard copy.dtype == tensor.dtype, haveEqualBytes(copy, tensor) else {
        throw ModelError(
          .mismatchedTensors,
          "\(source.name): the configuration ties '\(name)' to '\(original)', but their numbers differ: set "
            + "tie_word_embeddings to false if '\(name)' is meant")
      }
    }
  }

  private func haveEqualBytes(_ a: Tensor, _ b: Tensor) -> Bool {
    let piece = 1 << 22
    for start in stride(from: 0, to: a.byteCount, by: piece) {
      let count = min(piece, a.byteCount - start)
      guard memcmp(a.bytes + start, b.bytes + start, count) == 0 else { return false }
      for tensor in [a, b] {
        tensor.storage.forgetPages(tensor.byteOffset + start..<tensor.byteOffset + start + count)
      }
    }
    return true
  }
}
