import Foundation
import Testing

@testable import Signer

/// What every key store must do, whatever it is made of. A store says which of it it can do.
struct KeyStoreConformance {
    let store: any KeyStore
    /// A key that is in the store, where it could not be added by the suite.
    var present: KeyName?
    var canAdd: Bool

    func check() async throws {
        let name = try await presentKey()
        try await lists(name)
        try await signs(name)
        try await missesWhatIsNotThere()
        if canAdd { try await changes() } else { try await refusesChanges(name) }
    }

    private func presentKey() async throws -> KeyName {
        if let present { return present }
        let name = try KeyName("first")
        let made = try await store.generate(name: name, algorithm: .ecdsaSecp256k1, hashAlgorithm: .sha3_256)
        #expect(made.name == name)
        #expect(made.publicKey.algorithm == .ecdsaSecp256k1)
        return name
    }

    private func lists(_ name: KeyName) async throws {
        let keys = try await store.list()
        #expect(keys.map(\.name) == keys.map(\.name).sorted())
        let described = try #require(keys.first { $0.name == name })
        let signer = try await store.signer(for: name)
        #expect(signer.publicKey == described.publicKey)
        #expect(signer.hashAlgorithm == described.hashAlgorithm)
    }

    private func signs(_ name: KeyName) async throws {
        let signer = try await store.signer(for: name)
        for message in [[], [1, 2, 3], [UInt8](repeating: 7, count: 5000)] as [[UInt8]] {
            let signature = try await signer.sign(message)
            #expect(signature.count == 64)
            #expect(signer.publicKey.verify(signature: signature, message: message, hash: signer.hashAlgorithm))
            #expect(!signer.publicKey.verify(signature: signature, message: message + [0], hash: signer.hashAlgorithm))
            if signer.isDeterministic { #expect(try await signer.sign(message) == signature) }
        }
    }

    private func missesWhatIsNotThere() async throws {
        let error = await #expect(throws: SignerError.self) { try await store.signer(for: try KeyName("not-there")) }
        #expect(error?.code == .keyNotFound)
    }

    private func changes() async throws {
        let second = try KeyName("second")
        let key = PrivateKey.generate(.ecdsaP256)
        try await store.add(key, name: second, hashAlgorithm: .sha2_256)
        #expect(try await store.signer(for: second).publicKey == key.publicKey)
        let taken = await #expect(throws: SignerError.self) {
            try await store.add(.generate(.ecdsaP256), name: second, hashAlgorithm: .sha2_256)
        }
        #expect(taken?.code == .keyExists)
        #expect(try await store.signer(for: second).publicKey == key.publicKey)

        let third = try await store.generate(
            name: try KeyName("third"), algorithm: .ecdsaP256, hashAlgorithm: .sha3_256)
        let retired = try KeyName("second.old")
        try await store.replace(second, with: third.name, retiring: retired)
        #expect(try await store.signer(for: second).publicKey == third.publicKey)
        #expect(try await store.signer(for: retired).publicKey == key.publicKey)
        let gone = await #expect(throws: SignerError.self) { try await store.signer(for: third.name) }
        #expect(gone?.code == .keyNotFound)

        try await store.remove(retired)
        let removed = await #expect(throws: SignerError.self) { try await store.remove(retired) }
        #expect(removed?.code == .keyNotFound)
        #expect(try await !store.list().map(\.name).contains(retired))
    }

    private func refusesChanges(_ name: KeyName) async throws {
        let before = try await store.list()
        let other = try KeyName("other")
        for attempt in [
            { () async throws in _ = try await store.add(.generate(.ecdsaP256), name: other, hashAlgorithm: .sha2_256)
            },
            { () async throws in try await store.remove(name) },
            { () async throws in try await store.replace(name, with: other, retiring: other) },
        ] {
            let error = await #expect(throws: SignerError.self) { try await attempt() }
            #expect(error?.code == .unsupported)
        }
        #expect(try await store.list() == before)
    }
}

/// A folder that is removed with everything in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "weir-signer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension SecretBytes {
    convenience init(_ text: String) { self.init(copying: Array(text.utf8)) }
}

extension KeyFile.Cost {
    /// For tests: hardly any.
    static let low = KeyFile.Cost(n: 16, r: 1, p: 1)
}
