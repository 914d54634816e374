import Foundation
import Glibc
import Secrets
import Testing

@testable import Signer

struct KeyStoreTests {
    private static let p256 = "cf84f1e3e82e332a0c58a43f3a0628280be62d87e466f1857e48de4f1bee61ec"
    private static let k1 = "7b13ef7d97db06ffed1a43f8f30280b78230569c0929e05933ddda861d874581"

    @Test(.timeLimit(.minutes(1)))
    func `the encrypted file is a key store`() async throws {
        let folder = try TemporaryFolder()
        let store = EncryptedFileKeyStore(path: folder.path + "/keys", passphrase: SecretBytes("pass"), cost: .low)
        try await KeyStoreConformance(store: store, can: [.add, .generate, .change]).check()
    }

    @Test(.timeLimit(.minutes(1)))
    func `the environment is a key store`() async throws {
        let store = try EnvironmentKeyStore(variables: [
            "FLOW_KEY_PAYER_1": SecretBytes("ECDSA_P256 SHA3_256 \(Self.p256)"),
            "FLOW_KEY_LANE": SecretBytes("ECDSA_secp256k1:SHA2_256:0x\(Self.k1)\n"), "OTHER": SecretBytes("no key"),
        ])
        #expect(try await store.list().map(\.name.description) == ["lane", "payer-1"])
        try await KeyStoreConformance(store: store, present: KeyName("payer-1"), can: []).check()
        try await KeyStoreConformance(store: store, present: KeyName("lane"), can: []).check()
    }

    @Test(.timeLimit(.minutes(1)))
    func `a folder of credentials is a key store`() async throws {
        let folder = try TemporaryFolder()
        try KeyImportTests.p256PKCS8.write(toFile: folder.path + "/weir-key-payer", atomically: true, encoding: .utf8)
        try "ECDSA_secp256k1 SHA2_256 \(Self.k1)\n".write(
            toFile: folder.path + "/weir-key-lane", atomically: true, encoding: .utf8)
        try "unrelated".write(toFile: folder.path + "/database-password", atomically: true, encoding: .utf8)
        let store = try CredentialsKeyStore(directory: folder.path)
        #expect(try await store.list().map(\.name.description) == ["lane", "payer"])
        try await KeyStoreConformance(store: store, present: KeyName("payer"), can: []).check()
        #expect(try CredentialsKeyStore.ofService(environment: [:]) == nil)
        let missing = #expect(throws: SignerError.self) { try CredentialsKeyStore(directory: folder.path + "/none") }
        #expect(missing?.code == .unavailable)
    }

    @Test func `keys are taken out of the environment, and wiped where they lay`() async throws {
        setenv("FLOW_KEY_WIPED", "ECDSA_P256 SHA3_256 \(Self.p256)", 1)
        let memory = try #require(getenv("FLOW_KEY_WIPED"))
        let environment = ProcessEnvironment.taking { $0 == "FLOW_KEY_WIPED" }
        #expect(environment["FLOW_KEY_WIPED"] == nil && environment["PATH"] != nil)
        let store = try EnvironmentKeyStore(environment)
        #expect(try await store.list().map(\.name.description) == ["wiped"])
        #expect(getenv("FLOW_KEY_WIPED") == nil)
        // glibc keeps the string of setenv in place; what is left of it is zeros.
        #expect((0..<80).allSatisfy { memory[$0] == 0 })
        // Two stores of one process, such as that of the account and that of receipts, find the same keys.
        #expect(try await EnvironmentKeyStore(environment).list().count == 1)
    }

    @Test func `a key that can't be read is named, and not shown`() {
        for text in [
            "", "5a5a", "ECDSA_P256 SHA3_256 5a5a", "ECDSA_P256 MD5 \(Self.p256)", "BLS SHA3_256 \(Self.p256)",
        ] {
            let error = #expect(throws: SignerError.self) {
                try EnvironmentKeyStore(variables: ["FLOW_KEY_BAD": SecretBytes(text)])
            }
            #expect(error?.description.contains("FLOW_KEY_BAD") == true)
            #expect(error?.description.contains("5a5a") == false)
        }
    }

    @Test(arguments: ["", " ", "a b", "../a", ".a", "-a", "a/b", "é", String(repeating: "a", count: 65)])
    func `a name that could be mistaken is refused`(text: String) {
        #expect(throws: SignerError.self) { try KeyName(text) }
    }
}
