import Foundation

/// Holds two folders against each other: the same files, and the same bytes in each.
struct FolderComparison {
  /// Values of JSON that may differ, times and memory, by the name of the file.
  var ignoredKeys: [String: Set<String>] = [:]
  /// Files and folders, by their paths, that are as if they were not there.
  var passesOver: (String) -> Bool = { _ in false }

  /// One line for each difference; empty where there is none.
  func differences(_ folder: URL, from reference: URL) throws -> [String] {
    let (found, due) = (try files(in: folder), try files(in: reference))
    return due.subtracting(found).sorted().map { "\($0) is missing" }
      + found.subtracting(due).sorted().map { "\($0) is left over" }
      + (try found.intersection(due).sorted().compactMap { path in
        try difference(folder.appending(path: path), from: reference.appending(path: path)).map { "\(path): \($0)" }
      })
  }

  /// Files and empty folders, hidden ones too.
  private func files(in folder: URL) throws -> Set<String> {
    var paths = Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { !passesOver($0) })
    for path in paths {
      // A folder is told by what is in it.
      let parent = (path as NSString).deletingLastPathComponent
      if !parent.isEmpty { paths.remove(parent) }
    }
    return paths
  }

  private func difference(_ file: URL, from reference: URL) throws -> String? {
    let (found, due) = (try contents(of: file), try contents(of: reference))
    guard found != due else { return nil }
    let first = zip(found, due).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, due.count)
    return "\(found.count) bytes for \(due.count), others from byte \(first) on"
  }

  private func contents(of file: URL) throws -> Data {
    let data = try Data(contentsOf: file)
    guard let keys = ignoredKeys[file.lastPathComponent] else { return data }
    if file.pathExtension == "json" { return try without(keys, data, file) }
    return try data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { $0.isEmpty ? Data() : try without(keys, $0, file) }.reduce(Data()) { $0 + $1 + Data("\n".utf8) }
  }

  private func without(_ keys: Set<String>, _ json: Data, _ file: URL) throws -> Data {
    guard var values = try JSONSerialization.jsonObject(with: json) as? [String: Any] else {
      throw KillError("\(file.path): no JSON object: \(String(decoding: json, as: UTF8.self))")
    }
    for key in keys { values[key] = nil }
    return try JSONSerialization.data(withJSONObject: values, options: .sortedKeys)
  }
}
