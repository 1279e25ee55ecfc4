import Bundles
import Foundation
import Synchronization

/// Where a task's files are: a folder, or an archive that is read in place.
public struct DataSource: Sendable {
  /// A file that was found, with the name that errors give it.
  public struct File: Sendable {
    public let name: String
    public let data: Data

    public init(name: String, data: Data) {
      self.name = name
      self.data = data
    }
  }

  private enum Place: Sendable {
    case folder(URL)
    /// An archive or a bundle: its files' paths, and how one is read with at most as many bytes as are said.
    case packed([String], read: @Sendable (String, Int) throws -> Data)
  }

  public let location: URL
  private let place: Place
  private let taken = TakenFiles()

  /// The files that were found so far, by their paths in the folder or archive, with the hashes of their contents.
  public var files: [String: ContentHash] { taken.hashes }

  /// `location` is a folder, a zip, tar.gz, tar.zst, ... file, or a bundle of data (`.zb`).
  ///
  /// - Throws: `DatasetError.missingFile`, or `BundleError` for a file that is no sound archive or bundle.
  public init(_ location: URL) throws {
    self.location = location
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: location.path, isDirectory: &isFolder) else {
      throw DatasetError(.missingFile, "\(location.path): there is no such folder or archive")
    }
    if isFolder.boolValue {
      place = .folder(location)
    } else if location.pathExtension == BundleWriter.fileExtension {
      let bundle = try BundleReader(file: location)
      place = .packed(bundle.manifest.members.map(\.path)) { try bundle.read(member: $0, limit: $1) }
    } else {
      let archive = try ArchiveReader(file: location)
      place = .packed(archive.members.filter { $0.kind == .file }.map(\.path)) {
        try archive.read(member: $0, limit: $1)
      }
    }
  }

  /// The file `name` of the data set whose official folder is `folder`: at the top or in `folder`; in an archive in any
  /// folder, but in one called `folder` rather than in another.
  ///
  /// - Throws: `DatasetError.missingFile` or `.ambiguousFile`; `BundleError` where it cannot be read or has more than
  ///   `limit` bytes.
  public func file(_ name: String, in folder: String, limit: Int = ArchiveReader.defaultSizeLimit) throws -> File {
    switch place {
    case .folder(let url): try looseFile(name, in: folder, of: url, limit: limit)
    case .packed(let paths, let read): try member(name, in: folder, of: paths) { try read($0, limit) }
    }
  }

  /// The file at `path`, as `files` names those that were found.
  ///
  /// - Throws: `DatasetError.missingFile`, or as `file(_:in:)`.
  public func file(at path: String, limit: Int = ArchiveReader.defaultSizeLimit) throws -> File {
    switch place {
    case .folder(let url):
      let file = url.appending(path: path)
      guard FileManager.default.fileExists(atPath: file.path) else { break }
      return File(name: file.path, data: try FileContent.read(file, limit: limit))
    case .packed(let paths, let read):
      guard paths.contains(path) else { break }
      return File(name: "\(location.path):\(path)", data: try read(path, limit))
    }
    throw DatasetError(.missingFile, "\(location.path): holds no \(path)")
  }

  /// The first of the files `names` that is there, as `file` finds it.
  ///
  /// - Throws: as `file`; where none is there, what it throws of the first.
  public func file(oneOf names: [String], in folder: String) throws -> File {
    var missing: DatasetError?
    for name in names {
      do {
        return try file(name, in: folder)
      } catch let error as DatasetError where error.code == .missingFile {
        missing = missing ?? error
      }
    }
    throw missing ?? DatasetError(.missingFile, "\(location.path): no file of \(folder) is known")
  }

  private func looseFile(_ name: String, in folder: String, of url: URL, limit: Int) throws -> File {
    let candidates = [url.appending(path: name), url.appending(path: folder).appending(path: name)]
    let found = candidates.filter { FileManager.default.fileExists(atPath: $0.path) }
    guard let file = found.first else {
      throw DatasetError(
        .missingFile, "\(url.path): holds neither \(name) nor \(folder)/\(name); is it the data set's folder?")
    }
    guard found.count == 1 else {
      throw DatasetError(
        .ambiguousFile, "\(url.path): holds \(name) and \(folder)/\(name); name the folder that is meant")
    }
    let data = try FileContent.read(file, limit: limit)
    taken.note(file == candidates[0] ? name : "\(folder)/\(name)", data)
    return File(name: file.path, data: data)
  }

  private func member(
    _ name: String, in folder: String, of paths: [String], read: (String) throws -> Data
  ) throws -> File {
    let named = paths.filter { ("/" + $0).hasSuffix("/" + name) }
    let inFolder = named.filter { ("/" + $0).hasSuffix("/\(folder)/\(name)") }
    let found = inFolder.isEmpty ? named : inFolder
    guard let path = found.first else {
      throw DatasetError(
        .missingFile,
        "\(location.path): no member is called \(folder)/\(name) or \(name); is it the data set's archive?")
    }
    guard found.count == 1 else {
      throw DatasetError(
        .ambiguousFile, "\(location.path): any of \(found.joined(separator: ", ")) could be meant")
    }
    let data = try read(path)
    taken.note(path, data)
    return File(name: "\(location.path):\(path)", data: data)
  }
}

/// What was read of a source, for whoever wants to know exactly what a result was made from.
private final class TakenFiles: Sendable {
  private let held = Mutex<[String: ContentHash]>([:])

  var hashes: [String: ContentHash] { held.withLock { $0 } }

  func note(_ path: String, _ data: Data) {
    let hash = ContentHash(of: data)
    held.withLock { $0[path] = hash }
  }
}
