import CZerothPlugin
import FirstOrder
import TuningCore

final class FOAdamWPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(FOAdamW.componentDescription, origin: origin) { FOAdamW(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  FOAdamWPlugin.descriptor(name: "FO-AdamW", version: "0.1.0") { FOAdamWPlugin().retained() }
}
