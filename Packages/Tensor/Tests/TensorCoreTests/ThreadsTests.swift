import Synchronization
import TensorCore
import Testing

/// A sum that any thread may add to.
private final class Counter: Sendable {
  private let value = Atomic(0)
  var total: Int { value.load(ordering: .relaxed) }
  func add(_ number: Int) { value.add(number, ordering: .relaxed) }
}

@Suite struct ThreadsTests {
  /// How often each index came, on `threads` threads.
  private func visits(_ count: Int, threads: Int) -> [Int] {
    let counters = UnsafeMutablePointer<Int>.allocate(capacity: count)
    counters.initialize(repeating: 0, count: count)
    defer { counters.deallocate() }
    let strangers = Counter()
    Threads(threads).forEach(count) { index, worker in
      counters[index] += 1
      if worker < 0 || worker >= threads { strangers.add(1) }
    }
    #expect(strangers.total == 0)
    return Array(UnsafeBufferPointer(start: counters, count: count))
  }

  @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 7, 64, 1000])
  func everyIndexComesOnce(_ threads: Int, _ count: Int) {
    for _ in 0..<50 { #expect(visits(count, threads: threads) == [Int](repeating: 1, count: count)) }
  }

  @Test(arguments: [(0, 5), (1, 5), (5, 5), (6, 5), (1003, 64)])
  func rangesCoverTheWhole(_ total: Int, _ piece: Int) {
    let seen = Mutex<[Range<Int>]>([])
    Threads(2).forEachRange(of: total, piece: piece) { range, _ in seen.withLock { $0.append(range) } }
    let ranges = seen.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
    #expect(ranges.flatMap { Array($0) } == Array(0..<total))
    #expect(ranges.dropLast().allSatisfy { $0.count == piece })
  }

  /// Two calls of one worker never run at once, so its scratch memory is its own; and workers there are.
  @Test func aWorkerIsOneThreadAtATime() {
    let threads = 4
    let busy = UnsafeMutablePointer<Bool>.allocate(capacity: threads)
    busy.initialize(repeating: false, count: threads)
    defer { busy.deallocate() }
    let overlaps = Counter()
    var sharedRounds = 0
    // While another test has the pool a call runs on its own thread: go on until enough rounds were shared.
    for _ in 0..<3000 where sharedRounds < 100 {
      let others = Counter()
      Threads(threads).forEach(16) { _, worker in
        if busy[worker] { overlaps.add(1) }
        if worker > 0 { others.add(1) }
        busy[worker] = true
        var x = 1.0
        for _ in 0..<1000 { x = (x + 2).squareRoot() }
        busy[worker] = x < 0
      }
      sharedRounds += min(1, others.total)
    }
    #expect(overlaps.total == 0 && sharedRounds > 0)
  }

  @Test func nestedCallsRunWhereTheyAre() {
    let total = Counter()
    let strangers = Counter()
    Threads(4).forEach(20) { _, _ in
      Threads(4).forEach(30) { _, worker in
        total.add(1)
        if worker >= 4 { strangers.add(1) }
      }
    }
    #expect(total.total == 600 && strangers.total == 0)
  }

  @Test func callsFromManyTasks() async {
    let sums = await withTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<200).reduce(0) { sum, round in
            let total = Counter()
            Threads(1 + task % 4).forEach(round) { index, _ in total.add(index) }
            return sum + (total.total == round * max(0, round - 1) / 2 ? 1 : 0)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == [Int](repeating: 200, count: 8))
  }

  @Test func thereIsAlwaysOne() { #expect(Threads.available.count >= 1) }
}
