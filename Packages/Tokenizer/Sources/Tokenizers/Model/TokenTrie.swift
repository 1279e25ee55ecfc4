/// A trie over the UTF-8 of tokens.
///
/// Its edges lie in one open-addressing table from (state, byte) to state: a step costs one or two memory accesses, and
/// building takes time and memory linear in the tokens' bytes.
struct TokenTrie: Sendable {
  /// An index of a state; 0 is the root.
  typealias State = Int32

  private struct Edge {
    /// State and byte.
    var key: UInt64
    var next: State
  }

  private static let free = Edge(key: .max, next: -1)
  /// The count is a power of two, and at most half are taken.
  private var edges: [Edge] = Array(repeating: free, count: 1024)
  private var edgeCount = 0
  /// For each state, the value of the token that ends there, or -1.
  private var values: [Int32] = [-1]
  /// The states that the root's bytes lead to, or -1.
  private var first = [State](repeating: -1, count: 256)

  /// Adds a token. One that is there already keeps its value unless `replacing`.
  mutating func insert(_ token: some Sequence<UInt8>, value: Int32, replacing: Bool = true) {
    var state: State = 0
    for byte in token {
      if let next = next(state, byte) {
        state = next
        continue
      }
      let new = State(values.count)
      values.append(-1)
      if state == 0 { first[Int(byte)] = new } else { add(Self.key(state, byte), new) }
      state = new
    }
    if replacing || values[Int(state)] < 0 { values[Int(state)] = value }
  }

  var isEmpty: Bool { values.count == 1 }

  /// The state after `byte`.
  @inline(__always)
  func next(_ state: State, _ byte: UInt8) -> State? {
    if state == 0 {
      let next = first[Int(byte)]
      return next < 0 ? nil : next
    }
    let key = Self.key(state, byte)
    var slot = slot(of: key)
    return edges.withUnsafeBufferPointer { edges in
      while true {
        let edge = edges[slot]
        if edge.key == key { return edge.next }
        if edge.next < 0 { return nil }
        slot = (slot + 1) & (edges.count - 1)
      }
    }
  }

  /// The value of the token that ends at `state`, or -1.
  @inline(__always)
  func value(at state: State) -> Int32 { values[Int(state)] }

  /// The longest token that starts `text` at `start`.
  @inline(__always)
  func longest(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> (end: Int, value: Int32)? {
    var state: State = 0
    var found: (end: Int, value: Int32)?
    var position = start
    while position < text.count, let next = next(state, text[position]) {
      state = next
      position += 1
      let value = values[Int(state)]
      if value >= 0 { found = (position, value) }
    }
    return found
  }

  @inline(__always)
  private static func key(_ state: State, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: state)) << 8 | UInt64(byte)
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & (edges.count - 1)
  }

  private mutating func add(_ key: UInt64, _ next: State) {
    edgeCount += 1
    if edgeCount * 2 > edges.count { grow() }
    place(Edge(key: key, next: next))
  }

  private mutating func place(_ edge: Edge) {
    var slot = slot(of: edge.key)
    while edges[slot].next >= 0 { slot = (slot + 1) & (edges.count - 1) }
    edges[slot] = edge
  }

  private mutating func grow() {
    let old = edges
    edges = Array(repeating: Self.free, count: old.count * 2)
    for edge in old where edge.next >= 0 { place(edge) }
  }
}
