import CZerothPlugin
import Sparsity
import TuningCore

final class BlockwisePlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    try components.partitions.register(Blockwise.componentDescription, origin: origin) { Blockwise(options: $0) }
  }
}

@c(zeroth_plugin_main)
public func zerothPluginMain() -> UnsafePointer<zeroth_plugin_descriptor> {
  BlockwisePlugin.descriptor(name: "Blockwise", version: "0.1.0") { BlockwisePlugin().retained() }
}
