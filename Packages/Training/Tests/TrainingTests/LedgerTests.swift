import Bundles
import Foundation
import TensorCore
import Testing
import TuningCore

@testable import Training

/// A ledger of four steps with 2, 1, 3 and 2 queries; the third has two updates.
private struct SampleRun {
  let folder: TemporaryFolder
  let file: URL
  let header: LedgerHeader
  let updates: [[ParameterUpdate]]
  let bytes: Data
  let headerLength: Int

  static let queries = [2, 1, 3, 2]

  init(seed: Int = 9, records: LedgerRecords = .moves) throws {
    folder = try TemporaryFolder()
    file = folder.url.appending(path: "ledger.zl")
    header = try sampleHeader(seed: seed, records: records)
    updates = Self.queries.enumerated().map { [header] step, queries in
      let terms = (0..<queries).map {
        Term(-1e-3 * Float(step + 1) / Float($0 + 3), header.direction(step: step, query: $0))
      }
      let parts = step == 2 ? [Array(terms[..<2]), Array(terms[2...])] : [terms]
      return parts.enumerated().map { part, terms in
        let scale = 1e-5 * Float(step + part)
        return records == .moves
          ? .move(Move(terms, decay: scale)) : .descent(.directions(terms), learningRate: scale)
      }
    }
    let writer = try LedgerWriter(creating: file, header: header)
    for (step, updates) in updates.enumerated() { try writer.append(step: step, updates: updates) }
    try writer.synchronize()
    bytes = try Data(contentsOf: file)
    headerLength = try header.encoded().count
  }

  /// Whole steps in the first `length` bytes.
  func steps(inBytes length: Int) -> Int {
    var end = headerLength
    return Self.queries.prefix { queries in
      end += queries * 20
      return end <= length
    }.count
  }

  /// The updates that a file of `bytes` holds after recovery.
  func recovered(_ bytes: Data) throws -> [[ParameterUpdate]] {
    let copy = try folder.write(bytes, to: "copy.zl")
    try Ledger.recover(copy)
    let reader = try LedgerReader(copy)
    #expect(reader.tornTail == nil)
    return try reader.allUpdates()
  }

  func error(_ bytes: Data) throws -> LedgerError? {
    let copy = try folder.write(bytes, to: "copy.zl")
    do {
      _ = try LedgerReader(copy)
      return nil
    } catch let error as LedgerError {
      return error
    }
  }
}

private func sampleHeader(
  seed: Int = 9, records: LedgerRecords = .moves, extra: String = ""
) throws -> LedgerHeader {
  let yaml = "model: /m\ndata: /d\nseed: \(seed)\n\(extra)"
  let recipe = try Recipe(yaml: yaml, folder: URL(filePath: "/"))
    .resolve(components: sampleComponents(), tasks: ["sst2"])
  return LedgerHeader(
    recipe: recipe, directionLaw: .gaussian, records: records, baseModel: ContentHash(of: Data("model".utf8)),
    tokenizer: ContentHash(of: Data("tokenizer".utf8)), data: ContentHash(of: Data("data".utf8)),
    plugins: ["ZOSGDPlugin 1.0"], zeroth: "0.1.0")
}

extension LedgerReader {
  fileprivate func allUpdates() throws -> [[ParameterUpdate]] {
    var updates: [[ParameterUpdate]] = []
    try forEachStep { step, these in
      #expect(step == updates.count)
      updates.append(these)
    }
    return updates
  }
}

@Suite struct LedgerTests {
  @Test(arguments: [LedgerRecords.moves, .estimates]) func updatesComeBackExactly(_ records: LedgerRecords) throws {
    let run = try SampleRun(records: records)
    let reader = try LedgerReader(run.file)
    #expect(reader.header == run.header)
    #expect(reader.stepCount == 4)
    #expect(reader.tornTail == nil)
    #expect(try reader.allUpdates() == run.updates)
    var some: [Int] = []
    try reader.forEachStep(in: 0..<2) { step, _ in some.append(step) }
    #expect(some == [0, 1])
    #expect(throws: LedgerError.self) { try reader.forEachStep(in: 0..<5) { _, _ in } }
  }

  @Test func aQueryTakesTwentyBytes() throws {
    let run = try SampleRun()
    #expect(run.bytes.count - run.headerLength == 20 * SampleRun.queries.reduce(0, +))
  }

  /// struct.pack('<IHHff', 7, 2, 3, -0.25, 0.5), then zlib.crc32 of struct.pack('<IQ', 0xDEADBEEF, 3) + those.
  @Test func bytesAreThoseOfTheSchema() throws {
    #expect(CRC32.checksum(Data("123456789".utf8)) == 0xCBF4_3926)
    let record = LedgerRecord(
      step: 7, query: 2, isLastOfStep: true, isLastOfUpdate: true, coefficient: -0.25, scale: 0.5)
    let bytes = record.encoded(index: 3, headerChecksum: 0xDEAD_BEEF)
    #expect(bytes.map { String(format: "%02x", $0) }.joined() == "0700000002000300000080be0000003fcccc22e3")
    #expect(LedgerRecord(bytes, index: 3, headerChecksum: 0xDEAD_BEEF) == record)
    #expect(LedgerRecord(bytes, index: 4, headerChecksum: 0xDEAD_BEEF) == nil)
    #expect(LedgerRecord(bytes, index: 3, headerChecksum: 0xDEAD_BEEE) == nil)
  }

  @Test func everyCutKeepsTheWholeSteps() throws {
    let run = try SampleRun()
    for length in 0..<run.bytes.count {
      let cut = run.bytes.prefix(length)
      guard length >= run.headerLength else {
        #expect(try [.notALedger, .corruptHeader].contains(run.error(cut)?.code), "\(length) bytes")
        continue
      }
      let steps = run.steps(inBytes: length)
      #expect(try run.recovered(cut) == Array(run.updates.prefix(steps)), "\(length) bytes")
      // Going on from there gives the file that was never cut.
      let copy = run.folder.url.appending(path: "copy.zl")
      try cut.write(to: copy)
      let writer = try LedgerWriter(resuming: copy, afterStep: steps, header: run.header)
      for step in steps..<run.updates.count { try writer.append(step: step, updates: run.updates[step]) }
      #expect(try Data(contentsOf: copy) == run.bytes)
    }
  }

  @Test func everyChangedByteIsNoticed() throws {
    let run = try SampleRun()
    let lastRecord = run.bytes.count - 20
    for offset in run.bytes.indices {
      var damaged = run.bytes
      damaged[offset] ^= 1 << UInt8(offset % 8)
      if offset < run.headerLength {
        #expect(try run.error(damaged) != nil, "byte \(offset)")
      } else if offset < lastRecord {
        let error = try run.error(damaged)
        let record = offset - (offset - run.headerLength) % 20
        #expect(error?.code == .corruptRecord && error?.message.contains("byte \(record) ") == true, "byte \(offset)")
      } else {
        // Indistinguishable from a write that did not end: the unfinished step goes, and is told.
        let reader = try LedgerReader(run.folder.write(damaged, to: "copy.zl"))
        #expect(reader.tornTail == .init(offset: lastRecord - 20, length: 40))
        #expect(try run.recovered(damaged) == Array(run.updates.dropLast()), "byte \(offset)")
      }
    }
  }

  @Test func recordsBelongToTheirPlaceAndTheirLedger() throws {
    let run = try SampleRun(), other = try SampleRun(seed: 10)
    func record(_ index: Int, of run: SampleRun) -> Data { run.bytes.subdata(in: range(index, of: run)) }
    func range(_ index: Int, of run: SampleRun) -> Range<Int> {
      run.headerLength + index * 20..<run.headerLength + (index + 1) * 20
    }
    var swapped = run.bytes
    swapped.replaceSubrange(range(1, of: run), with: record(2, of: run))
    swapped.replaceSubrange(range(2, of: run), with: record(1, of: run))
    #expect(try run.error(swapped)?.code == .corruptRecord)
    var foreign = run.bytes
    foreign.replaceSubrange(range(2, of: run), with: record(2, of: other))
    #expect(try run.error(foreign)?.code == .corruptRecord)
    var without = run.bytes
    without.removeSubrange(range(0, of: run))
    #expect(try LedgerReader(run.folder.write(without, to: "copy.zl")).stepCount == 0)
  }

  @Test func goodRecordsInABadOrderAreRefused() throws {
    let run = try SampleRun()
    let header = run.bytes.prefix(run.headerLength)
    let checksum = Data(header.suffix(4)).littleEndian(UInt32.self, at: 0)
    func code(_ records: [LedgerRecord]) throws -> LedgerError.Code? {
      let body = records.enumerated().map { $1.encoded(index: $0, headerChecksum: checksum) }
      return try run.error(header + body.joined())?.code
    }
    func record(
      _ step: UInt32, _ query: UInt16, last: Bool, ends: Bool? = nil, _ coefficient: Float = 1, scale: Float = 0
    ) -> LedgerRecord {
      LedgerRecord(
        step: step, query: query, isLastOfStep: last, isLastOfUpdate: ends ?? last, coefficient: coefficient,
        scale: scale)
    }
    #expect(try code([record(0, 0, last: false), record(0, 1, last: true)]) == nil)
    #expect(try code([record(1, 0, last: true)]) == .corruptRecord)
    #expect(try code([record(0, 1, last: true)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: true), record(0, 1, last: true)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: false), record(1, 0, last: true)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: false), record(0, 1, last: true, scale: 1)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: false, ends: true), record(0, 1, last: true, scale: 1)]) == nil)
    #expect(try code([record(0, 0, last: true, ends: false)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: true, .nan)]) == .corruptRecord)
    #expect(try code([record(0, 0, last: true, scale: .infinity)]) == .corruptRecord)
  }

  @Test func lyingHeadersAreRefused() throws {
    let run = try SampleRun()
    func changed(_ offset: Int, _ value: UInt32) -> Data {
      var bytes = run.bytes
      bytes.replaceSubrange(offset..<offset + 4, with: withUnsafeBytes(of: value.littleEndian) { Data($0) })
      return bytes
    }
    #expect(try run.error(changed(8, 1))?.code == .otherFormat)
    for length: UInt32 in [0, 1, .max, 1 << 24, UInt32(run.bytes.count)] {
      #expect(try run.error(changed(12, length))?.code == .corruptHeader)
    }
    // A checksum that agrees does not make any JSON a header.
    var bytes = Data(LedgerHeader.magic)
    bytes.append(littleEndian: LedgerHeader.formatVersion)
    bytes.append(littleEndian: UInt32(2))
    bytes += Data("{}".utf8)
    bytes.append(littleEndian: CRC32.checksum(bytes))
    #expect(try run.error(bytes)?.code == .corruptHeader)
    #expect(throws: LedgerError.self) { try LedgerReader(run.folder.url.appending(path: "none")) }
    #expect(throws: LedgerError.self) { try LedgerReader(run.folder.url) }
  }
}

@Suite struct LedgerWriterTests {
  @Test func resumingCutsLaterSteps() throws {
    let run = try SampleRun()
    try Ledger.truncate(run.file, afterStep: 3)
    #expect(try LedgerReader(run.file).allUpdates() == Array(run.updates.prefix(3)))
    let writer = try LedgerWriter(resuming: run.file, afterStep: 1, header: run.header)
    #expect(writer.stepCount == 1)
    for step in 1..<4 { try writer.append(step: step, updates: run.updates[step]) }
    #expect(try Data(contentsOf: run.file) == run.bytes)
  }

  @Test func aLedgerHasOneRunAndOneWriter() throws {
    let run = try SampleRun()
    func code(_ body: () throws -> Void) -> LedgerError.Code? {
      do { try body() } catch { return (error as? LedgerError)?.code }
      return nil
    }
    #expect(code { _ = try LedgerWriter(creating: run.file, header: run.header) } == .alreadyExists)
    #expect(code { _ = try LedgerWriter(resuming: run.file, afterStep: 5, header: run.header) } == .otherRun)
    let other = try sampleHeader(seed: 10)
    let error = #expect(throws: LedgerError.self) { try LedgerWriter(resuming: run.file, afterStep: 1, header: other) }
    #expect(error?.code == .otherRun)
    #expect(error?.message.contains("the seed is 10 here and 9 in the ledger") == true)
    #expect(try Data(contentsOf: run.file) == run.bytes)
    // Where the run lies and how many threads it has make it no other run.
    let moved = try sampleHeader(extra: "threads: 1\noutput: /elsewhere\n")
    let writer = try LedgerWriter(resuming: run.file, afterStep: 4, header: moved)
    #expect(code { _ = try LedgerWriter(resuming: run.file, afterStep: 4, header: run.header) } == .inUse)
    #expect(code { try Ledger.recover(run.file) } == .inUse)
    #expect(writer.stepCount == 4)
  }

  @Test func movesThatCannotBeRebuiltAreRefused() throws {
    let run = try SampleRun()
    let writer = try LedgerWriter(resuming: run.file, afterStep: 0, header: run.header)
    let right = run.header.direction(step: 0, query: 0)
    func refuses(_ move: Move) -> Bool { self.refuses(.move(move), by: writer) }
    #expect(refuses(Move([])))
    #expect(refuses(Move([Term(.nan, right)])))
    #expect(refuses(Move([Term(1, right)], decay: .infinity)))
    #expect(refuses(Move([Term(1, run.header.direction(step: 1, query: 0))])))
    #expect(refuses(Move([Term(1, run.header.direction(step: 0, query: 1))])))
    #expect(refuses(Move([Term(1, Direction(seed: right.seed, law: .rademacher))])))
    #expect(refuses(Move(Array(repeating: Term(1, right), count: 65537))))
    #expect(self.refuses(.descent(.directions([Term(1, right)]), learningRate: 1), by: writer))
    #expect(!refuses(Move([Term(0, right)])))
    #expect(writer.stepCount == 1)
  }

  @Test func estimatesThatCannotBeRebuiltAreRefused() throws {
    let run = try SampleRun(records: .estimates)
    let writer = try LedgerWriter(resuming: run.file, afterStep: 0, header: run.header)
    let right = Term(1, run.header.direction(step: 0, query: 0))
    #expect(refuses(.move(Move([right])), by: writer))
    #expect(refuses(.descent(.directions([right]), learningRate: .nan), by: writer))
    #expect(refuses(.descent(.directions([]), learningRate: 1), by: writer))
    #expect(!refuses(.descent(.directions([right]), learningRate: 0), by: writer))
    #expect(throws: LedgerError.self) {
      try LedgerWriter(resuming: run.file, afterStep: 1, header: sampleHeader(records: .moves))
    }
  }

  /// Their course is told, and whoever would rebuild them is told why not.
  @Test func exactGradientsAreNotRebuilt() throws {
    let temporary = try TemporaryFolder(), file = temporary.url.appending(path: "ledger.zl")
    let header = try sampleHeader(records: .gradients), writer = try LedgerWriter(creating: file, header: header)
    let gradient = ParameterUpdate.descent(.gradient(Gradient(loss: 1, tensors: [:]), scale: 0.5), learningRate: 0.1)
    let move = ParameterUpdate.move(Move([Term(2, header.direction(step: 0, query: 1))]))
    try writer.append(step: 0, updates: [gradient, move])
    let reader = try LedgerReader(file)
    #expect(reader.stepCount == 1 && reader.recordCount == 2)
    let error = #expect(throws: LedgerError.self) { try reader.forEachStep { _, _ in } }
    #expect(error?.code == .underivableUpdate && error?.message.contains("exact gradients") == true)
    #expect(reader.payloadSteps == [])
    let moves = try LedgerWriter(creating: temporary.url.appending(path: "moves.zl"), header: sampleHeader())
    #expect(refuses(gradient, by: moves))
  }

  private func refuses(_ update: ParameterUpdate, by writer: LedgerWriter) -> Bool {
    do { try writer.append(step: 0, updates: [update]) } catch {
      return (error as? LedgerError)?.code == .underivableUpdate
    }
    return false
  }

  @Test func aFullDiskIsSaid() throws {
    let full = try LedgerFile(URL(filePath: "/dev/full"), for: .writing)
    let error = #expect(throws: LedgerError.self) { try full.append(Data([1, 2, 3]), at: 0) }
    #expect(error?.code == .noSpaceLeft)
  }
}
