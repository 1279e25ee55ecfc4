import CZerothPlugin
import TuningCore
import ZOEstimators

final class ZOAdamPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ZOAdam.componentDescription, origin: origin) { ZOAdam(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ZOAdamPlugin.descriptor(name: "ZO-Adam", version: "0.1.0") { ZOAdamPlugin().retained() }
}
