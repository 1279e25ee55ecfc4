extension Tokenizer {
  /// How many bytes of UTF-8 a second `encode` takes in, on the calling thread: the best of `passes` over all the texts,
  /// after one to warm up.
  ///
  /// `References/tokenizers/throughput.py` measures the `tokenizers` package the same way.
  public func throughput(over texts: [String], passes: Int = 3) -> Double {
    let size = texts.reduce(0) { $0 + $1.utf8.count }
    let clock = ContinuousClock()
    var best = Duration.seconds(Int64.max / 2)
    var count = 0
    for pass in 0...max(passes, 1) {
      let time = clock.measure { for text in texts { count &+= encode(text).count } }
      if pass > 0 { best = min(best, time) }
    }
    let (seconds, attoseconds) = best.components
    let duration = Double(seconds) + Double(attoseconds) * 1e-18
    // The count keeps the compiler from leaving the work out.
    return count >= 0 && duration > 0 ? Double(size) / duration : 0
  }
}
