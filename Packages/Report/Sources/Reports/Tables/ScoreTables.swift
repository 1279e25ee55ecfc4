import Evaluation
import Training

/// Scores on held-out examples by method: the papers' main table, one for each model, task and whatever else must be
/// equal.
struct ScoreTables {
  let layout: Layout

  static let meanNote =
    "Mean ± sample deviation over seeds (number of seeds); in brackets the 95 % interval of the mean by Student's t."
  static let choiceNote = "Settings were chosen on dev; held-out examples chose nothing."

  func tables(_ set: RunSet) -> [Table] {
    set.groups(by: layout.tables).enumerated().map { number, group in
      table(group.runs, identifier: "scores-\(number + 1)")
    }
  }

  private func table(_ set: RunSet, identifier: String) -> Table {
    let columns = set.groups(by: layout.columns)
    var notes = [Self.meanNote], choices: [String] = []
    let rows = set.groups(by: layout.rows).map { row in
      let cells = columns.map { column in
        let runs = row.runs.filtered { run in layout.columns.map(run.label) == column.values }
        let selection = Selection(runs, settings: layout.settings)
        if selection.settingCount > 1 {
          choices.append(choice(selection, among: runs, place: (row.values + column.values).filter { !$0.isEmpty }))
        }
        return selection.isOpen
          ? Cell(.text("\(selection.settingCount) settings, no dev"))
          : Cell(scoresOf: selection.runs, column.runs.measure)
      }
      return Table.Row(labels: row.values, cells: cells)
    }
    if !choices.isEmpty { notes.append(Self.choiceNote + " " + choices.joined(separator: "; ") + ".") }
    return Table(
      identifier: identifier,
      title: "\(Self.name(set.metric)): \(set.subject(layout.tables))", notes: notes,
      rowKeys: layout.rows.map(Self.header),
      columns: columns.map { column in
        let name = Self.name(column.values, keys: layout.columns)
        return set.metric == column.runs.metric ? name : "\(name): \(Self.name(column.runs.metric))"
      }, rows: rows)
  }

  private func choice(_ selection: Selection, among runs: RunSet, place: [String]) -> String {
    guard let run = selection.runs.first else {
      return "\(place.joined(separator: ", ")): \(selection.settingCount) settings and no scores on dev to choose by"
    }
    let values = layout.settings.filter(runs.varied.contains).compactMap { key in run.labels[key].map { "\(key) \($0)" }
    }
    return "\(place.joined(separator: ", ")): \(values.joined(separator: ", ")) of \(selection.settingCount) settings"
  }

  /// A metric with its unit.
  static func name(_ metric: String) -> String {
    let title = Metric(rawValue: metric)?.title ?? metric, name = title.prefix(1).uppercased() + title.dropFirst()
    return Measure.of(metric: metric) == .share ? "\(name), %" : name
  }

  static func header(_ key: String) -> String { key == "method" ? "optimizer" : key }

  static func name(_ values: [String], keys: [String]) -> String {
    zip(values, keys).map { value, key in
      value.isEmpty
        ? "–" : ["scheme", "method", "optimizer", "task", "model"].contains(key) ? value : "\(key) \(value)"
    }.joined(separator: ", ")
  }
}
