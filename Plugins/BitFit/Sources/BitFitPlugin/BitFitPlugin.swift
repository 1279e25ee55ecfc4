import CZerothPlugin
import PEFT
import TuningCore

final class BitFitPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.schemes.register(BitFit.componentDescription, origin: origin) { options in
      try BitFit(options: options)
    }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  BitFitPlugin.descriptor(name: "BitFit", version: "0.1.0") { BitFitPlugin().retained() }
}
