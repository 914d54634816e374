import Encoding
import Foundation
import Secrets
import Testing

@testable import Signer

struct FlowJSONKeysTests {
    private static let p256 = "cf84f1e3e82e332a0c58a43f3a0628280be62d87e466f1857e48de4f1bee61ec"
    private static let k1 = "7b13ef7d97db06ffed1a43f8f30280b78230569c0929e05933ddda861d874581"

    private let folder = try! TemporaryFolder()
    private let document = """
        {"accounts": {
          "short": {"address": "0xf8d6e0586b0a20c7", "key": "\(p256)"},
          "hex": {"address": "f8d6e0586b0a20c7", "key": {"type": "hex", "index": 4, "signatureAlgorithm": "ECDSA_secp256k1", "hashAlgorithm": "SHA2_256", "privateKey": "0x\(k1)"}},
          "file": {"address": "1", "key": {"type": "file", "location": "short.pkey"}},
          "words": {"address": "1", "key": {"type": "bip44", "mnemonic": "\(String(repeating: "abandon ", count: 11))about", "derivationPath": "m/44'/539'/0'/0/0"}},
          "kms": {"address": "1", "key": {"type": "google-kms", "resourceID": "x"}},
          "broken": {"address": "1", "key": {"type": "hex", "privateKey": "5a5a5a"}},
          "odd": {"address": "1", "key": {"type": "hex", "signatureAlgorithm": "BLS", "privateKey": "\(p256)"}},
          "variable": {"address": "service", "key": "$WEIR_TEST_KEY"},
          "braces": {"address": "1", "key": {"type": "hex", "privateKey": "${WEIR_TEST_KEY}"}},
          "old": {"address": "1", "keys": "\(p256)"},
          "older": {"address": "1", "keys": [{"type": "hex", "index": 2, "context": {"privateKey": "\(p256)"}}]},
          "unset": {"address": "1", "key": "$WEIR_TEST_NOTHING"},
          "index": {"address": "1", "key": {"type": "hex", "index": "one", "privateKey": "\(p256)"}},
          "number": {"address": "1", "key": 5},
          "none": {"address": "1"}
        }}
        """

    private func read(_ account: String, _ text: String? = nil) throws -> FlowJSONKeys.Entry {
        try FlowJSONKeys.read(
            SecretBytes(text ?? document), account: account, directory: folder.path,
            environment: ["WEIR_TEST_KEY": Self.p256])
    }

    @Test func `every kind of key that lies in the file or beside it is read`() throws {
        try "\(Self.p256)\n".write(toFile: folder.path + "/short.pkey", atomically: true, encoding: .utf8)
        let short = try read("short")
        #expect(short.address == "f8d6e0586b0a20c7" && short.keyIndex == 0 && short.hashAlgorithm == .sha3_256)
        #expect(short.key.publicKey == (try PublicKey(pem: KeyImportTests.p256Public)))
        let hex = try read("hex")
        #expect(hex.keyIndex == 4 && hex.hashAlgorithm == .sha2_256)
        #expect(hex.key.publicKey == (try PublicKey(pem: KeyImportTests.k1Public)))
        #expect(try read("file").key.publicKey == short.key.publicKey)
        #expect(
            Hex.encode(try read("words").key.publicKey.compressed)
                == "02951905f6769f0a7f3f71e77e376a6608a6b19a1d244ae89b59886762452b3814")
    }

    @Test func `keys from variables and of older files are read`() throws {
        let expected = try PublicKey(pem: KeyImportTests.p256Public)
        for account in ["variable", "braces", "old", "older"] {
            #expect(try read(account).key.publicKey == expected, "\(account)")
        }
        #expect(try read("variable").address == "f8d6e0586b0a20c7")
        #expect(try read("older").keyIndex == 2)
    }

    @Test func `what can't be read is said, without the key`() {
        for (account, code) in [
            ("kms", SignerError.Code.unsupported), ("odd", .unsupported), ("none", .malformed), ("broken", .malformed),
            ("absent", .keyNotFound), ("file", .unavailable), ("unset", .malformed), ("index", .malformed),
            ("number", .malformed),
        ] {
            let error = #expect(throws: SignerError.self) { try read(account) }
            #expect(error?.code == code, "\(account)")
            #expect(error?.description.contains("5a5a") == false)
            #expect(error?.description.contains(account) == true)
            #expect(error?.description.contains(Self.p256) == false)
        }
        let error = #expect(throws: SignerError.self) { try read("short", "{") }
        #expect(error?.code == .malformed)
    }
}
