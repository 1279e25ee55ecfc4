import Foundation

/// A tar file written by hand, so that it can hold what no honest program writes.
struct TarBytes {
  private(set) var data = Data()

  /// `type` as ustar has it: "0" file, "1" hard link, "2" symbolic link, "3" device, "5" folder.
  mutating func append(
    _ path: String, _ content: String = "", type: Character = "0", link: String = "", size: Int? = nil
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    func octal(_ number: Int, digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(path, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(size ?? content.utf8.count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put(link, at: 157)
    put("ustar\u{0}00", at: 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
    data += header
    data += Data(content.utf8)
    data += Data(count: (512 - content.utf8.count % 512) % 512)
  }

  /// With the two empty blocks that end a tar.
  func finished() -> Data { data + Data(count: 1024) }
}
