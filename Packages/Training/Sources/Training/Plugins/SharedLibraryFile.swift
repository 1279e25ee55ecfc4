import Foundation

/// Checks of a file that must hold before the dynamic linker may open it: `dlopen` of a library that was cut short does
/// not fail, it kills the process.
enum SharedLibraryFile {
  private static let headerLength = 64
  private static let segmentLength = 56

  /// Machine numbers of ELF, with their names.
  private static let machines: [UInt16: String] = [3: "x86", 40: "ARM", 62: "x86-64", 183: "AArch64", 243: "RISC-V"]

  #if arch(x86_64)
    private static let hostMachine: UInt16 = 62
  #elseif arch(arm64)
    private static let hostMachine: UInt16 = 183
  #endif

  /// - Throws: `PluginError.notFound`, `.notALibrary`, `.otherMachine`, `.truncated`.
  static func check(_ file: URL) throws {
    let path = file.path
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw PluginError(
        .notFound,
        "\(path): no such plugin; they are named by the recipe's plugins:, by --plugin and by ZEROTH_PLUGIN_PATH")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PluginError(.notALibrary, "\(path): not a file: name the plugin's lib*.so itself")
    }
    let handle: FileHandle
    do { handle = try FileHandle(forReadingFrom: file) } catch {
      throw PluginError(.notFound, "\(path): cannot be read: check its permissions")
    }
    defer { try? handle.close() }
    let size = UInt64(status.st_size)
    let header = try handle.read(upToCount: headerLength) ?? Data()
    try checkKind(header, path: path)
    let tableOffset = header.littleEndian(UInt64.self, at: 32)
    let count = UInt64(header.littleEndian(UInt16.self, at: 56))
    guard count > 0, header.littleEndian(UInt16.self, at: 54) == segmentLength else {
      throw PluginError(.notALibrary, "\(path): an ELF file without program headers: not a shared library")
    }
    let tableEnd = tableOffset.addingReportingOverflow(count * UInt64(segmentLength))
    guard !tableEnd.overflow, tableEnd.partialValue <= size else {
      throw truncated(path, "program headers", end: tableEnd.overflow ? .max : tableEnd.partialValue, size: size)
    }
    try handle.seek(toOffset: tableOffset)
    let table = try handle.read(upToCount: Int(count) * segmentLength) ?? Data()
    guard table.count == Int(count) * segmentLength else {
      throw truncated(path, "program headers", end: tableEnd.partialValue, size: size)
    }
    for segment in 0..<Int(count) {
      let entry = segment * segmentLength
      let offset = table.littleEndian(UInt64.self, at: entry + 8),
        length = table.littleEndian(UInt64.self, at: entry + 32)
      let end = offset.addingReportingOverflow(length)
      guard !end.overflow, end.partialValue <= size else {
        throw truncated(path, "segment \(segment)", end: end.overflow ? .max : end.partialValue, size: size)
      }
    }
  }

  /// Magic, class, byte order, type, machine.
  private static func checkKind(_ header: Data, path: String) throws {
    guard header.prefix(4).elementsEqual([0x7F, 0x45, 0x4C, 0x46]) else {
      let first = header.prefix(4).map { String(format: "%02X", $0) }.joined(separator: " ")
      throw PluginError(
        .notALibrary,
        "\(path): not a shared library: one begins with 7F 45 4C 46, this file with \(first.isEmpty ? "nothing" : first)"
      )
    }
    guard header.count == headerLength else {
      throw PluginError(
        .truncated, "\(path): cut short in its ELF header, after \(header.count) bytes: build or copy it anew")
    }
    guard header[4] == 2, header[5] == 1 else {
      throw PluginError(.otherMachine, "\(path): not a 64-bit little-endian library: build it for this machine")
    }
    let machine = header.littleEndian(UInt16.self, at: 18)
    guard machine == hostMachine else {
      func name(_ machine: UInt16) -> String { (machines[machine] ?? "unknown") + " (\(machine))" }
      throw PluginError(
        .otherMachine,
        "\(path): built for \(name(machine)), this machine is \(name(hostMachine)): build it for this machine")
    }
    let type = header.littleEndian(UInt16.self, at: 16)
    guard type == 3 else {
      throw PluginError(
        .notALibrary,
        "\(path): an ELF file of type \(type), a shared library is of type 3: build the plugin as "
          + "a library product of type .dynamic")
    }
  }

  private static func truncated(_ path: String, _ what: String, end: UInt64, size: UInt64) -> PluginError {
    PluginError(
      .truncated, "\(path): cut short: it should hold \(what) up to byte \(end), and has \(size): build or copy it anew"
    )
  }
}
