import CZerothPlugin
import FirstOrder
import TuningCore

final class FOSGDPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(FOSGD.componentDescription, origin: origin) { FOSGD(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  FOSGDPlugin.descriptor(name: "FO-SGD", version: "0.1.0") { FOSGDPlugin().retained() }
}
