import Foundation
import TensorCore

/// A format of files of named tensors, of which a Hugging Face folder has one whole or several as shards.
public protocol TensorFile: Sendable {
  associatedtype Entry: TensorEntry

  /// What a folder calls the file: `model.safetensors`. The shards' names end as it does, and `.index.json` after it
  /// is the name of their index.
  static var wholeName: String { get }

  var url: URL { get }
  var entries: [Entry] { get }

  /// - Throws: `ModelError` or `TensorError`.
  init(_ url: URL) throws

  /// - Throws: `ModelError` or `TensorError`.
  func tensor(_ name: String) throws -> Tensor
}

/// A tensor as its file describes it.
public protocol TensorEntry: Sendable {
  var name: String { get }
  /// In the file's own words.
  var dtype: String { get }
  var shape: [Int] { get }
}

extension SafetensorsFile: TensorFile {
  public static let wholeName = "model.safetensors"
}

extension SafetensorsFile.Entry: TensorEntry {}

extension TorchFile: TensorFile {
  public static let wholeName = "pytorch_model.bin"
}

extension TorchFile.Entry: TensorEntry {}
