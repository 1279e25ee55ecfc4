/// Bytes of the text that a tokenizer was given.
struct SourceRange: Equatable, Sendable {
  var start: Int
  var end: Int

  static let nowhere = SourceRange(start: 0, end: 0)
}

/// Text that is being normalized and, where offsets are asked for, where each byte of it comes from.
///
/// The alignment follows `NormalizedString` of the reference: every byte of a scalar stands for the same bytes of the
/// text as given, a replaced scalar for those of the one it replaces, an inserted one for those of the one before it.
struct NormalizedText: Sendable {
  private(set) var bytes: [UInt8]
  /// One for each byte; nil where nobody asked for offsets.
  private(set) var sources: [SourceRange]?
  /// Whether it still begins with what the tokenizer was given first; stripping its head ends that.
  var startsText: Bool

  /// Text without sources.
  init(_ bytes: [UInt8], startsText: Bool) {
    self.bytes = bytes
    self.startsText = startsText
  }

  /// A stretch of the text as given, with its sources.
  init(tracking range: Range<Int>, of text: UnsafeBufferPointer<UInt8>) {
    bytes = Array(text[range])
    startsText = range.lowerBound == 0
    var sources: [SourceRange] = []
    sources.reserveCapacity(bytes.count)
    var position = range.lowerBound
    while position < range.upperBound {
      let length = text.scalar(at: position).length
      sources.append(contentsOf: repeatElement(SourceRange(start: position, end: position + length), count: length))
      position += length
    }
    self.sources = sources
  }

  /// A stretch of this text. Whether it starts the text is as said.
  func slice(_ range: Range<Int>, startsText: Bool) -> NormalizedText {
    var slice = NormalizedText(Array(bytes[range]), startsText: startsText)
    slice.sources = sources.map { Array($0[range]) }
    return slice
  }

  /// The bytes of the given text that `range` of this one stands for; nil where sources are not known.
  func source(of range: Range<Int>) -> SourceRange? {
    guard let sources, !range.isEmpty, range.upperBound <= sources.count else { return nil }
    return SourceRange(start: sources[range.lowerBound].start, end: sources[range.upperBound - 1].end)
  }

  /// Replaces the whole text by what `body` builds from it.
  mutating func rewrite(_ body: (UnsafeBufferPointer<UInt8>, inout TextBuilder) -> Void) {
    (bytes, sources) = bytes.withUnsafeBufferPointer { bytes in
      guard let sources else {
        var builder = TextBuilder(bytes, sources: nil)
        body(bytes, &builder)
        return (builder.bytes, nil)
      }
      return sources.withUnsafeBufferPointer { sources in
        var builder = TextBuilder(bytes, sources: sources)
        body(bytes, &builder)
        return (builder.bytes, builder.sources)
      }
    }
  }
}

/// Builds text out of the parts of another one, with the sources of its bytes if the other has them.
struct TextBuilder {
  private(set) var bytes: [UInt8] = []
  private(set) var sources: [SourceRange] = []
  private let old: UnsafeBufferPointer<UInt8>
  private let oldSources: UnsafeBufferPointer<SourceRange>?
  /// How far `transform` has read the old text.
  private var position = 0

  init(_ old: UnsafeBufferPointer<UInt8>, sources: UnsafeBufferPointer<SourceRange>?) {
    self.old = old
    oldSources = sources
    bytes.reserveCapacity(old.count + 8)
    if sources != nil { self.sources.reserveCapacity(old.count + 8) }
  }

  /// Takes over a stretch of the old text.
  @inline(__always)
  mutating func keep(_ range: Range<Int>) {
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: old[range]))
    if let oldSources { sources.append(contentsOf: UnsafeBufferPointer(rebasing: oldSources[range])) }
  }

  /// Appends new text that stands for what the old byte at `index` stands for; below 0, for nothing.
  @inline(__always)
  mutating func append(_ new: some Collection<UInt8>, for index: Int) {
    bytes.append(contentsOf: new)
    guard let oldSources else { return }
    let source = oldSources.indices.contains(index) ? oldSources[index] : .nowhere
    sources.append(contentsOf: repeatElement(source, count: new.count))
  }

  @inline(__always)
  mutating func append(_ scalar: Unicode.Scalar, for index: Int) {
    if scalar.isASCII {
      append(CollectionOfOne(UInt8(scalar.value)), for: index)
    } else {
      append(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter, for: index)
    }
  }

  /// Appends the next scalar of a text that was changed scalar by scalar.
  ///
  /// - Parameter change: 1 for an inserted scalar; 0 for one that replaces the next one of the old text; below 0 for
  ///   one that replaces the next one and, negated, that many more.
  mutating func transform(_ scalar: Unicode.Scalar, change: Int) {
    append(scalar, for: change > 0 ? position - 1 : position)
    guard oldSources != nil, change <= 0 else { return }
    for _ in 0...(-change) where position < old.count { position += old.scalar(at: position).length }
  }
}
