import CZerothPlugin
import TuningCore
import ZOEstimators

final class ForwardGradientPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.optimizers.register(ForwardGradient.componentDescription, origin: origin) {
      ForwardGradient(options: $0)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  ForwardGradientPlugin.descriptor(name: "Forward-Grad", version: "0.1.0") { ForwardGradientPlugin().retained() }
}
