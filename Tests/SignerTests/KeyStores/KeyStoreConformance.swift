import Foundation
import Secrets
import Testing

@testable import Signer

/// What every key store must do, whatever it is made of. A store says which of it it can do.
struct KeyStoreConformance {
    struct Abilities: OptionSet {
        let rawValue: Int
        /// Takes keys in from outside.
        static let add = Abilities(rawValue: 1)
        /// Makes keys itself.
        static let generate = Abilities(rawValue: 2)
        /// Removes keys and replaces them.
        static let change = Abilities(rawValue: 4)
    }

    let store: any KeyStore
    /// A key that is in the store already; without one the suite generates it.
    var present: KeyName?
    var can: Abilities

    func check() async throws {
        let name = try await presentKey()
        try await lists(name)
        try await signs(name)
        try await missesWhatIsNotThere()
        if can.contains([.generate, .change]) { try await replaces(name) }
        if can.contains([.add, .change]) { try await changes() }
        try await refusesWhatItCannot(name)
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

    /// A successor takes the name, the old key is kept, and nothing is left under the successor's name.
    private func replaces(_ base: KeyName) async throws {
        let names = try ["a", "b", "c"].map { try KeyName("\(base)-\($0)") }
        let old = try await store.generate(name: names[0], algorithm: .ecdsaP256, hashAlgorithm: .sha2_256)
        let new = try await store.generate(name: names[1], algorithm: .ecdsaP256, hashAlgorithm: .sha3_256)
        try await store.replace(names[0], with: names[1], retiring: names[2])
        #expect(try await store.signer(for: names[0]).publicKey == new.publicKey)
        #expect(try await store.signer(for: names[2]).publicKey == old.publicKey)
        let gone = await #expect(throws: SignerError.self) { try await store.signer(for: names[1]) }
        #expect(gone?.code == .keyNotFound)

        try await store.remove(names[2])
        let removed = await #expect(throws: SignerError.self) { try await store.remove(names[2]) }
        #expect(removed?.code == .keyNotFound)
        #expect(try await !store.list().map(\.name).contains(names[2]))
        let missing = await #expect(throws: SignerError.self) {
            try await store.replace(names[0], with: names[1], retiring: names[2])
        }
        #expect(missing?.code == .keyNotFound)
        #expect(try await store.signer(for: names[0]).publicKey == new.publicKey)
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
    }

    private func refusesWhatItCannot(_ name: KeyName) async throws {
        let before = try await store.list()
        let other = try KeyName("other")
        var attempts: [() async throws -> Void] = []
        if !can.contains(.add) {
            attempts.append { _ = try await store.add(.generate(.ecdsaP256), name: other, hashAlgorithm: .sha2_256) }
        }
        if !can.contains(.generate) {
            attempts.append {
                _ = try await store.generate(name: other, algorithm: .ecdsaP256, hashAlgorithm: .sha2_256)
            }
        }
        if !can.contains(.change) {
            attempts.append { try await store.remove(name) }
            attempts.append { try await store.replace(name, with: other, retiring: other) }
        }
        for attempt in attempts {
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
