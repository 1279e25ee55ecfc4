import Bundles
import Foundation
import TensorCore
import TuningCore

/// What a ledger's coefficients are those of: of an optimizer's updates, and of a run the last of these that any of its
/// optimizers makes.
public enum LedgerRecords: String, Sendable, Codable {
  /// Moves: with the directions they are all that happened.
  case moves
  /// Estimates of the gradient: the optimizer descended along them by its update rule.
  case estimates
  /// Updates along exact gradients, which are not recorded: what they moved is in the ledger's payloads.
  case gradients

  init(of optimizer: any Optimizer) {
    self =
      optimizer.cost(trainableCount: 0).gradientsPerStep > 0
      ? .gradients : optimizer.rule == nil ? .moves : .estimates
  }
}

/// What a ledger's coefficients are to be multiplied by and applied to: with the files of these hashes and this
/// recipe, they rebuild the weights.
public struct LedgerHeader: Sendable, Codable, Equatable {
  /// Of the seeds of directions and of rounding.
  public var runSeed: UInt64
  /// Of every direction.
  public var directionLaw: NoiseLaw
  /// What the records are of.
  public var records: LedgerRecords
  /// `AddressedNoise.contractVersion` of the run.
  public var noiseContract: Int
  public var rounding: Rounding
  public var baseModel: ContentHash
  /// Of the base model's config.json; nil for a GGUF file, which holds its own, and in ledgers of earlier versions.
  public var configuration: ContentHash?
  public var tokenizer: ContentHash
  public var data: ContentHash
  /// The files that the examples were read from, by their paths in the data's folder or archive; nil in ledgers of
  /// earlier versions.
  public var dataFiles: [String: ContentHash]?
  /// nil where the scheme began with fresh numbers.
  public var adapter: ContentHash?
  /// `ResolvedRecipe.identity`
  public var recipeIdentity: ContentHash
  /// Scheme and optimizer with all their options are among its lines.
  public var recipe: ResolvedRecipe
  /// Name and version of each.
  public var plugins: [String]
  /// Version of the program.
  public var zeroth: String

  private enum CodingKeys: String, CodingKey {
    case runSeed = "run_seed"
    case directionLaw = "direction_law"
    case records
    case noiseContract = "noise_contract"
    case rounding
    case baseModel = "base_model"
    case configuration, tokenizer, data, adapter
    case dataFiles = "data_files"
    case recipeIdentity = "recipe_identity"
    case recipe, plugins, zeroth
  }

  /// The header of a run of `recipe` on files of these hashes.
  public init(
    recipe: ResolvedRecipe, directionLaw: NoiseLaw, records: LedgerRecords, baseModel: ContentHash,
    configuration: ContentHash? = nil, tokenizer: ContentHash, data: ContentHash,
    dataFiles: [String: ContentHash]? = nil, adapter: ContentHash? = nil, plugins: [String], zeroth: String
  ) {
    runSeed = recipe.seeds.runSeed
    self.directionLaw = directionLaw
    self.records = records
    noiseContract = AddressedNoise.contractVersion
    rounding = recipe.rounding
    self.baseModel = baseModel
    self.configuration = configuration
    self.tokenizer = tokenizer
    self.data = data
    self.dataFiles = dataFiles
    self.adapter = adapter
    recipeIdentity = recipe.identity
    self.recipe = recipe
    self.plugins = plugins
    self.zeroth = zeroth
  }

  /// The direction of one query of a step.
  public func direction(step: Int, query: Int) -> Direction {
    Direction(seed: SeedSequence(runSeed: runSeed).seed(.direction, step: step, query: query), law: directionLaw)
  }

  /// Whether a base model with this config.json may be the run's; one that is not known on either side may.
  func allows(configuration other: ContentHash?) -> Bool {
    configuration == nil || other == nil || configuration == other
  }

  /// What of `other` would make its records mean something else than this header's; empty for the same run.
  func differences(from other: LedgerHeader) -> [String] {
    func compare<Value: Equatable>(_ name: String, _ value: KeyPath<LedgerHeader, Value>) -> String? {
      self[keyPath: value] == other[keyPath: value]
        ? nil : "\(name) is \(other[keyPath: value]) here and \(self[keyPath: value]) in the ledger"
    }
    let adapterDiffers =
      adapter == other.adapter
      ? nil
      : "the adapter's SHA-256 is \(other.adapter?.hex ?? "none") here and \(adapter?.hex ?? "none") in the ledger"
    return [
      compare("the seed", \.runSeed), compare("the directions' law", \.directionLaw),
      compare("the kind of records", \.records),
      compare("the noise contract", \.noiseContract), compare("the rounding", \.rounding),
      compare("the base model's SHA-256", \.baseModel),
      allows(configuration: other.configuration) ? nil : "the base model's config.json is another",
      compare("the tokenizer's SHA-256", \.tokenizer),
      compare("the data's SHA-256", \.data), adapterDiffers, compare("the recipe's identity", \.recipeIdentity),
    ].compactMap(\.self)
  }
}

/// How a ledger begins: magic, format version, length of the JSON, JSON, CRC-32 of all that.
extension LedgerHeader {
  static let magic: [UInt8] = [0x89, 0x5A, 0x52, 0x4C, 0x0D, 0x0A, 0x1A, 0x0A]
  static let formatVersion: UInt32 = 3
  /// Bytes before the JSON.
  static let prefixLength = 16
  /// A header is a few kilobytes; a length beyond this is damage.
  static let greatestLength = 1 << 24

  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(self)
    var bytes = Data(Self.magic)
    bytes.append(littleEndian: Self.formatVersion)
    bytes.append(littleEndian: UInt32(json.count))
    bytes += json
    bytes.append(littleEndian: CRC32.checksum(bytes))
    return bytes
  }

  /// The header at the beginning of `file`, its length in bytes, and its checksum.
  static func read(from file: LedgerFile) throws -> (header: LedgerHeader, length: Int, checksum: UInt32) {
    let prefix = try file.read(count: prefixLength, at: 0)
    guard prefix.count == prefixLength, prefix.prefix(8).elementsEqual(magic) else {
      throw LedgerError(.notALedger, "\(file.path): no ledger: a ledger begins with 89 5A 52 4C 0D 0A 1A 0A")
    }
    let version = prefix.littleEndian(UInt32.self, at: 8)
    guard version == formatVersion else {
      throw LedgerError(
        .otherFormat,
        "\(file.path): a ledger of format \(version); this program reads \(formatVersion): use its own version")
    }
    let count = Int(prefix.littleEndian(UInt32.self, at: 12))
    guard count <= greatestLength, prefixLength + count + 4 <= file.size else {
      throw LedgerError(
        .corruptHeader,
        "\(file.path): the header at byte 12 claims \(count) bytes, the file has \(file.size): it is cut short")
    }
    let bytes = try file.read(count: prefixLength + count + 4, at: 0)
    let checksum = CRC32.checksum(bytes.dropLast(4))
    guard bytes.count == prefixLength + count + 4, bytes.littleEndian(UInt32.self, at: prefixLength + count) == checksum
    else {
      throw LedgerError(.corruptHeader, "\(file.path): the header's checksum does not agree: the file is damaged")
    }
    do {
      let json = bytes[prefixLength..<prefixLength + count]
      return (try JSONDecoder().decode(LedgerHeader.self, from: json), bytes.count, checksum)
    } catch {
      throw LedgerError(.corruptHeader, "\(file.path): the header is no ledger's: \(error)")
    }
  }
}

extension Data {
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// The integer `offset` bytes from the first.
  func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
    withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self)) }
  }
}
