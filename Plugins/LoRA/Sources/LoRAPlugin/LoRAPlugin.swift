import CZerothPlugin
import PEFT
import TuningCore

final class LoRAPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(LoRA.componentDescription, origin: origin) { options in try LoRA(options: options) }
    try components.adapters.register("LORA", LoRA.adapterFormat)
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  LoRAPlugin.descriptor(name: "LoRA", version: "0.1.0") { LoRAPlugin().retained() }
}
