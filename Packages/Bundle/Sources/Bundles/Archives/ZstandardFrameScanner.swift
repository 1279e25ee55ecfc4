/// Follows the frames of a zstd file (RFC 8878) as its bytes go by, without unpacking them.
///
/// libzstd takes up to 128 MiB for a frame that asks for it, and libarchive unpacks no more once a frame is broken
/// without always saying so. This refuses windows beyond 8 MiB, which the RFC recommends that every decoder supports,
/// frames that are none, and a file that ends within one.
struct ZstandardFrameScanner {
  static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
  static let greatestWindow = 8 << 20
  private static let greatestBlock = 128 << 10

  private enum State {
    case magic
    case descriptor
    /// Window size, dictionary id, content size.
    case header(descriptor: UInt8)
    case blockHeader(hasChecksum: Bool)
    case blockBody(isLast: Bool, hasChecksum: Bool)
    case checksum
  }

  private let path: String
  private var state = State.magic
  /// Bytes that the state takes, and those of them that have come, where their values matter.
  private var wanted = 4
  private var taken: [UInt8] = []

  init(path: String) { self.path = path }

  /// - Throws: `BundleError.corrupt` or `.refusedMember`.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = rest.prefix(wanted)
      if case .blockBody = state {} else { taken.append(contentsOf: part) }
      wanted -= part.count
      rest = rest.dropFirst(part.count)
      while wanted == 0 { try advance() }
    }
  }

  /// - Throws: `BundleError.corrupt` if a frame is not at its end.
  func finish() throws {
    guard case .magic = state, taken.isEmpty else { throw corrupt("is cut short") }
  }

  private func corrupt(_ what: String) -> BundleError {
    BundleError(.corrupt, "\(path): \(what): the zstd file is damaged")
  }

  private mutating func enter(_ next: State, _ count: Int) {
    state = next
    wanted = count
    taken.removeAll(keepingCapacity: true)
  }

  /// Goes on from a state whose bytes have all come.
  private mutating func advance() throws {
    switch state {
    case .magic:
      guard taken == Self.magic else { throw corrupt("has something else where a frame should begin") }
      enter(.descriptor, 1)
    case .descriptor:
      let descriptor = taken[0]
      guard descriptor & 0b1000 == 0 else { throw corrupt("sets a bit that is reserved") }
      enter(.header(descriptor: descriptor), Self.headerSize(descriptor))
    case .header(let descriptor):
      try checkWindow(descriptor)
      enter(.blockHeader(hasChecksum: descriptor & 0b100 != 0), 3)
    case .blockHeader(let hasChecksum):
      let header = Int(taken[0]) | Int(taken[1]) << 8 | Int(taken[2]) << 16
      let type = header >> 1 & 3, size = header >> 3
      guard type != 3, size <= Self.greatestBlock else { throw corrupt("has a block of no known kind") }
      enter(.blockBody(isLast: header & 1 == 1, hasChecksum: hasChecksum), type == 1 ? 1 : size)
    case .blockBody(let isLast, let hasChecksum):
      if !isLast { return enter(.blockHeader(hasChecksum: hasChecksum), 3) }
      if hasChecksum { return enter(.checksum, 4) }
      enter(.magic, 4)
    case .checksum: enter(.magic, 4)
    }
  }

  private static func isSingleSegment(_ descriptor: UInt8) -> Bool { descriptor & 0b10_0000 != 0 }

  private static func contentSizeSize(_ descriptor: UInt8) -> Int {
    let flag = Int(descriptor >> 6)
    return flag == 0 ? (isSingleSegment(descriptor) ? 1 : 0) : 1 << flag
  }

  private static func dictionarySize(_ descriptor: UInt8) -> Int { [0, 1, 2, 4][Int(descriptor & 3)] }

  private static func headerSize(_ descriptor: UInt8) -> Int {
    (isSingleSegment(descriptor) ? 0 : 1) + dictionarySize(descriptor) + contentSizeSize(descriptor)
  }

  private func checkWindow(_ descriptor: UInt8) throws {
    let window: UInt64
    if Self.isSingleSegment(descriptor) {
      let field = taken.suffix(Self.contentSizeSize(descriptor))
      window = field.reversed().reduce(0) { $0 << 8 | UInt64($1) } + (field.count == 2 ? 256 : 0)
    } else {
      let base = UInt64(1) << (10 + UInt64(taken[0] >> 3))
      window = base + base / 8 * UInt64(taken[0] & 7)
    }
    guard window <= UInt64(Self.greatestWindow) else {
      throw BundleError(
        .refusedMember,
        "\(path): was compressed with a window of \(window) bytes; at most \(Self.greatestWindow) are "
          + "accepted: compress it again, at a lower level")
    }
  }
}
