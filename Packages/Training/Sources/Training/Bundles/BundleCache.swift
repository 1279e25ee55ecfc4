import Bundles
import Foundation

/// Bundles that a recipe or a command names in the place of a model or an adapter, unpacked on this machine: each once, and
/// what several have in common once.
///
/// It lies at `ZEROTH_CACHE`, or else at `zeroth` in `XDG_CACHE_HOME` or `~/.cache`, and may be deleted at any time.
public struct BundleCache: Sendable {
  public let folder: URL

  public init(folder: URL) { self.folder = folder }

  /// Of this user.
  public static var standard: BundleCache {
    let environment = ProcessInfo.processInfo.environment
    func place(_ name: String) -> URL? { environment[name].flatMap { $0.isEmpty ? nil : URL(filePath: $0) } }
    return BundleCache(
      folder: place("ZEROTH_CACHE")
        ?? (place("XDG_CACHE_HOME") ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache"))
        .appending(path: "zeroth"))
  }

  /// Contents by hash.
  public var store: ObjectStore { ObjectStore(folder: folder.appending(path: "objects")) }

  /// Where the content of `place` lies: itself, or of a bundle (`.zb`) the folder, or the one GGUF file, that it is
  /// unpacked to.
  ///
  /// - Throws: `TrainingError.invalidInput` for a bundle of another kind; `BundleError` for one that is damaged.
  func content(of place: URL, kind: BundleManifest.Kind) throws -> URL {
    guard place.pathExtension == BundleWriter.fileExtension else { return place }
    let reader = try BundleReader(file: place)
    guard reader.manifest.kind == kind else {
      throw TrainingError(
        .invalidInput,
        "\(place.path): a bundle of kind \(reader.manifest.kind.rawValue), where one of kind \(kind.rawValue) is needed"
      )
    }
    let target = folder.appending(path: "bundles").appending(path: reader.id.hex)
    if !FileManager.default.fileExists(atPath: target.path) {
      try FileManager.default.createDirectory(
        at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      do {
        try reader.extract(to: target, store: store)
      } catch let error as BundleError where error.code == .occupied {
        // Another process was faster.
      }
    }
    return target.onlyGGUF ?? target
  }
}

extension URL {
  /// The one GGUF file in this folder; nil where there are more or none, or where the folder is a model of its own.
  fileprivate var onlyGGUF: URL? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let files = names.filter { $0.hasSuffix(".gguf") }
    return files.count == 1 && !names.contains("config.json") ? appendingPathComponent(files[0]) : nil
  }
}
