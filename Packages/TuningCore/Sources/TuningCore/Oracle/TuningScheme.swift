import TensorCore

/// A plugin kind: which numbers of a model are trained, and what is added to it for that.
///
/// Laws: attach then detach leaves the state as it was; before training an adapter changes no loss, where
/// `startsAsIdentity`; a merged model agrees with the adapted one within rounding; what trains is what was announced.
public protocol TuningScheme: Sendable {
  /// What `attach` will make trainable, in its order, from shapes alone: no number of a tensor is read, so that a
  /// configuration without weights is enough.
  ///
  /// - Throws: what `attach` throws.
  func trainable(of model: any LanguageModel, parameters: ParameterSet) throws -> [TrainableShape]

  /// Marks or adds the trainable parameters. Tensors that are mapped read-only and will train are copied.
  ///
  /// - Parameter model: the definition that the state belongs to.
  /// - Throws: `TuningError.unmatchedTarget` where a target names no layer, with the near names; `.notApplicable` for a
  ///   model that the scheme has nothing to train of.
  func attach(to state: inout ModelState, of model: any LanguageModel, seeds: SeedSequence) throws

  /// Takes away what `attach` added; trained values of the model's own parameters stay.
  func detach(from state: inout ModelState)

  /// Writes what was learnt into the model's own parameters, and detaches.
  ///
  /// - Throws: `TuningError.notApplicable` where the scheme has no merged form; nothing is changed then.
  func merge(into state: inout ModelState) throws

  /// Whether attaching changes no loss before anything was trained.
  var startsAsIdentity: Bool { get }

  /// What another program needs to know of an adapter to load it: the PEFT `adapter_config.json`, without the base
  /// model's name. nil where the model's own parameters train.
  func adapterConfiguration(of model: any LanguageModel) -> [String: OptionValue]?

  /// The adapter's tensors under the names of its file.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  func adapterTensors(of state: ModelState) throws -> [(name: String, tensor: Tensor)]

  /// Takes up an adapter's tensors.
  ///
  /// - Parameters:
  ///   - state: with the scheme attached.
  ///   - tensor: the file's tensor of a name, in the shape and dtype asked for.
  /// - Throws: what `tensor` throws.
  func load(
    into state: ModelState, _ tensor: (_ name: String, _ shape: [Int], _ dtype: DType) throws -> Tensor) throws
}

/// A tensor that will train.
public struct TrainableShape: Sendable, Equatable {
  public let path: ParameterPath
  public let shape: [Int]
  /// Number of scalars.
  public var count: Int { shape.reduce(1, *) }

  public init(_ path: ParameterPath, _ shape: [Int]) {
    self.path = path
    self.shape = shape
  }
}

extension TuningScheme {
  public var startsAsIdentity: Bool { true }

  public func adapterConfiguration(of model: any LanguageModel) -> [String: OptionValue]? { nil }

  /// The trainable parameters, as PEFT names them in a model: `base_model.model.` and their path.
  public func adapterTensors(of state: ModelState) throws -> [(name: String, tensor: Tensor)] {
    state.parameters.trainable.map { ("base_model.model." + $0.path.name, $0.tensor) }
  }

  public func load(
    into state: ModelState, _ tensor: (_ name: String, _ shape: [Int], _ dtype: DType) throws -> Tensor
  ) throws {
    for (name, place) in try adapterTensors(of: state) {
      place.takeBytes(of: try tensor(name, place.shape, place.dtype))
    }
  }
}

extension Tensor {
  /// Takes over another tensor's numbers, of the same shape and dtype.
  public func takeBytes(of other: Tensor) {
    precondition(
      isWritable && shape == other.shape && dtype == other.dtype,
      "takeBytes: \(dtype.name) \(shape) from \(other.dtype.name) \(other.shape), writable: \(isWritable)")
    (storage.base + byteOffset).copyMemory(from: other.bytes, byteCount: byteCount)
  }
}
