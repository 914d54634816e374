import Daemon
import Encoding
import Foundation
import HTTP
import TestSupport
import Testing

@testable import Signer

struct GoogleKMSTests {
    /// Runs a stub on loopback for as long as the body takes.
    private func withStore(
        spoil: @escaping @Sendable (inout [String: JSON]) -> Void = { _ in },
        _ body: (GoogleKMSKeyStore) async throws -> Void
    ) async throws {
        let stub = GoogleKMSStub(spoil: spoil)
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { stub.answer($0) }
        try await server.start()
        let client = HTTPClient()
        do {
            try await body(
                try GoogleKMSKeyStore(
                    keyRing: GoogleKMSStub.ring, endpoint: "http://127.0.0.1:\(server.port)", token: { "a-token" },
                    transport: { try await client.send($0, timeout: $1) }))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test(.timeLimit(.minutes(1)))
    func `Google Cloud KMS, as its reference describes it, is a key store`() async throws {
        try await withStore { store in
            for (number, algorithm) in SignatureAlgorithm.allCases.enumerated() {
                let name = try KeyName("key-\(number)")
                let hash: HashAlgorithm = number == 0 ? .sha2_256 : .sha3_256
                let made = try await store.generate(name: name, algorithm: algorithm, hashAlgorithm: hash)
                #expect(made.publicKey.algorithm == algorithm && made.hashAlgorithm == hash)
                #expect(try await !store.signer(for: name).isDeterministic)
                try await KeyStoreConformance(store: store, present: name, can: [.generate]).check()
            }
            let taken = await #expect(throws: SignerError.self) {
                try await store.generate(name: try KeyName("key-0"), algorithm: .ecdsaP256, hashAlgorithm: .sha2_256)
            }
            #expect(taken?.code == .keyExists)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["signatureCrc32c", "verifiedDigestCrc32c", "signature", "name", "pemCrc32c", "pem", "algorithm"])
    func `an answer that did not arrive whole is refused`(field: String) async throws {
        for value in [nil, JSON.bool(false), .string("1"), .string("AAAA")] {
            try await withStore(spoil: { if $0[field] != nil { $0[field] = value } }) { store in
                let error = await #expect(throws: SignerError.self) {
                    _ = try await store.generate(
                        name: try KeyName("k"), algorithm: .ecdsaP256, hashAlgorithm: .sha2_256)
                    _ = try await store.signer(for: try KeyName("k")).sign([1])
                }
                #expect([.badAnswer, .malformed, .unsupported].contains(error?.code))
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a wrong token is a refusal, not an absence`() async throws {
        try await withStore { _ in
            let store = try GoogleKMSKeyStore(
                keyRing: GoogleKMSStub.ring, token: { "other" },
                transport: { _, _ in
                    HTTPResponse(status: 401, body: Array(#"{"error":{"status":"UNAUTHENTICATED"}}"#.utf8))
                })
            let error = await #expect(throws: SignerError.self) { try await store.signer(for: try KeyName("k")) }
            #expect(error?.code == .refused)
        }
    }

    @Test func `the checksum is Castagnoli's`() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum([]) == 0)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    }

    @Test(arguments: [
        "", "projects/p", "projects/p/locations/l/keyRings/", "projects/p/locations/l/keyRings/r/cryptoKeys/k",
        "projects/p/locations/l/keyRings/r?x",
    ])
    func `a key ring of another shape is refused`(ring: String) {
        #expect(throws: SignerError.self) {
            try GoogleKMSKeyStore(keyRing: ring, token: { "" }, transport: { _, _ in HTTPResponse(status: 200) })
        }
    }
}
