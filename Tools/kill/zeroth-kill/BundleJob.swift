import Foundation

/// `zeroth bundle create` and `zeroth bundle extract`: what they make is there whole, or not at all.
struct BundleJob: KillJob {
  let name: String
  /// What it makes: a file or a folder.
  private let product: String
  /// Before where it is made.
  private let arguments: [String]
  /// When it has been made already.
  private let afterwards: [String]?

  /// Packs the model at `model`.
  static func create(of model: URL) -> BundleJob {
    BundleJob(
      name: "bundle-create", product: "model.zb", arguments: ["bundle", "create", model.path, "--out"], afterwards: nil)
  }

  /// Unpacks `bundle`.
  static func extract(of bundle: URL) -> BundleJob {
    BundleJob(
      name: "bundle-extract", product: "model", arguments: ["bundle", "extract", bundle.path, "--out"],
      // Nothing is unpacked over what is there.
      afterwards: ["bundle", "verify", bundle.path])
  }

  var targets: [String] { [product] }

  func begin(in place: URL) throws -> [String] { arguments + [place.appending(path: product).path] }

  func goOn(in place: URL) throws -> [String] {
    if let afterwards, isMade(in: place) { return afterwards }
    return try begin(in: place)
  }

  func phase(in place: URL) -> String {
    if isMade(in: place) { return "end" }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
    return names.isEmpty ? "start" : product
  }

  func complaints(in place: URL, reference: URL, wasAsked: Bool) throws -> [String] {
    isMade(in: place) ? try differences(in: place, from: reference) : []
  }

  /// What a killed one was making lies hidden beside it, under a name that no other takes.
  func differences(in place: URL, from reference: URL) throws -> [String] {
    try FolderComparison(passesOver: { $0.hasPrefix(".") && $0.contains(".partial") })
      .differences(place, from: reference)
  }

  private func isMade(in place: URL) -> Bool { access(place.appending(path: product).path, F_OK) == 0 }
}
