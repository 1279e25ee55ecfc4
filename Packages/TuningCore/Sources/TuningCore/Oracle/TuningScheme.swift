import TensorCore

/// A plugin kind: which numbers of a model are trained, and what is added to it for that.
///
/// Laws: attach then detach leaves the state as it was; before training an adapter changes no loss; a merged model
/// agrees with the adapted one within rounding.
public protocol TuningScheme: Sendable {
  /// Marks or adds the trainable parameters. Tensors that are mapped read-only and will train are copied.
  ///
  /// - Throws: `TuningError.unmatchedTarget` where a target names no layer, with the near names.
  func attach(to state: inout ModelState, seeds: SeedSequence) throws

  /// Takes away what `attach` added; trained values of the model's own parameters stay.
  func detach(from state: inout ModelState)

  /// Writes what was learnt into the model's own parameters, and detaches.
  ///
  /// - Throws: `TuningError.notApplicable` where the scheme has no merged form.
  func merge(into state: inout ModelState) throws

  /// What another program needs to know of an adapter to load it: the PEFT `adapter_config.json`, without the base
  /// model's name. nil where the model's own parameters train.
  var adapterConfiguration: [String: OptionValue]? { get }
}
