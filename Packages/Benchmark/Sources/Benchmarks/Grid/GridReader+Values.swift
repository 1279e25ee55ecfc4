import Configurations
import Foundation
import Training
import TuningCore

/// Values of a grid's keys; what does not fit is reported and nil.
extension GridReader {
  mutating func mapping(
    _ node: ConfigurationNode, _ what: String, _ form: String
  ) -> [ConfigurationNode.Entry] {
    switch node.content {
    case .mapping(let entries): return isBounded(entries.count, node.location) ? entries : []
    case .nothing: return []
    default:
      report(node.location, "\(what) has \(form); this is \(node.kind)")
      return []
    }
  }

  mutating func isBounded(_ count: Int, _ location: String) -> Bool {
    if count <= Self.greatestEntryCount { return true }
    report(location, "more than \(Self.greatestEntryCount) entries: split the grid")
    return false
  }

  mutating func settings(_ node: ConfigurationNode, of what: String) -> [RecipeSetting] {
    mapping(node, what, "keys of a recipe, 'key: value'").map { setting($0.key, $0.node.value, $0.location) }
  }

  func setting(_ key: String, _ value: ConfigurationValue, _ location: String) -> RecipeSetting {
    RecipeSetting(key: key, value: value, location: location, folder: folder)
  }

  func path(_ text: String) -> URL { URL(filePath: text, relativeTo: folder).absoluteURL.standardizedFileURL }

  mutating func text(_ entry: ConfigurationNode.Entry, _ what: String) -> String? {
    if let text = entry.node.text, !text.isEmpty { return text }
    report(entry.location, "'\(entry.key)' must be \(what), got \(entry.node.value.shown)")
    return nil
  }

  mutating func fileSafe(_ name: String, _ location: String) -> String? {
    if CellName.part(name) == name { return name }
    report(location, "a name is of letters, digits, '.', '-' and '_', got '\(name)'")
    return nil
  }

  mutating func count(_ entry: ConfigurationNode.Entry, atLeast least: Int) -> Int? {
    if case .integer(let number)? = entry.node.value.untyped, (least...1 << 32).contains(number) { return number }
    report(entry.location, "\(entry.key) must be a whole number ≥ \(least), got \(entry.node.value.shown)")
    return nil
  }

  mutating func budget(_ entry: ConfigurationNode.Entry) -> Budget? {
    let units = Budget.Unit.allCases.map(\.rawValue)
    let form = "a budget is one of \(units.joined(separator: ", ")), with a number: {forwards: 1200}"
    guard case .mapping(let entries) = entry.node.content, entries.count == 1 else {
      report(entry.location, "\(form); this is \(entry.node.kind)")
      return nil
    }
    guard let unit = Budget.Unit(rawValue: entries[0].key) else {
      reportUnknown(entries[0], among: units, of: "a budget")
      return nil
    }
    let amount: Double? =
      switch entries[0].node.value.untyped {
      case .integer(let number)?: Double(number)
      case .number(let number)?: number
      default: nil
      }
    guard let amount, amount > 0, amount <= 1e15 else {
      report(entries[0].location, "\(unit.rawValue) must be a number > 0, got \(entries[0].node.value.shown)")
      return nil
    }
    return Budget(amount, unit)
  }

  mutating func reportUnknown(_ entry: ConfigurationNode.Entry, among known: [String], of what: String) {
    report(
      entry.location,
      "\(what) has no '\(entry.key)'.\(hint(for: entry.key, among: known)) "
        + "It has \(known.joined(separator: ", ")).")
  }
}
