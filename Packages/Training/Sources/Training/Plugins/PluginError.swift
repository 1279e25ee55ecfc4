/// Why a plugin was refused.
public struct PluginError: Error, CustomStringConvertible, Sendable {
  /// Stable; tests and callers match it.
  public enum Code: String, Sendable, CaseIterable {
    case notFound
    /// Not an ELF shared object.
    case notALibrary
    /// For another processor.
    case otherMachine
    /// Cut short.
    case truncated
    /// The dynamic linker refuses it.
    case refusedByLinker
    /// No symbol `zeroth_plugin_main`.
    case noEntryPoint
    /// The descriptor is none, or lacks something.
    case invalidDescriptor
    case otherABI
    case otherCompiler
    case otherInterface
    /// What its factory returns is no `TuningCore.Plugin`.
    case notAPlugin
    /// It could not add its components.
    case registrationFailed
  }

  public let code: Code
  /// Which file, what differs, and what to do about it.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
