import Secrets
import Testing

@testable import Signer

struct KeyRotationTests {
    private let folder = try! TemporaryFolder()
    private let name = try! KeyName("payer")

    private func store() async throws -> EncryptedFileKeyStore {
        let store = EncryptedFileKeyStore(path: folder.path + "/keys", passphrase: SecretBytes("pass"), cost: .low)
        _ = try await store.generate(name: name, algorithm: .ecdsaSecp256k1, hashAlgorithm: .sha3_256)
        return store
    }

    private struct Refused: Error {}

    @Test func `the new key takes the name once it is in force`() async throws {
        let store = try await store()
        let old = try await store.signer(for: name).publicKey
        let outcome = try await KeyRotation(store).rotate(name, algorithm: .ecdsaP256) { description, signer in
            #expect(description.publicKey == signer.publicKey)
            #expect(try await store.signer(for: name).publicKey == old)
            _ = try await signer.sign([1])
        }
        #expect(try await store.signer(for: name).publicKey == outcome.current.publicKey)
        #expect(outcome.current.publicKey.algorithm == .ecdsaP256)
        #expect(try await store.signer(for: outcome.retired).publicKey == old)
        let again = try await KeyRotation(store).rotate(name) { _, _ in }
        #expect(again.retired.description == "payer.old2")
    }

    @Test func `a failed rotation leaves the old key usable, and the next one goes on`() async throws {
        let store = try await store()
        let old = try await store.signer(for: name).publicKey
        var tried: [PublicKey] = []
        for _ in 0..<2 {
            await #expect(throws: Refused.self) {
                _ = try await KeyRotation(store).rotate(name) { description, _ in
                    tried.append(description.publicKey)
                    throw Refused()
                }
            }
            let signer = try await store.signer(for: name)
            #expect(signer.publicKey == old)
            #expect(signer.publicKey.verify(signature: try await signer.sign([1]), message: [1], hash: .sha3_256))
        }
        #expect(tried.count == 2 && tried[0] == tried[1])
        let outcome = try await KeyRotation(store).rotate(name) { _, _ in }
        #expect(outcome.current.publicKey == tried[0])
    }

    @Test func `a key that is not there can't be rotated`() async throws {
        let store = try await store()
        let error = await #expect(throws: SignerError.self) {
            try await KeyRotation(store).rotate(try KeyName("none")) { _, _ in }
        }
        #expect(error?.code == .keyNotFound)
    }
}
