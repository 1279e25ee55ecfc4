import CZerothPlugin
import TuningCore
import ZOEstimators

final class ZOSGDSignPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ZOSGDSign.componentDescription, origin: origin) { ZOSGDSign(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ZOSGDSignPlugin.descriptor(name: "ZO-SGD-Sign", version: "0.1.0") { ZOSGDSignPlugin().retained() }
}
