import Foundation
import TensorCore
import Testing

@testable import Transformers

/// The README's table of what loads is made from what loads, and every row of it is loaded by a golden.
@Suite struct WhatLoadsTests {
  @Test func theReadmesSayWhatLoads() throws {
    let package = URL(filePath: #filePath).appending(path: "../../../README.md").standardized
    let root = URL(filePath: #filePath).appending(path: "../../../../../README.md").standardized
    for readme in [package, root] {
      let text = try String(contentsOf: readme, encoding: .utf8)
      let found = text.firstMatch(of: /<!-- what loads -->\n((?s).*?)<!-- end of what loads -->/)?.1
      #expect(
        found.map(String.init) == table, "between the markers in \(readme.lastPathComponent) should stand:\n\(table)")
    }
  }

  @Test func everyRowHasAGolden() throws {
    for family in PretrainedModel.supported {
      for architecture in family.architectures {
        let golden = try NoiseModel.all.first { golden in
          let json = try golden.json()
          return try json.string("model_type") == family.modelType
            && json["architectures"] == .array([.string(architecture)])
        }
        #expect(golden != nil, "\(family.modelType) \(architecture)")
      }
      if let architecture = family.ggufArchitecture, architecture == family.modelType {
        let files = NoiseModel.gguf.map { "models/\($0.name).gguf" } + Goldens.ggufFiles.map { "gguf/\($0).gguf" }
        let found = try files.map { file in
          try GGUFFile(Goldens.folder.appending(path: file)).metadata.string("general.architecture")
        }
        #expect(found.contains(architecture))
      }
    }
  }

  private var table: String {
    var lines = ["| `model_type` | classes of `transformers` | GGUF architecture |", "|---|---|---|"]
    for family in PretrainedModel.supported {
      let head = family.takesNewHead ? "; a new classification head on any" : ""
      lines.append(
        "| `\(family.modelType)` | \(family.architectures.joined(separator: ", "))\(head) | "
          + "\(family.ggufArchitecture.map { "`\($0)`" } ?? "-") |")
    }
    lines += ["", "| weights | number formats |", "|---|---|"]
    let plain = DType.allCases.map(\.rawValue).joined(separator: ", ")
    for format in PretrainedModel.Source.Format.allCases {
      switch format {
      case .safetensors: lines.append("| `model.safetensors`, sharded or not | \(plain) |")
      case .pickle: lines.append("| `pytorch_model.bin`, sharded or not, zip or legacy | \(plain) |")
      case .gguf: lines.append("| `*.gguf` | \(GGUFTensorType.all.map(\.name).joined(separator: ", ")) |")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
