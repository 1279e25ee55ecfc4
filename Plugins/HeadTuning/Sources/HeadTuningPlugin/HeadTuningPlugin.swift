import CZerothPlugin
import PEFT
import TuningCore

final class HeadTuningPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(HeadTuning.componentDescription, origin: origin) { options in
      HeadTuning(options: options)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  HeadTuningPlugin.descriptor(name: "HeadTuning", version: "0.1.0") { HeadTuningPlugin().retained() }
}
