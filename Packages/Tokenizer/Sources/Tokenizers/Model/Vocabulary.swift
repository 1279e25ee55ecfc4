/// The two-way table between token texts and ids.
///
/// Texts are compared byte for byte: `String`'s equality would make one token of "é" composed and decomposed. All
/// texts lie in one buffer, found through an open-addressing hash, so 50,000 tokens cost about 1.3 MB and no
/// allocation each.
struct Vocabulary: Sendable {
  /// Ids above this are refused: the table by id is dense, so that a hostile file could ask for gigabytes.
  static let highestID = 1 << 24

  private var text: [UInt8] = []
  private var ends: [Int] = []
  private var ids: [Int32] = []
  private var entryOfID: [Int32] = []
  /// Entry indices; -1 is free. The count is a power of two, and at most half are taken.
  private var slots: [Int32] = Array(repeating: -1, count: 16)

  /// Highest id + 1.
  var size: Int { entryOfID.count }
  /// Number of tokens; less than `size` where ids have gaps.
  var count: Int { ids.count }

  /// What is already there when a token is added.
  enum Conflict: Error {
    case tokenHasID(Int32)
    case idHasToken(String)

    func message(adding token: String, id: Int32) -> String {
      switch self {
      case .tokenHasID(let known): "token '\(token)' is given twice, with ids \(known) and \(id)"
      case .idHasToken(let other): "id \(id) is given to both '\(other)' and '\(token)'"
      }
    }
  }

  mutating func add(_ token: String, id: Int32) throws(Conflict) {
    var token = token
    let known = token.withUTF8 { self.id(of: $0) }
    if let known { throw .tokenHasID(known) }
    if let other = self.token(for: id) { throw .idHasToken(other) }
    if (ids.count + 1) * 2 > slots.count { grow() }
    let entry = Int32(ids.count)
    token.withUTF8 { bytes in
      slots[freeSlot(for: bytes)] = entry
      text.append(contentsOf: bytes)
    }
    ends.append(text.count)
    ids.append(id)
    while entryOfID.count <= Int(id) { entryOfID.append(-1) }
    entryOfID[Int(id)] = entry
  }

  func id(of token: String) -> Int32? {
    var token = token
    return token.withUTF8 { id(of: $0) }
  }

  func id(of token: UnsafeBufferPointer<UInt8>) -> Int32? {
    var slot = Self.hash(token) & (slots.count - 1)
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if equals(entry, token) { return ids[entry] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  func bytes(for id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, Int(id) < entryOfID.count, entryOfID[Int(id)] >= 0 else { return nil }
    return text[range(of: Int(entryOfID[Int(id)]))]
  }

  func token(for id: Int32) -> String? {
    bytes(for: id).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Every id, in the order in which tokens were added.
  var allIDs: [Int32] { ids }

  private func range(of entry: Int) -> Range<Int> { (entry == 0 ? 0 : ends[entry - 1])..<ends[entry] }

  private func equals(_ entry: Int, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
    let range = range(of: entry)
    return range.count == token.count && text[range].elementsEqual(token)
  }

  private func freeSlot(for token: UnsafeBufferPointer<UInt8>) -> Int {
    var slot = Self.hash(token) & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    text.withUnsafeBufferPointer { text in
      for entry in ids.indices {
        slots[freeSlot(for: UnsafeBufferPointer(rebasing: text[range(of: entry)]))] = Int32(entry)
      }
    }
  }

  /// Salted per process by `Hasher`, so that a file cannot be built to collide.
  private static func hash(_ token: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(token))
    return hasher.finalize()
  }
}
