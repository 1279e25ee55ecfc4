import ArgumentParser
import Bundles
import Foundation
import Training

struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "Pack runs, models and adapters so that others get exactly them.",
    discussion: """
      A bundle (.zb) is one file that names every byte in it by its hash: docs/bundle-format.md.

      EXAMPLES
        zeroth bundle create runs/sst2 --out sst2.zb
        zeroth bundle create runs/sst2 --with base --with data --out whole.zb
        zeroth bundle inspect sst2.zb
        zeroth bundle run sst2.zb --base SmolLM2-135M-Instruct
        zeroth bundle diff sst2.zb other.zb
        zeroth bundle keygen --out me.key
        zeroth bundle sign sst2.zb --key me.key
        zeroth bundle verify sst2.zb --key me.key.pub

      EXIT STATUS
        0   done; the bundle is sound; the run gave what the bundle says
        1   failed, or not so
        64  the arguments are wrong
      """,
    subcommands: [
      Create.self, Inspect.self, Verify.self, Extract.self, Diff.self, Run.self, KeyGeneration.self, Sign.self,
    ])
}

/// What a bundle may claim before it is refused unread.
struct BundleLimitArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Files that a bundle may have.", valueName: "count"))
  var maxMembers = BundleLimits().memberCount
  @Option(help: ArgumentHelp("Bytes that all of them may have.", valueName: "bytes"))
  var maxSize = BundleLimits().totalSize
  @Option(help: ArgumentHelp("Bytes that its manifest may have.", valueName: "bytes"))
  var maxManifest = BundleLimits().manifestSize
  @Option(help: ArgumentHelp("How many times its size a bundle may unpack to.", valueName: "factor"))
  var maxExpansion = BundleLimits().expansion

  func validate() throws {
    guard min(maxMembers, maxSize, maxManifest, maxExpansion) > 0 else {
      throw ValidationError("limits must be greater than 0")
    }
  }

  func open(_ file: String) throws -> BundleReader {
    try BundleReader(
      file: URL(argument: file),
      limits: BundleLimits(
        memberCount: maxMembers, totalSize: maxSize, manifestSize: maxManifest, expansion: maxExpansion))
  }
}

extension BundleCommand {
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Pack a run, a model or an adapter.",
      discussion: """
        Of a run, the recipe, the ledger and the result are packed: with the base model and the data, which it names by
        their hashes, they give the same weights and answers again.

        EXAMPLES
          zeroth bundle create runs/sst2 --out sst2.zb
          zeroth bundle create runs/sst2 --with base --with data --out whole.zb
          zeroth bundle create Models/stories260K --licence MIT --out stories260K.zb
        """)
    @Argument(help: "Run folder, model (folder or GGUF file), or adapter folder.") var place: String
    @Option(help: "File to write.") var out: String
    @Option(help: "Of a run: pack base, data or best too. May be repeated.") var with: [BundleContents.Extra] = []
    @Option(help: "One line for people.") var title: String?
    @Option(help: "Where the content comes from.") var source: String?
    @Option(help: "The terms that it is given under.") var licence: String?
    @Flag(help: "Print the result as JSON.") var json = false

    func run() throws {
      var contents = try BundleContents(of: URL(argument: place), with: Set(with))
      if let title { contents.manifest.title = title }
      contents.manifest.source = source
      contents.manifest.licence = licence
      let line = ByteProgressLine(), written = try contents.write(to: URL(argument: out), progress: line.show)
      line.finish()
      try BundleDisplay.show(written, as: out, json: json)
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What a bundle says of itself: reads its manifest alone.",
      discussion: """
        EXAMPLES
          zeroth bundle inspect sst2.zb
          zeroth bundle inspect sst2.zb --json
        """)
    @Argument(help: "Bundle.") var bundle: String
    @Flag(help: "Print the manifest as JSON.") var json = false
    @OptionGroup var limits: BundleLimitArguments

    func run() throws {
      let reader = try limits.open(bundle)
      if json { return Output.line(String(decoding: try reader.manifest.encoded(), as: UTF8.self)) }
      BundleDisplay.show(reader)
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Read everything once: every file is there and what its hash says, and nothing else is.",
      discussion: """
        With --key also: the bundle was signed by that key. The signature is beside it, FILE.sig.

        EXAMPLES
          zeroth bundle verify sst2.zb
          zeroth bundle verify sst2.zb --key me.key.pub
        """)
    @Argument(help: "Bundle.") var bundle: String
    @Option(help: "Public key that must have signed it.") var key: String?
    @Option(help: "The signature; the bundle's name with .sig, if absent.") var signature: String?
    @OptionGroup var limits: BundleLimitArguments

    func validate() throws {
      guard signature == nil || key != nil else { throw ValidationError("--signature goes with --key") }
    }

    func run() throws {
      let reader = try limits.open(bundle)
      if let key {
        let file = URL(argument: signature ?? bundle + ".sig")
        try VerifyingKey(file: URL(argument: key)).verify(BundleSignature(file: file), of: reader.id)
      }
      let line = ByteProgressLine()
      try reader.verify(progress: line.show)
      line.finish()
      Output.line("\(bundle): sound; \(reader.manifest.members.count) files; id \(reader.id)")
      if let key { Output.line("signed by \(key)") }
    }
  }

  struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a bundle's files into a new folder, each checked.",
      discussion: """
        EXAMPLES
          zeroth bundle extract sst2.zb --out sst2
          zeroth bundle extract sst2.zb --only result.json --out sst2
          zeroth bundle extract whole.zb --store objects --out whole
        """)
    @Argument(help: "Bundle.") var bundle: String
    @Option(help: "Folder to make.") var out: String
    @Option(help: ArgumentHelp("Only this file. May be repeated.", valueName: "path")) var only: [String] = []
    @Option(
      help:
        "Folder that several extractions share: contents are put there once, read-only, and the files are links to them."
    )
    var store: String?
    @OptionGroup var limits: BundleLimitArguments

    func run() throws {
      let reader = try limits.open(bundle), line = ByteProgressLine()
      let done = try reader.extract(
        to: URL(argument: out), only: only.isEmpty ? nil : Set(only),
        store: store.map { ObjectStore(folder: URL(argument: $0)) }, progress: line.show)
      line.finish()
      Output.line(
        "\(done.files) files in \(out); \(Quantity.bytes(done.unpacked)) unpacked"
          + (store == nil ? "" : ", \(Quantity.bytes(done.shared)) were in the store"))
    }
  }

  struct Diff: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What differs between two bundles.",
      discussion: """
        Exit status 1 where something does.

        EXAMPLES
          zeroth bundle diff sst2.zb other.zb
        """)
    @Argument(help: "A bundle.") var first: String
    @Argument(help: "Another one.") var second: String
    @Flag(help: "Print the result as JSON.") var json = false
    @OptionGroup var limits: BundleLimitArguments

    func run() throws {
      let difference = BundleDifference(from: try limits.open(first).manifest, to: try limits.open(second).manifest)
      if json { try Output.json(difference) } else { BundleDisplay.show(difference) }
      if !difference.isEmpty { throw ExitCode.failure }
    }
  }

  struct KeyGeneration: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "keygen", abstract: "Make an Ed25519 key pair: FILE, which is secret, and FILE.pub.",
      discussion: """
        EXAMPLES
          zeroth bundle keygen --out me.key
        """)
    @Option(help: "File of the private key; not written over.") var out: String

    func run() throws {
      let key = SigningKey(), open = URL(argument: out + ".pub")
      // The public one first: it alone is of no use, and the private one alone of no use to others.
      try key.verifyingKey.write(to: open)
      do {
        try key.write(to: URL(argument: out))
      } catch {
        try? FileManager.default.removeItem(at: open)
        throw error
      }
      Output.line("\(out) is secret; give \(out).pub to others. Key id \(key.verifyingKey.id)")
    }
  }

  struct Sign: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sign a bundle's content, beside it.",
      discussion: """
        The bundle is verified first. What is signed is its id, so that it holds however it is packed.

        EXAMPLES
          zeroth bundle sign sst2.zb --key me.key
        """)
    @Argument(help: "Bundle.") var bundle: String
    @Option(help: "Private key of zeroth bundle keygen.") var key: String
    @Option(help: "File to write; the bundle's name with .sig, if absent.") var out: String?
    @OptionGroup var limits: BundleLimitArguments

    func run() throws {
      let reader = try limits.open(bundle), line = ByteProgressLine()
      let key = try SigningKey(file: URL(argument: key))
      try reader.verify(progress: line.show)
      line.finish()
      let target = out ?? bundle + ".sig"
      try key.signature(of: reader.id).write(to: URL(argument: target))
      Output.line("\(target): id \(reader.id) signed by key \(key.verifyingKey.id)")
    }
  }
}

extension BundleContents.Extra: @retroactive ExpressibleByArgument {}
