import CZerothPlugin
import PEFT
import TuningCore

final class PrefixTuningPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(PrefixTuning.componentDescription, origin: origin) { options in
      PrefixTuning(options: options)
    }
    try components.adapters.register("PREFIX_TUNING", PrefixTuning.adapterFormat(shifted: true))
    try components.adapters.register("PREFIX_TUNING_UNSHIFTED", PrefixTuning.adapterFormat(shifted: false))
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  PrefixTuningPlugin.descriptor(name: "PrefixTuning", version: "0.1.0") { PrefixTuningPlugin().retained() }
}
