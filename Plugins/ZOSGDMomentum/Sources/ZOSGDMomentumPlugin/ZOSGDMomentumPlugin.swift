import CZerothPlugin
import TuningCore
import ZOEstimators

final class ZOSGDMomentumPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ZOSGDMomentum.componentDescription, origin: origin) {
      ZOSGDMomentum(options: $0)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ZOSGDMomentumPlugin.descriptor(name: "ZO-SGD-MMT", version: "0.1.0") { ZOSGDMomentumPlugin().retained() }
}
