import CZerothPlugin
import Sparsity
import TuningCore

final class HybridPlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.partitions.register(HybridSplit.componentDescription, origin: origin) { HybridSplit(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  HybridPlugin.descriptor(name: "Hybrid", version: "0.1.0") { HybridPlugin().retained() }
}
