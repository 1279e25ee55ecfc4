import CZerothPlugin

extension Plugin {
  /// What a plugin's entry function returns:
  ///
  ///     @c(zeroth_plugin_main) public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ///       MyPlugin.descriptor(name: "MyPlugin", version: "1.0.0") { MyPlugin().retained() }
  ///     }
  ///
  /// Its code is emitted into the plugin, never called in this library: the compiler and the interface that it states
  /// must be those that the plugin was compiled with.
  ///
  /// - Parameter factory: is called once, where the numbers agree.
  @_alwaysEmitIntoClient
  public static func descriptor(
    name: StaticString, version: StaticString, factory: @convention(c) () -> UnsafeMutableRawPointer?
  ) -> UnsafePointer<zeroth_plugin_descriptor> {
    // Lives as long as the process, as the literals do.
    let descriptor = UnsafeMutablePointer<zeroth_plugin_descriptor>.allocate(capacity: 1)
    descriptor.initialize(
      to: name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) { name in
        version.utf8Start.withMemoryRebound(to: CChar.self, capacity: version.utf8CodeUnitCount + 1) { version in
          zeroth_swift_plugin(name, version, factory)
        }
      })
    return UnsafePointer(descriptor)
  }

  /// One reference to the plugin, handed to whoever loads it.
  public func retained() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self as AnyObject).toOpaque() }
}
