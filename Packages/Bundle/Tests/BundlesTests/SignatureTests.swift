import Foundation
import Testing

@testable import Bundles

@Suite struct SignatureTests {
  private static func bytes(_ hex: String) -> Data {
    var data = Data()
    var rest = hex[...]
    while let byte = UInt8(rest.prefix(2), radix: 16) {
      data.append(byte)
      rest = rest.dropFirst(2)
    }
    return data
  }

  /// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ),
    (
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    ),
    (
      "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
    ),
  ])
  func meetsThePublishedAnswers(seed: String, publicKey: String, message: String, signature: String) throws {
    let key = try SigningKey(seed: Self.bytes(seed)), message = Self.bytes(message), signature = Self.bytes(signature)
    let verifying = try VerifyingKey(bytes: Self.bytes(publicKey))
    #expect(key.verifyingKey.id == verifying.id)
    #expect(verifying.id == ContentHash(of: Self.bytes(publicKey)))
    #expect(verifying.isValid(signature, of: message))
    #expect(verifying.isValid(try key.sign(message), of: message))
    for i in signature.indices {
      var changed = signature
      changed[i] ^= 1
      #expect(!verifying.isValid(changed, of: message))
    }
    #expect(!verifying.isValid(signature, of: message + Data([0])))
    #expect(!verifying.isValid(signature.dropLast(), of: message))
  }

  @Test func whatIsSignedIsTheBundleAndNothingElse() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "small.zb")
      let id = try SmallBundle.write(to: file).id
      let key = SigningKey()
      let signature = try key.signature(of: id)
      #expect(BundleSignature.message(of: id) == Data("zeroth bundle signature 1\n\(id.hex)\n".utf8))
      try signature.write(to: folder.appending(path: "small.zb.sig"))
      let read = try BundleSignature(file: folder.appending(path: "small.zb.sig"))
      #expect(read == signature)
      try key.verifyingKey.verify(read, of: BundleReader(file: file).id)

      let other = ContentHash(of: Data())
      let wrongBundle = failure { try key.verifyingKey.verify(read, of: other) }
      #expect(wrongBundle?.code == .wrongSignature)
      #expect(wrongBundle?.message.contains("is of the bundle \(id), not of \(other)") == true)
      let wrongKey = failure { try SigningKey().verifyingKey.verify(read, of: id) }
      #expect(wrongKey?.message.contains("was made by the key \(signature.key)") == true)
      // Relabelled to another bundle.
      let moved = BundleSignature(bundle: other, key: signature.key, bytes: signature.bytes)
      #expect(failure { try key.verifyingKey.verify(moved, of: other) }?.code == .wrongSignature)
      let hashAlone = BundleSignature(bundle: id, key: signature.key, bytes: try key.sign(Data(id.hex.utf8)))
      #expect(failure { try key.verifyingKey.verify(hashAlone, of: id) }?.code == .wrongSignature)
    }
  }

  @Test func aPrivateKeyIsItsOwnersAndIsNeverReplaced() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "private.key"), key = SigningKey()
      try key.write(to: file)
      let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
      #expect(permissions == 0o600)
      #expect(try SigningKey(file: file).verifyingKey.id == key.verifyingKey.id)
      let before = try Data(contentsOf: file)
      #expect(failure { try SigningKey().write(to: file) }?.code == .occupied)
      #expect(failure { try key.verifyingKey.write(to: file) }?.code == .occupied)
      #expect(try Data(contentsOf: file) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["private.key"])
      #expect(failure { try key.write(to: folder.appending(path: "none/key")) }?.code == .notFound)
      #expect(SigningKey().verifyingKey.id != key.verifyingKey.id)
    }
  }

  @Test func whatIsNoKeyIsRefused() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "key")
      func refused(_ text: String) throws -> BundleError.Code? {
        try Data(text.utf8).write(to: file)
        let codes = [
          failure { _ = try SigningKey(file: file) }?.code, failure { _ = try VerifyingKey(file: file) }?.code,
        ]
        #expect(codes.allSatisfy { $0 != nil })
        return codes[0]
      }
      func key(_ bytes: Int, version: Int = 1, algorithm: String = "ed25519") -> String {
        """
        {"format": "zeroth-private-key", "format_version": \(version), "algorithm": "\(algorithm)",
         "private_key": "\(Data(count: bytes).base64EncodedString())"}
        """
      }
      for text in [
        "", "{}", "[]", "ssh-ed25519 AAAA", key(31), key(33), key(0), key(32).replacing("AAAA", with: "A*AA"),
      ] {
        #expect(try refused(text) == .invalidKey, "\(text)")
      }
      #expect(try refused(key(32, version: 2)) == .unsupportedVersion)
      #expect(try refused(key(32, algorithm: "rsa")) == .unsupportedVersion)
      try SigningKey().verifyingKey.write(to: folder.appending(path: "public"))
      #expect(failure { _ = try SigningKey(file: folder.appending(path: "public")) }?.code == .invalidKey)
      #expect(failure { _ = try BundleSignature(file: folder.appending(path: "public")) }?.code == .invalidKey)
      #expect(failure { _ = try BundleSignature(file: folder.appending(path: "none")) }?.code == .notFound)
      let signature = """
        {"format": "zeroth-signature", "format_version": 1, "algorithm": "ed25519", "bundle": "00", "key": "00",
         "signature": "AA=="}
        """
      try Data(signature.utf8).write(to: file)
      #expect(failure { _ = try BundleSignature(file: file) }?.code == .invalidKey)
    }
  }
}
