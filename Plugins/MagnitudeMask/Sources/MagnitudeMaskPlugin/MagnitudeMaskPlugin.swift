import CZerothPlugin
import Sparsity
import TuningCore

final class MagnitudeMaskPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.maskings.register(MagnitudeMask.componentDescription, origin: origin) { MagnitudeMask(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  MagnitudeMaskPlugin.descriptor(name: "MagnitudeMask", version: "0.1.0") { MagnitudeMaskPlugin().retained() }
}
