import Foundation
import Testing

@testable import Bundles

/// docs/bundle-format.md says what the code does.
@Suite struct BundleFormatTests {
  private let page: String

  init() throws {
    // Packages/Bundle/Tests/BundlesTests/BundleFormatTests.swift
    let root = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    page = try String(contentsOf: root.appending(path: "docs/bundle-format.md"), encoding: .utf8)
  }

  @Test func theExampleIsAManifestAsItIsWritten() throws {
    let example = String(try #require(page.firstMatch(of: /```json\n((?s).*?)```/)?.1))
    let manifest = try BundleManifest(decoding: Data(example.utf8), name: "bundle-format.md")
    #expect(String(decoding: try manifest.encoded(), as: UTF8.self) == example)
    #expect(manifest.ledger?.steps == 1000)
  }

  @Test func kindsRolesAndLimitsStandThere() throws {
    func list(_ names: [String]) -> String {
      names.dropLast().map { "`\($0)`" }.joined(separator: ", ") + " or `\(names.last ?? "")`"
    }
    #expect(page.contains(list(BundleManifest.Kind.allCases.map(\.rawValue))))
    #expect(page.contains(list(BundleMember.Kind.allCases.map(\.rawValue))))
    #expect(page.contains(list(BundleRequirement.Role.allCases.map(\.rawValue))))
    let limits = BundleLimits()
    #expect(limits == BundleLimits(memberCount: 65_536, totalSize: 1 << 40, manifestSize: 16 << 20, expansion: 200))
    for row in ["| members | 65,536 |", "| size | 1 TiB |", "| manifest | 16 MiB |", "| expansion | 200 |"] {
      #expect(page.contains(row))
    }
    #expect(page.contains("Format version \(BundleManifest.formatVersion)."))
    #expect(page.contains("level \(ZstandardFrameWriter.level)."))
    #expect(page.contains("pieces of \(ZstandardFrameWriter.frameSize >> 20) MiB"))
    #expect(page.contains("a window of at most \(ZstandardFrameScanner.greatestWindow >> 20) MiB"))
    #expect(BundleSignature.message(of: ContentHash(of: Data())).count == 91)
    #expect(page.contains("\"zeroth bundle signature 1\" 0A"))
    #expect((MemberPaths.greatestLength, MemberPaths.greatestPartLength, MemberPaths.greatestDepth) == (1024, 240, 32))
  }
}
