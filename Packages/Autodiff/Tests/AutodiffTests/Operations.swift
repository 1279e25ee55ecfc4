import Foundation
import TensorCore
import Testing
import TuningCore

/// An operation of parameters alone, so that every evaluator runs it and every input gets its derivative.
protocol Operation {
  func apply<E: Evaluator>(_ parameters: ParameterSet, _ evaluator: E) -> E.Value
}

extension Evaluator {
  /// A matrix parameter as an activation.
  func matrix(_ path: ParameterPath, _ parameters: ParameterSet) -> Value {
    let table = parameters.require(path)
    return embedding((0..<Int32(table.tensor.rowCount)).map { $0 }, table: table)
  }
}

struct Embedding: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.embedding([2, 0, 2, 4, 1], table: p.require("table"))
  }
}

struct Gather: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value { e.gather(e.matrix("x", p), rows: [4, 0, 4]) }
}

struct Add: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.add(e.matrix("x", p), e.matrix("y", p), scale: -0.375)
  }
}

struct AddSelf: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    let x = e.matrix("x", p)
    return e.add(x, x, scale: 1)
  }
}

struct Concatenate: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.concatenate(e.matrix("x", p), e.matrix("y", p))
  }
}

struct Linear: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.linear(e.matrix("x", p), weight: p.require("w"), bias: p["b"])
  }
}

struct RMSNorm: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.rmsNorm(e.matrix("x", p), weight: p.require("w"), epsilon: 1e-3)
  }
}

struct LayerNorm: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.layerNorm(e.matrix("x", p), weight: p["w"], bias: p["b"], epsilon: 1e-3)
  }
}

struct Rotary: Operation {
  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    let angles = RotaryAngles(positions: [0, 1, 2, 3, 4], inverseFrequencies: [1, 0.25, 0.0625])
    return e.rotary(e.matrix("x", p), heads: 2, angles: angles)
  }
}

struct Attention: Operation {
  let pattern: AttentionPattern

  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    let prefix = pattern == .bidirectional ? nil : 0
    let layout = SequenceLayout(
      segments: [
        .init(rows: 0..<4), .init(rows: 4..<6, prefix: prefix), .init(rows: 6..<9, prefix: prefix),
        .init(rows: 9..<10), .init(rows: 10..<13),
      ], positions: [Int32](repeating: 0, count: 13))
    let x = e.matrix("x", p)
    func kept(_ weight: ParameterPath, after shared: ParameterPath) -> E.Value {
      let own = e.linear(x, weight: p.require(weight), bias: nil)
      return p[shared] == nil ? own : e.concatenate(e.matrix(shared, p), own)
    }
    return e.attention(
      queries: x, keys: kept("w_k", after: "k"), values: kept("w_v", after: "v"),
      heads: AttentionHeads(queries: 4, groups: 2, dimension: 6), pattern: pattern, layout: layout, cache: nil)
  }
}

struct LogProbabilities: Operation {
  var shift: Int32 = 0

  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    let targets = [(0, 3), (2, 0), (0, 10), (4, 5), (2, 0)].map {
      PackedBatch.Target(row: $0.0, token: Int32($0.1) + shift)
    }
    return e.logProbabilities(e.matrix("x", p), table: p.require("w"), bias: p["b"], targets: targets)
  }
}

struct Activate: Operation {
  let activation: Activation

  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value { e.activate(activation, e.matrix("x", p)) }
}

struct Gated: Operation {
  let activation: Activation

  func apply<E: Evaluator>(_ p: ParameterSet, _ e: E) -> E.Value {
    e.activate(activation, gate: e.matrix("x", p), up: e.matrix("y", p))
  }
}

/// What References/autodiff/reference.py says of an operation.
struct OperationGolden: Decodable, Sendable, CustomTestStringConvertible {
  struct Input: Decodable {
    let shape: [Int]
    let values: [Float]
  }

  let name: String
  let out: [Double]
  let slopes: [Float]
  let parameters: [String: Input]
  let gradients: [String: [Double]]

  var testDescription: String { name }

  static let all: [OperationGolden] = {
    let file = Bundle.module.url(forResource: "operations", withExtension: "json", subdirectory: "Goldens")!
    return try! JSONDecoder().decode([OperationGolden].self, from: Data(contentsOf: file))
  }()

  var operation: any Operation {
    let parts = name.split(separator: ":").map(String.init)
    return switch parts[0] {
    case "embedding": Embedding()
    case "gather": Gather()
    case "add": Add()
    case "add_self": AddSelf()
    case "linear", "linear_row", "linear_wide": Linear()
    case "rms_norm": RMSNorm()
    case "layer_norm", "layer_norm_plain": LayerNorm()
    case "rotary": Rotary()
    case "attention_causal", "attention_shared_causal": Attention(pattern: .causal())
    case "attention_window": Attention(pattern: .causal(window: 3))
    case "attention_both", "attention_shared_both": Attention(pattern: .bidirectional)
    case "attention_shared_window": Attention(pattern: .causal(window: 4))
    case "concatenate": Concatenate()
    case "log_probabilities": LogProbabilities()
    case "log_probabilities_wide": LogProbabilities(shift: 4096)
    case "activation": Activate(activation: Activation(named: parts[1])!)
    case "gated": Gated(activation: Activation(named: parts[1])!)
    default: preconditionFailure("no operation '\(name)'")
    }
  }

  /// The parameters, those of `frozen` not training.
  func parameterSet(dtype: DType = .float32, frozen: Set<String> = []) throws -> ParameterSet {
    var set = ParameterSet()
    for (path, input) in parameters.sorted(by: { $0.key < $1.key }) {
      let tensor = try Tensor(input.values, shape: input.shape, dtype: dtype)
      let role: ParameterRole = input.shape.count == 1 ? .bias : .linear
      set.append(
        Parameter(path: ParameterPath(path), tensor: tensor, role: role, isTrainable: !frozen.contains(path)))
    }
    return set
  }
}
