import CZerothPlugin
import Foundation
import TuningCore

/// What a plugin says of itself, after every number of it has been checked.
struct PluginDescriptor {
  let name: String
  let version: String
  let factory: @convention(c) () -> UnsafeMutableRawPointer?

  /// What must agree.
  struct Host {
    var abi = ZEROTH_PLUGIN_ABI
    var compiler = String(cString: zeroth_baked_compiler())
    var interfaceID = String(cString: zeroth_baked_interface_id())
  }

  /// Reads the descriptor field by field: none is touched before those that say that it is there.
  ///
  /// - Throws: `PluginError.invalidDescriptor`, `.otherABI`, `.otherCompiler`, `.otherInterface`, naming both numbers.
  init(checking raw: UnsafeRawPointer?, of path: String, host: Host = Host()) throws {
    typealias Descriptor = zeroth_plugin_descriptor
    guard let raw else { throw PluginError(.invalidDescriptor, "\(path): zeroth_plugin_main returned no descriptor") }
    func field<Value>(_ field: KeyPath<Descriptor, Value>, _: Value.Type = Value.self) -> Value {
      guard let offset = MemoryLayout<Descriptor>.offset(of: field) else { preconditionFailure("no stored field") }
      return raw.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
    let magic = field(\.magic)
    guard magic == ZEROTH_PLUGIN_MAGIC else {
      throw PluginError(
        .invalidDescriptor,
        "\(path): its descriptor begins with \(hex(magic)), one of Zeroth's with \(hex(ZEROTH_PLUGIN_MAGIC)): "
          + "return what zeroth_swift_plugin of zeroth_plugin.h makes")
    }
    let abi = field(\.abi)
    guard abi == host.abi else {
      throw PluginError(
        .otherABI,
        "\(path): speaks plugin ABI \(abi), this program \(host.abi): rebuild the plugin against this version")
    }
    let size = field(\.struct_size)
    guard size >= MemoryLayout<Descriptor>.size else {
      throw PluginError(
        .invalidDescriptor,
        "\(path): its descriptor has \(size) bytes, ABI \(abi) has \(MemoryLayout<Descriptor>.size): "
          + "rebuild the plugin against this version")
    }
    func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws -> String {
      guard let pointer, strnlen(pointer, 4096) < 4096 else {
        throw PluginError(.invalidDescriptor, "\(path): its descriptor's \(name) is missing or has no end")
      }
      return String(cString: pointer)
    }
    name = try text(field(\.name), "name")
    version = try text(field(\.version), "version")
    let kind = field(\.kind)
    guard kind == 1 else {
      throw PluginError(
        .invalidDescriptor, "\(path): \(name) \(version) is of kind \(kind); this program knows kind 1, a Swift factory"
      )
    }
    let compiler = try text(field(\.compiler), "compiler")
    guard compiler == host.compiler else {
      throw PluginError(
        .otherCompiler,
        "\(path): \(name) \(version) was compiled by \(compiler), this program by \(host.compiler): "
          + "rebuild the plugin with this program's toolchain")
    }
    let interfaceID = try text(field(\.interface_id), "interface id")
    guard interfaceID == host.interfaceID else {
      throw PluginError(
        .otherInterface,
        "\(path): \(name) \(version) was built against interface \(interfaceID), this program has "
          + "\(host.interfaceID): rebuild the plugin against this version")
    }
    guard let factory = field(\.swift_factory) else {
      throw PluginError(.invalidDescriptor, "\(path): \(name) \(version) has no factory")
    }
    self.factory = factory
  }

  /// - Throws: `PluginError.notAPlugin`.
  func makePlugin(path: String) throws -> any Plugin {
    guard let object = factory() else {
      throw PluginError(.notAPlugin, "\(path): the factory of \(name) \(version) returned nothing")
    }
    guard let plugin = Unmanaged<AnyObject>.fromOpaque(object).takeRetainedValue() as? any Plugin else {
      throw PluginError(
        .notAPlugin,
        "\(path): what the factory of \(name) \(version) returned is no TuningCore.Plugin of this program: "
          + "link the plugin with the dynamic product TuningCore, never with a copy of its sources")
    }
    return plugin
  }
}

private func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16, uppercase: true) }
