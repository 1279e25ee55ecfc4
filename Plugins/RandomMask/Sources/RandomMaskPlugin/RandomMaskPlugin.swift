import CZerothPlugin
import Sparsity
import TuningCore

final class RandomMaskPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.maskings.register(RandomMask.componentDescription, origin: origin) { RandomMask(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  RandomMaskPlugin.descriptor(name: "RandomMask", version: "0.1.0") { RandomMaskPlugin().retained() }
}
