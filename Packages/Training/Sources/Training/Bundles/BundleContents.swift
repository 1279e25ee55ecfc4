import Bundles
import Datasets
import Foundation

/// What goes into a bundle, and what its manifest says of it.
public struct BundleContents: Sendable {
  /// What a run is packed with, besides what its result follows from.
  public enum Extra: String, Sendable, CaseIterable {
    /// The base model with its tokenizer; without it the bundle has their hashes.
    case base
    /// The data; without them the bundle has their hash.
    case data
    /// The best parameters as `transformers` or `peft` load them; without them they are rebuilt from the ledger.
    case best
  }

  public var manifest: BundleManifest
  public var members: [BundleWriter.Member]

  /// What lies at `place`: a run folder, an adapter in PEFT's format, or a model (a Hugging Face folder or a GGUF file).
  ///
  /// - Throws: `TrainingError.invalidInput` for anything else; what `init(run:with:)` throws.
  public init(of place: URL, with extras: Set<Extra> = []) throws {
    func holds(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: place.appendingPathComponent(name).path)
    }
    if case let run = RunFolder(place), holds(run.recipe.lastPathComponent) {
      try self.init(run: run, with: extras)
    } else if holds("adapter_config.json") {
      try self.init(folder: place, kind: .adapter)
    } else if place.pathExtension == "gguf" || holds("config.json") {
      try self.init(folder: place, kind: .model)
    } else {
      throw TrainingError(
        .invalidInput,
        "\(place.path): neither a run folder (recipe.yaml), an adapter (adapter_config.json) nor a model (config.json, or a "
          + "GGUF file); data are packed by zeroth data pack")
    }
  }

  init(manifest: BundleManifest, members: [BundleWriter.Member]) {
    self.manifest = manifest
    self.members = members
  }

  /// Writes the bundle.
  ///
  /// - Throws: what `BundleWriter.write` throws.
  public func write(to target: URL, progress: BundleProgress.Handler? = nil) throws -> BundleWriter.Result {
    try BundleWriter(manifest: manifest, members: members).write(to: target, progress: progress)
  }
}

extension BundleContents {
  /// A model or an adapter: the files of its folder, or its one file.
  private init(folder: URL, kind: BundleManifest.Kind) throws {
    let members = try BundleWriter.Member.all(at: folder, under: "")
    guard members.contains(where: { $0.kind == .weights }) else {
      throw TrainingError(.invalidInput, "\(folder.path): holds no weights: no safetensors or GGUF file")
    }
    self.init(
      manifest: BundleManifest(kind: kind, title: folder.lastPathComponent, zeroth: ZerothVersion.text),
      members: members)
  }

  /// Packs a data set with its terms: the files of a folder, of an archive, or one file.
  ///
  /// - Parameters:
  ///   - title: one line for people; the file's name where nil.
  ///   - source: an address, a citation.
  ///   - licence: an SPDX identifier, or words.
  /// - Throws: `BundleError` for an archive that cannot be read; `TrainingError.invalidInput` where nothing is there.
  public static func pack(
    data place: URL, title: String? = nil, source: String, licence: String, to target: URL,
    progress: BundleProgress.Handler? = nil
  ) throws -> BundleWriter.Result {
    let manifest = BundleManifest(
      kind: .data, title: title ?? place.deletingPathExtension().lastPathComponent, zeroth: ZerothVersion.text,
      source: source, licence: licence)
    func write(_ place: URL) throws -> BundleWriter.Result {
      let members = try BundleWriter.Member.all(at: place, under: "", kind: .data)
      return try BundleContents(manifest: manifest, members: members).write(to: target, progress: progress)
    }
    guard let archive = try Self.archive(at: place) else { return try write(place) }
    let files = FileManager.default
    let unpacked = files.temporaryDirectory.appending(path: "zeroth-data-\(UUID().uuidString)")
    defer { try? files.removeItem(at: unpacked) }
    try archive.forEachMember { member, content in
      guard member.kind == .file else { return }
      let file = unpacked.appending(path: member.path)
      try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try AtomicFile.write(to: file) { sink in try content.forEachPiece(limit: .max, sink.append) }
    }
    return try write(unpacked)
  }

  /// nil for a folder, and for a file that is no archive.
  private static func archive(at place: URL) throws -> ArchiveReader? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
      throw TrainingError(.invalidInput, "\(place.path): there is no such file or folder")
    }
    guard !isFolder.boolValue else { return nil }
    do {
      return try ArchiveReader(file: place)
    } catch let error as BundleError where error.code == .notAnArchive {
      return nil
    }
  }
}

extension BundleWriter.Member {
  /// A file, or the files of a folder and of the folders in it, hidden ones apart; links are taken for what they lead to.
  ///
  /// - Parameters:
  ///   - prefix: of their paths in the bundle; empty, or with a `/` at its end.
  ///   - kind: of all; by their names without it.
  /// - Throws: `TrainingError.invalidInput` where nothing is there, or too many.
  static func all(
    at place: URL, under prefix: String, kind: BundleMember.Kind? = nil
  ) throws -> [BundleWriter.Member] {
    func member(_ file: URL, _ path: String) -> BundleWriter.Member {
      BundleWriter.Member(path: prefix + path, kind: kind ?? BundleMember.Kind(ofFile: path), file: file)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
      throw TrainingError(.invalidInput, "\(place.path): there is no such file or folder")
    }
    guard isFolder.boolValue else { return [member(place, place.lastPathComponent)] }
    let paths = try files(in: place)
    guard !paths.isEmpty else { throw TrainingError(.invalidInput, "\(place.path): an empty folder") }
    return paths.map { member(place.appendingPathComponent($0), $0) }
  }

  /// More folders in one another than this are a mistake, or a circle of links.
  private static let greatestDepth = 8

  private static func files(in folder: URL, depth: Int = 0) throws -> [String] {
    guard depth < greatestDepth else {
      throw TrainingError(.invalidInput, "\(folder.path): more than \(greatestDepth) folders in one another")
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw TrainingError(.invalidInput, "\(folder.path): cannot be read: \(error.localizedDescription)")
    }
    return try names.filter { !$0.hasPrefix(".") }.sorted().flatMap { name -> [String] in
      let file = folder.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else { return [] }
      return isFolder.boolValue ? try files(in: file, depth: depth + 1).map { "\(name)/\($0)" } : [name]
    }
  }
}

extension BundleMember.Kind {
  /// What a file of a model's or an adapter's folder is there for, by its name.
  init(ofFile path: String) {
    let name = (path as NSString).lastPathComponent.lowercased()
    switch (name as NSString).pathExtension {
    case "safetensors", "gguf": self = .weights
    case "model": self = .tokenizer
    case "md": self = .document
    default:
      if ["licen", "notice", "copying"].contains(where: name.hasPrefix) {
        self = .licence
      } else if ["tokenizer", "vocab", "merges", "special_tokens", "added_tokens", "chat_template"]
        .contains(where: name.hasPrefix)
      {
        self = .tokenizer
      } else {
        self = name.hasSuffix(".json") ? .configuration : .other
      }
    }
  }
}
