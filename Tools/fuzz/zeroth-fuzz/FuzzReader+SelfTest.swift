import Foundation

extension FuzzReader {
  /// A reader with one defect of each kind, by which the tests see that the fuzzer finds them. Not among `all`.
  static let selfTest = FuzzReader(
    name: "self-test", file: "letters.txt", seeds: ["Tools/fuzz/Seeds/self-test/letters.txt"], isText: true,
    read: { _, file in
      let bytes = [UInt8](try Data(contentsOf: file))
      if bytes.contains(UInt8(ascii: "C")) { fatalError("a crash that was asked for") }
      while bytes.contains(UInt8(ascii: "H")) {}
      if bytes.contains(UInt8(ascii: "M")) {
        withExtendedLifetime([UInt8](repeating: bytes[0], count: 65 << 20)) {}
      }
    })
}
