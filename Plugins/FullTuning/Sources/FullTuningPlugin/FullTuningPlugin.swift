import CZerothPlugin
import PEFT
import TuningCore

final class FullTuningPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(FullTuning.componentDescription, origin: origin) { options in
      try FullTuning(options: options)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  FullTuningPlugin.descriptor(name: "FullTuning", version: "0.1.0") { FullTuningPlugin().retained() }
}
