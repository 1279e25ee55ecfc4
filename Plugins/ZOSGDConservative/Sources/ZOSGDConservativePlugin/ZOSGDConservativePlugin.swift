import CZerothPlugin
import TuningCore
import ZOEstimators

final class ZOSGDConservativePlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ZOSGDConservative.componentDescription, origin: origin) {
      ZOSGDConservative(options: $0)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ZOSGDConservativePlugin.descriptor(name: "ZO-SGD-Cons", version: "0.1.0") { ZOSGDConservativePlugin().retained() }
}
