import CZerothPlugin
import PEFT
import TuningCore

final class PromptTuningPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(PromptTuning.componentDescription, origin: origin) { options in
      PromptTuning(options: options)
    }
    try components.adapters.register("PROMPT_TUNING", PromptTuning.adapterFormat)
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  PromptTuningPlugin.descriptor(name: "PromptTuning", version: "0.1.0") { PromptTuningPlugin().retained() }
}
