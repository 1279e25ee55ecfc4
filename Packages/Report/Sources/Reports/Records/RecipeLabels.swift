import Foundation

/// A run's recipe as labels: every key with its value as text. Reads what `ResolvedRecipe.yaml` writes, of any version.
struct RecipeLabels {
  /// Without these it is no run's recipe.
  private static let required = ["model", "task", "scheme", "optimizer", "seed", "steps"]

  let values: [String: String]

  /// - Throws: `ReportError.invalidFile` naming the line.
  init(_ data: Data) throws {
    guard let text = String(data: data, encoding: .utf8) else { throw ReportError(.invalidFile, "not UTF-8 text") }
    var values: [String: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty
    {
      guard let colon = line.firstRange(of: ": "), let value = Self.value(line[colon.upperBound...]),
        line[..<colon.lowerBound].utf8.allSatisfy(Self.isKey), colon.lowerBound > line.startIndex
      else { throw ReportError(.invalidFile, "line \(index + 1) is no 'key: value' as a run writes it") }
      values[String(line[..<colon.lowerBound])] = value
    }
    for key in Self.required where values[key] == nil {
      throw ReportError(.invalidFile, "'\(key)' is missing: this is no resolved recipe")
    }
    self.values = values
  }

  private static func isKey(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  /// Plain, or in double quotes with JSON's escapes.
  private static func value(_ text: Substring) -> String? {
    guard text.first == "\"" else { return text.isEmpty ? nil : String(text) }
    return try? JSONDecoder().decode(String.self, from: Data(text.utf8))
  }
}
