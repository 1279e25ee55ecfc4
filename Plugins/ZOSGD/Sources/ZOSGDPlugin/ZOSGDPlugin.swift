import CZerothPlugin
import TuningCore
import ZOEstimators

final class ZOSGDPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ZOSGD.componentDescription, origin: origin) { ZOSGD(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ZOSGDPlugin.descriptor(name: "ZO-SGD", version: "0.1.0") { ZOSGDPlugin().retained() }
}
