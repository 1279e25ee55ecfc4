import CZerothPlugin
import Foundation
import Testing
import TuningCore

@testable import Training

/// A library that is beside every test program, and that no test changes.
private func realLibrary() throws -> URL {
  let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  let library = folder.appending(path: "libTensorCore.so")
  try #require(FileManager.default.fileExists(atPath: library.path), "\(library.path) should have been built")
  return library
}

private func refusal(_ body: () throws -> Void) -> PluginError? {
  do { try body() } catch let error as PluginError { return error } catch {
    Issue.record("not a PluginError: \(error)")
  }
  return nil
}

@Suite struct SharedLibraryFileTests {
  @Test func aRealLibraryPasses() throws {
    try SharedLibraryFile.check(realLibrary())
  }

  @Test func whatIsNoLibraryIsRefused() throws {
    let folder = try TemporaryFolder()
    func code(_ data: Data) throws -> PluginError.Code? {
      let file = try folder.write(data, to: "libX.so")
      return refusal { try SharedLibraryFile.check(file) }?.code
    }
    #expect(try code(Data()) == .notALibrary)
    #expect(try code(Data("#!/bin/sh\n".utf8)) == .notALibrary)
    #expect(try code(Data([0x7F, 0x45, 0x4C, 0x46])) == .truncated)
    #expect(refusal { try SharedLibraryFile.check(folder.url.appending(path: "none.so")) }?.code == .notFound)
    #expect(refusal { try SharedLibraryFile.check(folder.url) }?.code == .notALibrary)

    let header = try Data(contentsOf: realLibrary()).prefix(64)
    func changed(_ offset: Int, _ value: UInt16) -> Data {
      var bytes = Data(header)
      bytes.replaceSubrange(offset..<offset + 2, with: withUnsafeBytes(of: value.littleEndian) { Data($0) })
      return bytes
    }
    #expect(try code(changed(4, 0x0101)) == .otherMachine)  // 32 bits
    #expect(try code(changed(4, 0x0202)) == .otherMachine)  // big-endian
    #expect(try code(changed(16, 1)) == .notALibrary)  // an object file
    #expect(try code(changed(16, 4)) == .notALibrary)  // a core dump
    #expect(try code(changed(18, 8)) == .otherMachine)  // MIPS
    #expect(try code(changed(56, 0)) == .notALibrary)  // no segments
    #expect(try code(header) == .truncated)
  }

  /// What `dlopen` of such a file does is to kill the process.
  @Test func everyCutThatLosesASegmentIsNoticed() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: realLibrary())
    let file = try folder.write(bytes, to: "libCut.so")
    let needed = segments(of: bytes).map { $0.offset + $0.length }.max() ?? 0
    try #require(needed > 4096)
    let cuts = Array(0...200) + stride(from: 201, to: needed - 1, by: needed / 300) + [needed - 1]
    for length in cuts.reversed() {
      #expect(truncate(file.path, off_t(length)) == 0)
      let error = refusal { try SharedLibraryFile.check(file) }
      #expect(error?.code == (length < 4 ? .notALibrary : .truncated), "\(length) bytes")
    }
  }

  @Test func lyingSegmentsAreNoticed() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: realLibrary())
    let table = Int(bytes.littleEndian(UInt64.self, at: 32))
    for (field, value) in [(8, UInt64.max), (8, UInt64(bytes.count)), (32, .max), (32, UInt64(bytes.count) + 1)] {
      var changed = bytes
      let place = table + 56 + field
      changed.replaceSubrange(place..<place + 8, with: withUnsafeBytes(of: value.littleEndian) { Data($0) })
      let file = try folder.write(changed, to: "libLying.so")
      #expect(refusal { try SharedLibraryFile.check(file) }?.code == .truncated)
    }
    var far = bytes
    far.replaceSubrange(32..<40, with: Data(repeating: 0xFF, count: 8))
    let file = try folder.write(far, to: "libFar.so")
    #expect(refusal { try SharedLibraryFile.check(file) }?.code == .truncated)
  }

  private func segments(of bytes: Data) -> [(offset: Int, length: Int)] {
    let table = Int(bytes.littleEndian(UInt64.self, at: 32))
    return (0..<Int(bytes.littleEndian(UInt16.self, at: 56))).map { index in
      let entry = table + 56 * index
      return (Int(bytes.littleEndian(UInt64.self, at: entry + 8)), Int(bytes.littleEndian(UInt64.self, at: entry + 32)))
    }
  }
}

/// Adds an optimizer; as a plugin's own class would be.
private final class SamplePlugin: Plugin {
  func register(in components: inout Components, origin: String) throws {
    for name in ["sample-sgd", "sample-adam"] {
      try components.optimizers.register(
        ComponentDescription(name: name, summary: "", reference: "", cost: ""), origin: origin
      ) { _ in throw TuningError(.notApplicable, "for tests") }
    }
  }
}

private final class NoPlugin {}

@Suite struct PluginDescriptorTests {
  private static func right() -> zeroth_plugin_descriptor {
    SamplePlugin.descriptor(name: "SamplePlugin", version: "1.0") { SamplePlugin().retained() }.pointee
  }

  private func refusal(_ change: (inout zeroth_plugin_descriptor) -> Void) -> PluginError? {
    var descriptor = Self.right()
    change(&descriptor)
    return TrainingTests.refusal {
      try withUnsafeBytes(of: descriptor) { _ = try PluginDescriptor(checking: $0.baseAddress, of: "/p/libX.so") }
    }
  }

  @Test func theRightOneIsRead() throws {
    try withUnsafeBytes(of: Self.right()) { bytes in
      let descriptor = try PluginDescriptor(checking: bytes.baseAddress, of: "/p/libX.so")
      #expect(descriptor.name == "SamplePlugin")
      #expect(descriptor.version == "1.0")
    }
  }

  @Test func everyFieldIsChecked() {
    #expect(refusal { $0.magic = 0x1234 }?.code == .invalidDescriptor)
    #expect(refusal { $0.magic = 0x1234 }?.message.contains("0x1234, one of Zeroth's with 0x5A45524F") == true)
    let abi = refusal { $0.abi = 9 }
    #expect(abi?.code == .otherABI)
    #expect(
      abi?.message == "/p/libX.so: speaks plugin ABI 9, this program 1: rebuild the plugin against this version")
    #expect(refusal { $0.struct_size -= 8 }?.code == .invalidDescriptor)
    // Fields are only added at the end, so a larger one still begins with ours.
    #expect(refusal { $0.struct_size += 8 } == nil)
    #expect(refusal { $0.kind = 2 }?.code == .invalidDescriptor)
    for field in [\zeroth_plugin_descriptor.name, \.version, \.compiler, \.interface_id] {
      #expect(refusal { $0[keyPath: field] = nil }?.code == .invalidDescriptor)
    }
    #expect(refusal { $0.swift_factory = nil }?.code == .invalidDescriptor)
    #expect(
      TrainingTests.refusal { _ = try PluginDescriptor(checking: nil, of: "/p/libX.so") }?.code == .invalidDescriptor)
  }

  @Test func otherCompilersAndInterfacesAreRefused() {
    "Clang 1.0".withCString { compiler in
      let error = refusal { $0.compiler = compiler }
      #expect(error?.code == .otherCompiler)
      #expect(error?.message.contains("was compiled by Clang 1.0, this program by ") == true)
    }
    "0123456789abcdef".withCString { identifier in
      let error = refusal { $0.interface_id = identifier }
      #expect(error?.code == .otherInterface)
      #expect(error?.message.contains("SamplePlugin 1.0 was built against interface 0123456789abcdef") == true)
      #expect(error?.message.hasSuffix("rebuild the plugin against this version") == true)
    }
  }

  @Test func textsWithoutAnEndAreNotRead() {
    let endless = [CChar](repeating: 65, count: 5000)
    endless.withUnsafeBufferPointer { endless in
      #expect(refusal { $0.name = endless.baseAddress }?.code == .invalidDescriptor)
    }
  }
}

@Suite struct PluginHostTests {
  private func add(_ descriptor: UnsafePointer<zeroth_plugin_descriptor>, to host: inout PluginHost) throws {
    try host.add(PluginDescriptor(checking: UnsafeRawPointer(descriptor), of: "/p/libX.so"), path: "/p/libX.so")
  }

  @Test func componentsComeWithTheirOrigin() throws {
    var host = PluginHost()
    let sample = SamplePlugin.descriptor(name: "Sample", version: "1.0") { SamplePlugin().retained() }
    try add(sample, to: &host)
    #expect(
      host.loaded == [
        LoadedPlugin(
          path: "/p/libX.so", name: "Sample", version: "1.0",
          components: ["optimizer sample-adam", "optimizer sample-sgd"])
      ])
    #expect(try host.components.optimizers.entry("sample-sgd").origin == "Sample 1.0")

    // The same names from another plugin: refused, and nothing of it stays.
    let other = SamplePlugin.descriptor(name: "Other", version: "2.0") { SamplePlugin().retained() }
    let error = refusal { try add(other, to: &host) }
    #expect(error?.code == .registrationFailed)
    #expect(error?.message.contains("'sample-sgd' from Other 2.0 is already provided by Sample 1.0") == true)
    #expect(host.loaded.count == 1)
  }

  @Test func aFactoryMustMakeAPlugin() {
    var host = PluginHost()
    let none = SamplePlugin.descriptor(name: "None", version: "1") { nil }
    #expect(refusal { try add(none, to: &host) }?.code == .notAPlugin)
    let wrong = SamplePlugin.descriptor(name: "Wrong", version: "1") { Unmanaged.passRetained(NoPlugin()).toOpaque() }
    #expect(refusal { try add(wrong, to: &host) }?.code == .notAPlugin)
    #expect(host.loaded == [])
  }

  @Test func librariesThatAreNoPluginsAreRefused() throws {
    let library = try realLibrary()
    let error = refusal { _ = try PluginHost(files: [library], search: .none) }
    #expect(error?.code == .noEntryPoint)
    #expect(error?.message.hasPrefix(library.path) == true)
    // A program is an ELF shared object too, but the linker does not load it.
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    #expect(refusal { _ = try PluginHost(files: [program], search: .none) }?.code == .refusedByLinker)
  }

  @Test func theLinkersWordsAreExplained() {
    let path = "/p/libX.so"
    let symbol = "$s10TuningCore12NoSuchThingyV4moveSivg"
    let text = LinkerRefusal.explain("\(path): undefined symbol: \(symbol)", path: path)
    #expect(
      text == "/p/libX.so: the dynamic linker refuses it: it needs TuningCore.NoSuchThingy.move.getter : Swift.Int, "
        + "which no library of this program has: rebuild the plugin against this version")
    #expect(LinkerRefusal.explain("\(path): undefined symbol: zt_gone", path: path).contains("it needs zt_gone, which"))
    let missing = "libmpi.so.40: cannot open shared object file: No such file or directory"
    #expect(LinkerRefusal.explain(missing, path: path).contains("a library that it needs is missing"))
  }

  @Test func pluginsAreSearchedInOrder() throws {
    let root = try TemporaryFolder()
    for file in [
      "bin/zeroth", "bin/libBPlugin.so", "bin/libAPlugin.so", "bin/libOther.so", "bin/APlugin.so",
      "lib/zeroth/libCPlugin.so", "more/libDPlugin.so", "single/named.so",
    ] {
      let url = root.url.appending(path: file)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: url)
    }
    let search = PluginSearch(
      path: "\(root.url.path)/more:\(root.url.path)/single/named.so:",
      executable: root.url.appending(path: "bin/zeroth"))
    let names = try search.files().map { $0.path.replacing(root.url.path + "/", with: "") }
    #expect(
      names == [
        "more/libDPlugin.so", "single/named.so", "bin/libAPlugin.so", "bin/libBPlugin.so", "lib/zeroth/libCPlugin.so",
      ])
    let lost = PluginSearch(path: "\(root.url.path)/none", executable: nil)
    #expect(refusal { _ = try lost.files() }?.message.contains("ZEROTH_PLUGIN_PATH") == true)
  }
}

extension PluginSearch {
  /// Nothing but what is named.
  fileprivate static let none = PluginSearch(path: nil, executable: nil)
}
