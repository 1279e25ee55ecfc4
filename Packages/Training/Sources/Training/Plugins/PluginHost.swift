import CZerothPlugin
import Foundation
import TuningCore

/// A plugin that is in the process. It stays there: Swift's metadata cannot be unloaded.
public struct LoadedPlugin: Sendable, Codable, Equatable {
  public let path: String
  public let name: String
  public let version: String
  /// Names of what it registered, with their kinds: `optimizer zo-sgd`.
  public let components: [String]

  /// As ledgers and messages name it.
  public var origin: String { "\(name) \(version)" }
}

/// Loads plugins: dynamic libraries that add optimizers and tuning schemes.
///
///     let host = try PluginHost(files: recipe.pluginFiles)
///     let resolved = try recipe.resolve(components: host.components, tasks: tasks)
///
/// Of every file, what can kill a process is checked before it is opened, and every number of its descriptor before
/// anything of Swift crosses.
public struct PluginHost {
  /// What all plugins registered.
  public private(set) var components = Components()
  /// In the order in which they were loaded.
  public private(set) var loaded: [LoadedPlugin] = []

  /// A host without plugins.
  init() {}

  /// Loads `files`, then those of `ZEROTH_PLUGIN_PATH`, then those beside the program; a file that is reached twice is
  /// loaded once.
  ///
  /// - Throws: `PluginError` for the first plugin that is refused: a run never goes on without one that was asked for.
  public init(files: [URL] = [], search: PluginSearch = PluginSearch()) throws {
    var seen: Set<String> = []
    for file in try files + search.files() where seen.insert(file.resolvingSymlinksInPath().path).inserted {
      try load(file)
    }
  }

  /// Loads one plugin and adds what it registers.
  public mutating func load(_ file: URL) throws {
    let path = file.absoluteURL.path
    try SharedLibraryFile.check(file)
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      throw PluginError(.refusedByLinker, LinkerRefusal.explain(reason, path: path))
    }
    guard let symbol = dlsym(library, "zeroth_plugin_main") else {
      throw PluginError(
        .noEntryPoint, "\(path): a library, but no plugin: it exports no function zeroth_plugin_main (docs/plugins.md)")
    }
    let main = unsafeBitCast(symbol, to: (@convention(c) () -> UnsafeRawPointer?).self)
    try add(PluginDescriptor(checking: main(), of: path), path: path)
  }

  /// Registers the components of a checked plugin: all of them, or none.
  mutating func add(_ descriptor: PluginDescriptor, path: String) throws {
    let plugin = try descriptor.makePlugin(path: path)
    var components = components
    do {
      try plugin.register(in: &components, origin: "\(descriptor.name) \(descriptor.version)")
    } catch {
      throw PluginError(.registrationFailed, "\(path): \(descriptor.name) \(descriptor.version): \(error)")
    }
    func added<Product>(_ registry: KeyPath<Components, Registry<Product>>) -> [String] {
      let before = Set(self.components[keyPath: registry].names)
      return components[keyPath: registry].names.filter { !before.contains($0) }.map {
        "\(components[keyPath: registry].kind) \($0)"
      }
    }
    loaded.append(
      LoadedPlugin(
        path: path, name: descriptor.name, version: descriptor.version,
        components: added(\.optimizers) + added(\.schemes)))
    self.components = components
  }
}

/// Where plugins are found besides those that are named.
public struct PluginSearch: Sendable {
  /// The variable with folders of plugins, or plugins, with colons between them.
  public static let variable = "ZEROTH_PLUGIN_PATH"

  /// What `variable` holds.
  public var path: String?
  /// The running program; plugins lie in its folder and in `../lib/zeroth`.
  public var executable: URL?

  public init(
    path: String? = ProcessInfo.processInfo.environment[Self.variable],
    executable: URL? = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  ) {
    self.path = path
    self.executable = executable
  }

  /// Files in the order in which they are to be loaded.
  ///
  /// - Throws: `PluginError.notFound` where the variable names what is not there.
  public func files() throws -> [URL] {
    var files: [URL] = []
    for entry in (path ?? "").split(separator: ":").map({ URL(filePath: String($0)) }) {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: entry.path, isDirectory: &isFolder) else {
        throw PluginError(.notFound, "\(entry.path): named by \(Self.variable), but not there")
      }
      files += isFolder.boolValue ? Self.plugins(in: entry) : [entry]
    }
    if let folder = executable?.deletingLastPathComponent() {
      files += Self.plugins(in: folder) + Self.plugins(in: folder.appending(path: "../lib/zeroth").standardizedFileURL)
    }
    return files
  }

  /// Files named `lib*Plugin.so`, by name; none where there is no such folder.
  private static func plugins(in folder: URL) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix("lib") && $0.hasSuffix("Plugin.so") }.sorted().map { folder.appending(path: $0) }
  }
}
