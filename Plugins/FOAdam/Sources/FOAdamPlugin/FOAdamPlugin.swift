import CZerothPlugin
import FirstOrder
import TuningCore

final class FOAdamPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(FOAdam.componentDescription, origin: origin) { FOAdam(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  FOAdamPlugin.descriptor(name: "FO-Adam", version: "0.1.0") { FOAdamPlugin().retained() }
}
