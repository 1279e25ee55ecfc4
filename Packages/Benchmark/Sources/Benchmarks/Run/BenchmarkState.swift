import Configurations
import Foundation
import Training

/// How far a benchmark is, and what comes next.
struct BenchmarkState {
  var record: BenchmarkRecord
  private let plan: BenchmarkPlan
  private let folder: BenchmarkFolder
  /// Of each combination of the plan: its trials' cells, and its final runs'.
  private let trialCells: [[Int]]
  private let finalCells: [[Int]]
  /// The combination of each cell, and its place among the trials or the seeds.
  private let places: [(combination: Int, index: Int)]
  /// Recipes of each combination's final runs; nil where its search has not decided.
  private var finals: [[ResolvedRecipe]?]
  /// Cells that failed in this session, and are not tried again in it.
  private var failed: Set<Int> = []
  private var scores: [String: Search.Outcome] = [:]

  /// - Throws: `BenchmarkError.otherRun`, `.damaged`.
  init(_ plan: BenchmarkPlan, in folder: BenchmarkFolder) throws {
    self.plan = plan
    self.folder = folder
    let earlier = try BenchmarkRecord.read(folder)
    var layout = RecordLayout(plan, folder)
    layout.build()
    record = layout.record
    (trialCells, finalCells, places) = (layout.trialCells, layout.finalCells, layout.places)
    finals = plan.combinations.map { $0.search == nil ? $0.finals : nil }
    try findWhatIsDone()
    for number in plan.combinations.indices { decide(number) { _ in } }
    if let earlier { keepWhatIsNotSelected(of: earlier) }
  }

  func write(to folder: BenchmarkFolder) throws { try record.write(to: folder) }

  /// The plan's; the record may have others, of combinations that are not selected now.
  var cells: ArraySlice<CellRecord> { record.cells.prefix(places.count) }

  func combination(of cell: Int) -> Int { places[cell].combination }

  /// Of a step of the cell's run.
  func memoryBytes(of cell: Int) -> Int { plan.combinations[places[cell].combination].survey.forecast.totalBytes }

  /// Steps that are still to be done, by combination, with what one takes.
  var stepsLeft: [(steps: Int, cost: StepCost)] {
    plan.combinations.indices.map { number in
      let combination = plan.combinations[number]
      let finals = finalCells[number].reduce(0) { sum, cell in
        record.cells[cell].isConcluded ? sum : sum + record.cells[cell].steps - record.cells[cell].stepsDone
      }
      guard let search = combination.search, self.finals[number] == nil else { return (finals, combination.cost) }
      let expected = search.method.steps(trials: search.trials, rungs: search.rungs)
      let spent = trialCells[number].reduce(0) { $0 + record.cells[$1].stepsDone }
      return (finals + max(0, expected - spent), combination.cost)
    }
  }

  // MARK: what is done

  private mutating func findWhatIsDone() throws {
    var refusals: [String] = []
    for cell in places.indices where recipe(of: cell) != nil {
      do { try look(for: cell) } catch let error as BenchmarkError { refusals.append(error.message) }
    }
    guard refusals.isEmpty else { throw BenchmarkError(.otherRun, refusals.joined(separator: "\n")) }
  }

  /// Combinations that other sessions ran are in the record, as they were left.
  private mutating func keepWhatIsNotSelected(of earlier: BenchmarkRecord) {
    for (index, combination) in record.combinations.enumerated()
    where combination.excluded == LabelSelection.exclusion {
      guard let known = earlier.combinations.first(where: { $0.name == combination.name }) else { continue }
      record.combinations[index] = known
      record.cells += earlier.cells.filter { $0.combination == combination.name }.map { cell in
        var cell = cell
        if cell.state == .running { cell.state = .stopped }
        return cell
      }
    }
  }

  private func recipe(of cell: Int) -> ResolvedRecipe? {
    let (number, index) = places[cell]
    return record.cells[cell].phase == .search ? plan.combinations[number].trials[index] : finals[number]?[index]
  }

  private func runFolder(of cell: Int) -> RunFolder { folder.run(record.cells[cell].name, record.cells[cell].phase) }

  /// Reads a cell's state in its folder.
  private mutating func look(for cell: Int) throws {
    guard let recipe = recipe(of: cell) else { return }
    record.cells[cell].identity = recipe.identity.hex
    record.cells[cell].message = nil
    switch try RunState(of: recipe, in: runFolder(of: cell)) {
    case .absent: (record.cells[cell].state, record.cells[cell].stepsDone) = (.pending, 0)
    case .begun(let step): (record.cells[cell].state, record.cells[cell].stepsDone) = (.stopped, step)
    case .done: (record.cells[cell].state, record.cells[cell].stepsDone) = (.done, recipe.steps)
    case .diverged(let step, let message):
      (record.cells[cell].state, record.cells[cell].stepsDone) = (.diverged, step)
      record.cells[cell].message = message
    }
  }

  /// How far a run under way is.
  mutating func look(at cell: Int, _ order: RunOrder) {
    if let step = order.folder.lastStep { record.cells[cell].stepsDone = step }
  }

  /// Takes up how a run has ended.
  ///
  /// - Parameter wasAsked: a stop before its steps is nothing to complain of.
  mutating func conclude(_ cell: Int, _ order: RunOrder, _ ending: RunEnding, wasAsked: Bool) {
    lookAgain(for: cell)
    if record.cells[cell].state == .done { order.folder.removeCheckpoints() }
    guard [.pending, .stopped].contains(record.cells[cell].state) else { return }
    let isAtRung = order.stopAfter.map { order.folder.devScore(upTo: $0, higherIsBetter: true) != nil } ?? false
    switch ending {
    case .stopped where isAtRung || wasAsked: break
    case .stopped: fail(cell, "stopped by a signal that was not the benchmark's")
    case .finished: fail(cell, "ended without a result; see \(order.log.path)")
    case .failed(let message): fail(cell, message)
    }
  }

  /// Once runs are under way, what is wrong with one of them stops no other.
  private mutating func lookAgain(for cell: Int) {
    do { try look(for: cell) } catch { fail(cell, "\(error)") }
  }

  private mutating func fail(_ cell: Int, _ message: String) {
    record.cells[cell].state = .failed
    record.cells[cell].message = message
    failed.insert(cell)
  }

  // MARK: what comes next

  /// Runs that could begin now, in the order of the record.
  var ready: [(cell: Int, order: RunOrder)] {
    var cells: [(Int, stopAfter: Int?)] = []
    for number in plan.combinations.indices {
      if let search = plan.combinations[number].search, finals[number] == nil {
        guard case .run(let trials, let steps) = search.standing({ outcome(number, $0, $1) }).decision else { continue }
        cells += trials.map { (trialCells[number][$0], steps == search.trialSteps ? nil : steps) }
      } else if finals[number] != nil {
        cells += finalCells[number].map { ($0, nil) }
      }
    }
    return cells.compactMap { cell, stopAfter in
      guard !failed.contains(cell), [.pending, .stopped, .failed].contains(record.cells[cell].state),
        let recipe = recipe(of: cell)
      else { return nil }
      return (cell, order(cell, recipe, stopAfter: stopAfter))
    }
  }

  private func order(_ cell: Int, _ recipe: ResolvedRecipe, stopAfter: Int?) -> RunOrder {
    let name = record.cells[cell].name, run = runFolder(of: cell)
    return RunOrder(
      name: name, recipe: recipe, recipeFile: folder.recipe(name), folder: run, log: folder.log(name),
      lock: folder.lock(name), resumes: FileManager.default.fileExists(atPath: run.recipe.path), stopAfter: stopAfter)
  }

  /// What a trial has come to at a rung, if it has come there.
  private func outcome(_ number: Int, _ trial: Int, _ steps: Int) -> Search.Outcome? {
    let cell = trialCells[number][trial]
    if let known = scores["\(cell) \(steps)"] { return known }
    // A run that has looked at dev has not yet made its checkpoint.
    guard record.cells[cell].state != .running else { return nil }
    let higherIsBetter = plan.combinations[number].survey.higherIsBetter
    if let score = runFolder(of: cell).devScore(upTo: steps, higherIsBetter: higherIsBetter) { return .score(score) }
    return record.cells[cell].state == .diverged ? .diverged : nil
  }

  /// Lets a combination's search decide what it can.
  mutating func decide(_ number: Int, _ observer: (BenchmarkEvent) -> Void) {
    guard let search = plan.combinations[number].search, finals[number] == nil else { return }
    remember(number, search)
    let standing = search.standing { outcome(number, $0, $1) }
    for (trial, cell) in trialCells[number].enumerated() where record.cells[cell].state == .stopped {
      if standing.decision == .chosen(trial: trial) {
        record.cells[cell].state = .done
      } else if !standing.alive.contains(trial) {
        record.cells[cell].state = .dropped
      }
    }
    account(number)
    // Of a setting that has been judged the record is wanted: as many copies of a model as settings would fill a disk.
    for cell in trialCells[number] where [.done, .dropped].contains(record.cells[cell].state) {
      runFolder(of: cell).removeWeights()
    }
    switch standing.decision {
    case .run: return
    case .chosen(let trial): choose(trial, of: number)
    case .hopeless:
      for cell in finalCells[number] where record.cells[cell].state != .diverged {
        record.cells[cell].state = .diverged
        record.cells[cell].message = "every setting of the search diverged"
      }
      return
    }
    observer(.chosen(record.combinations[number]))
  }

  private mutating func choose(_ trial: Int, of number: Int) {
    let setting = plan.combinations[number].settings[trial]
    record.combinations[number].chosen = setting
    do {
      finals[number] = try plan.combinations[number].finalsOfTrial(trial)
    } catch {
      for cell in finalCells[number] { fail(cell, "\(error)") }
      return
    }
    for cell in finalCells[number] {
      record.cells[cell].setting = setting
      lookAgain(for: cell)
    }
  }

  /// Scores do not change any more: their files need not be read again.
  private mutating func remember(_ number: Int, _ search: Search) {
    for trial in 0..<search.trials {
      for rung in search.rungs {
        if let outcome = outcome(number, trial, rung) { scores["\(trialCells[number][trial]) \(rung)"] = outcome }
      }
    }
  }

  private mutating func account(_ number: Int) {
    let steps = trialCells[number].map { record.cells[$0].stepsDone }
    record.combinations[number].searchSteps = steps.reduce(0, +)
    record.combinations[number].searchForwards =
      zip(steps, plan.combinations[number].trialForwards).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

extension BenchmarkRecord {
  /// A benchmark as it stands in its folder, by the runs that are there.
  ///
  /// - Throws: `BenchmarkError.otherRun`, `.damaged`.
  public init(_ plan: BenchmarkPlan, in folder: BenchmarkFolder) throws {
    self = try BenchmarkState(plan, in: folder).record
  }
}

extension CellRecord {
  /// Nothing more is to be done for it.
  var isConcluded: Bool { [.done, .diverged, .dropped].contains(state) }
}
