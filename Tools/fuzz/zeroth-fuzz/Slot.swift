import Foundation

/// What a worker is doing, in memory that its supervisor sees and that outlives it.
struct Slot {
  private let base: UnsafeMutableRawPointer
  /// Words before the counts: see the properties.
  private static let words = 8
  private static let readers = 64
  private static var inputOffset: Int { (words + readers) * 8 }
  private static var size: Int { inputOffset + Mutator.greatestLength }

  /// Makes (or, in a worker, opens) the slot's file.
  init(_ file: URL) throws {
    let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, off_t(Slot.size)) == 0 else {
      throw FuzzError("\(file.path): cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    guard let base = mmap(nil, Slot.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
      throw FuzzError("\(file.path): cannot be mapped")
    }
    self.base = base
  }

  private func word(_ place: Int) -> UnsafeMutablePointer<Int> {
    (base + place * 8).assumingMemoryBound(to: Int.self)
  }

  /// The input's number, from 0.
  var iteration: Int {
    get { word(0).pointee }
    nonmutating set { word(0).pointee = newValue }
  }
  var reader: Int {
    get { word(1).pointee }
    nonmutating set { word(1).pointee = newValue }
  }
  /// Nanoseconds of the worker's processor time when it began to read; 0 between inputs.
  var began: Int {
    get { word(3).pointee }
    nonmutating set { word(3).pointee = newValue }
  }
  /// The same on the clock of the wall.
  var beganWall: Int {
    get { word(4).pointee }
    nonmutating set { word(4).pointee = newValue }
  }

  /// How many inputs each reader has read, and how many of them without complaint.
  func counts(of reader: Int) -> (all: Int, read: Int) {
    let both = word(Slot.words + reader).pointee
    return (both & 0xffff_ffff, both >> 32)
  }

  func count(_ reader: Int, wasRead: Bool) { word(Slot.words + reader).pointee += wasRead ? 1 << 32 | 1 : 1 }

  var input: [UInt8] {
    get {
      let start = (base + Slot.inputOffset).assumingMemoryBound(to: UInt8.self)
      return Array(UnsafeBufferPointer(start: start, count: min(max(0, word(2).pointee), Mutator.greatestLength)))
    }
    nonmutating set {
      word(2).pointee = newValue.count
      newValue.withUnsafeBytes {
        if let source = $0.baseAddress { (base + Slot.inputOffset).copyMemory(from: source, byteCount: $0.count) }
      }
    }
  }

  /// Nanoseconds of a clock.
  static func now(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
