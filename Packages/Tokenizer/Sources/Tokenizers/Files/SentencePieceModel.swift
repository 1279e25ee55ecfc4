import Foundation

/// What a SentencePiece `.model` file holds, as far as encoding needs it.
///
/// Source of the field numbers: `sentencepiece_model.proto`.
struct SentencePieceModel {
  enum Kind: UInt64 { case unigram = 1, bytePair = 2, word = 3, character = 4 }
  enum PieceType: UInt64 { case normal = 1, unknown = 2, control = 3, userDefined = 4, unused = 5, byte = 6 }

  struct Piece {
    var text = ""
    var score: Float = 0
    var type = PieceType.normal
  }

  let file: String
  private(set) var pieces: [Piece] = []
  private(set) var kind = Kind.unigram
  private(set) var byteFallback = false
  private(set) var unknownID = 0
  private(set) var beginID = 1
  private(set) var endID = 2
  private(set) var paddingID = -1
  /// Whether the sign for a space ends words instead of starting them.
  private(set) var marksWordEnds = false
  private(set) var charsmap: ArraySlice<UInt8> = []
  private(set) var addsDummyPrefix = true
  private(set) var removesExtraSpaces = true
  private(set) var escapesSpaces = true

  init(contentsOf url: URL) throws {
    guard let data = try? Data(contentsOf: url) else {
      throw TokenizerError(.unreadableFile, "the file cannot be read; check the path", file: url.path)
    }
    try self.init([UInt8](data), file: url.path)
  }

  init(_ bytes: [UInt8], file: String) throws {
    self.file = file
    var reader = ProtobufReader(bytes[...], file: file)
    while let (number, value) = try reader.next() {
      guard case .bytes(let message) = value else { continue }
      switch number {
      case 1: pieces.append(try piece(message))
      case 2: try readTrainerSpec(message)
      case 3: try readNormalizerSpec(message)
      default: break
      }
    }
    guard !pieces.isEmpty else {
      throw TokenizerError(.malformedFile, "no pieces: this is no SentencePiece model", file: file)
    }
    guard pieces.indices.contains(unknownID) else {
      throw invalid("unk_id is \(unknownID), but there are \(pieces.count) pieces")
    }
  }

  func invalid(_ message: String) -> TokenizerError { TokenizerError(.invalidContent, message, file: file) }

  func unsupported(_ message: String) -> TokenizerError { TokenizerError(.unsupportedComponent, message, file: file) }

  private func piece(_ message: ArraySlice<UInt8>) throws -> Piece {
    var reader = ProtobufReader(message, file: file)
    var piece = Piece()
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let bytes)):
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw invalid("piece \(pieces.count) is not UTF-8 text")
        }
        piece.text = text
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .varint(let raw)):
        guard let type = PieceType(rawValue: raw) else { throw unsupported("piece \(pieces.count) has type \(raw)") }
        piece.type = type
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainerSpec(_ message: ArraySlice<UInt8>) throws {
    var reader = ProtobufReader(message, file: file)
    while let (number, value) = try reader.next() {
      guard case .varint(let raw) = value else { continue }
      switch number {
      case 3:
        guard let kind = Kind(rawValue: raw) else { throw unsupported("model type \(raw)") }
        self.kind = kind
      case 24: marksWordEnds = raw != 0
      case 35: byteFallback = raw != 0
      case 40: unknownID = Self.id(raw)
      case 41: beginID = Self.id(raw)
      case 42: endID = Self.id(raw)
      case 43: paddingID = Self.id(raw)
      default: break
      }
    }
  }

  private mutating func readNormalizerSpec(_ message: ArraySlice<UInt8>) throws {
    var reader = ProtobufReader(message, file: file)
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (2, .bytes(let bytes)): charsmap = bytes
      case (3, .varint(let raw)): addsDummyPrefix = raw != 0
      case (4, .varint(let raw)): removesExtraSpaces = raw != 0
      case (5, .varint(let raw)): escapesSpaces = raw != 0
      default: break
      }
    }
  }

  /// A negative number is written as 64 bits of two's complement.
  private static func id(_ raw: UInt64) -> Int { Int(Int32(truncatingIfNeeded: raw)) }
}

extension SentencePieceModel {
  /// The pieces by id. Every piece has one id.
  func vocabulary() throws -> Vocabulary {
    guard pieces.count <= Vocabulary.highestID else { throw invalid("more pieces than any vocabulary has") }
    var vocabulary = Vocabulary()
    for (id, piece) in pieces.enumerated() {
      do throws(Vocabulary.Conflict) {
        try vocabulary.add(piece.text, id: Int32(id))
      } catch {
        throw invalid(error.message(adding: piece.text, id: Int32(id)))
      }
    }
    return vocabulary
  }
}

extension MergeTable {
  /// The merges that a vocabulary without a list of them means: every pair of tokens whose texts, one after the other,
  /// are a token.
  ///
  /// - Parameter rank: how early a token is made; of equal ranks the leftmost in the text comes first. Nil: in the order
  ///   of ids, and of the pairs that make one token the one whose left part is shortest first, as in `transformers`.
  init(joining vocabulary: Vocabulary, rank: ((Int32) -> UInt32)?, mergeable: (Int32) -> Bool = { _ in true }) {
    var pairs: [(left: Int32, right: Int32, result: Int32)] = []
    for id in vocabulary.allIDs where mergeable(id) {
      // A token of a thousand bytes has a thousand splits of a thousand bytes each.
      guard let token = vocabulary.bytes(for: id), token.count <= Self.longestJoined else { continue }
      token.withUnsafeBufferPointer { bytes in
        for cut in bytes.indices.dropFirst() where bytes[cut] & 0xC0 != 0x80 {
          guard let left = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[..<cut])),
            let right = vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[cut...])),
            mergeable(left), mergeable(right)
          else { continue }
          pairs.append((left, right, id))
        }
      }
    }
    self.init(capacity: pairs.count)
    for (index, pair) in pairs.enumerated() {
      add(pair.left, pair.right, rank: rank?(pair.result) ?? UInt32(index), result: pair.result)
    }
  }

  /// Longer tokens are not looked at for splits.
  private static let longestJoined = 1024
}
