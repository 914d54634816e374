import Foundation
import Glibc
import HTTP
import Secrets
import Synchronization
import Testing

@testable import Signer

/// A key management service that takes requests and never answers, as a broken network looks from here: a real socket.
@Suite(.timeLimit(.minutes(1)))
struct SilentServiceTests {
    /// Listens, and lets nothing out.
    private final class Hole: Sendable {
        let port: Int
        private let socket: Int32

        init() throws {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            self.socket = socket
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let listens = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, length) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &length) == 0
                }
            }
            guard listens else { throw SignerError(.unavailable, "no socket") }
            port = Int(UInt16(bigEndian: address.sin_port))
        }

        deinit { close(socket) }
    }

    /// Our own patience is 5 s a try: shortened, so that the whole takes no longer than the pauses between tries.
    private func transport(_ client: HTTPClient, _ tries: Counted) -> KMSTransport {
        { request, patience in
            tries.count.withLock { $0 += 1 }
            #expect(patience == .seconds(5))
            return try await client.send(request, timeout: .milliseconds(50))
        }
    }

    private final class Counted: Sendable { let count = Mutex(0) }

    @Test func `AWS KMS that never answers is unavailable after three tries`() async throws {
        let (hole, client, tries) = (try Hole(), HTTPClient(), Counted())
        let store = AWSKMSKeyStore(
            client: try AWSKMSClient(
                region: "x", endpoint: "http://127.0.0.1:\(hole.port)",
                credentials: { AWSCredentials(accessKeyID: "a", secretAccessKey: SecretBytes("s")) },
                transport: transport(client, tries)))
        let error = await #expect(throws: SignerError.self) { try await store.signer(for: try KeyName("payer")) }
        #expect(error?.code == .unavailable && error?.isRetryable == true)
        #expect(tries.count.withLock { $0 } == 3)
    }

    @Test func `AWS KMS is asked once for a key, since a lost answer may have been one`() async throws {
        let (hole, client, tries) = (try Hole(), HTTPClient(), Counted())
        let store = AWSKMSKeyStore(
            client: try AWSKMSClient(
                region: "x", endpoint: "http://127.0.0.1:\(hole.port)",
                credentials: { AWSCredentials(accessKeyID: "a", secretAccessKey: SecretBytes("s")) },
                transport: transport(client, tries)))
        let error = await #expect(throws: SignerError.self) {
            try await store.generate(
                name: try KeyName("payer"), algorithm: .ecdsaP256, hashAlgorithm: .sha3_256)
        }
        #expect(error?.code == .unavailable && error?.message.contains("whether it was done is not known") == true)
        #expect(tries.count.withLock { $0 } == 1)
    }

    @Test func `Google Cloud KMS that never answers is unavailable after three tries`() async throws {
        let (hole, client, tries) = (try Hole(), HTTPClient(), Counted())
        let store = try GoogleKMSKeyStore(
            keyRing: "projects/p/locations/l/keyRings/r", endpoint: "http://127.0.0.1:\(hole.port)",
            token: { "t" }, transport: transport(client, tries))
        let error = await #expect(throws: SignerError.self) { try await store.list() }
        #expect(error?.code == .unavailable)
        #expect(tries.count.withLock { $0 } == 3)
    }

    @Test func `who gives up waiting is let go at once`() async throws {
        let (hole, client) = (try Hole(), HTTPClient())
        let (asked, continuation) = AsyncStream<Void>.makeStream()
        let store = try GoogleKMSKeyStore(
            keyRing: "projects/p/locations/l/keyRings/r", endpoint: "http://127.0.0.1:\(hole.port)", token: { "t" },
            transport: { request, _ in
                continuation.yield()
                return try await client.send(request, timeout: .seconds(3600))
            })
        let task = Task { try await store.list() }
        for await _ in asked { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
