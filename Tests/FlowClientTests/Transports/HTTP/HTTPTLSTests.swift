import Foundation
import HTTP
import TestSupport
import Testing

@testable import FlowClient

/// A proxy that speaks TLS before a node that does not: Python's, and only for the length of a test. Nil where there is no
/// Python.
private struct TLSFront {
    let port: Int
    private let process: Process

    /// - Parameter clientRoots: whose clients are let in; nil for anybody.
    init?(to backend: Int, _ files: TestAuthority.Files, clientRoots: Bool) async throws {
        guard let python = Peers.python else { return nil }
        let program = """
            import socket, ssl, sys, threading
            backend, certificate, key, roots = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            if roots:
                context.load_verify_locations(roots)
                context.verify_mode = ssl.CERT_REQUIRED
            def copy(a, b):
                try:
                    while data := a.recv(65536): b.sendall(data)
                except OSError: pass
                for s in (a, b):
                    try: s.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
            def serve(raw):
                try: front = context.wrap_socket(raw, server_side=True)
                except OSError: return
                back = socket.create_connection(("127.0.0.1", backend))
                threading.Thread(target=copy, args=(front, back), daemon=True).start()
                copy(back, front)
            listener = socket.create_server(("127.0.0.1", 0))
            print(listener.getsockname()[1], flush=True)
            while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
            """
        let process = Process()
        process.executableURL = python
        process.arguments = [
            "-c", program, "\(backend)", files.server.certificate, files.server.key, clientRoots ? files.root : "",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let line: String = try await withCheckedThrowingContinuation { continuation in
            // Reading blocks: a thread of its own.
            Thread.detachNewThread {
                do {
                    try process.run()
                    continuation.resume(
                        returning: String(decoding: output.fileHandleForReading.availableData, as: UTF8.self))
                } catch { continuation.resume(throwing: error) }
            }
        }
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        self.process = process
    }

    func stop() { process.terminate() }
}

@Suite(.timeLimit(.minutes(1)), .serialized)
struct HTTPTLSTests {
    /// What a call and a stream come to over TLS.
    private func outcomes(clientRoots: Bool = false, tls: (TestAuthority.Files) -> HTTPAccessClient.TLS) async throws
        -> [String]?
    {
        let files = try TestAuthority.Files(try TestAuthority.shared.get())
        var outcomes: [String]?
        try await withTopicNode { _ in
            NodeBody.parameters
        } react: { heard in
            guard heard.action == "subscribe" else { return }
            try await heard.link.agree(heard.id)
            try await heard.link.give(heard.id, NodeBody.digest(7))
        } _: { (plain, _) async throws in
            let backend = try #require(Int(plain.node.split(separator: ":").last ?? ""))
            guard let front = try await TLSFront(to: backend, files, clientRoots: clientRoots) else { return }
            defer { front.stop() }
            let client = try HTTPAccessClient(url: "https://127.0.0.1:\(front.port)", tls: tls(files))
            func said(_ body: () async throws -> String) async -> String {
                do { return try await body() } catch {
                    return (error as? AccessError).map { "\($0.code)" } ?? "\(error)"
                }
            }
            outcomes = [
                await said { try await client.networkParameters().value.rawValue },
                await said {
                    var stream = client.subscribeBlockDigests(from: .latest, status: .sealed).makeAsyncIterator()
                    return "\(try await stream.next()?.height.rawValue ?? 0)"
                },
            ]
        }
        withExtendedLifetime(files) {}
        return outcomes
    }

    @Test func `a node is trusted by the authority that is named, for calls and for streams`() async throws {
        let outcomes = try await outcomes { HTTPAccessClient.TLS(certificateAuthorities: $0.root) }
        #expect(outcomes == nil || outcomes == ["flow-testnet", "7"])
    }

    @Test func `the system's roots do not vouch for a stranger`() async throws {
        let outcomes = try await outcomes { _ in HTTPAccessClient.TLS() }
        #expect(outcomes == nil || outcomes == ["unavailable", "unavailable"])
    }

    @Test func `a node that asks for a client certificate lets in who shows one, and nobody else`() async throws {
        let known = try await outcomes(clientRoots: true) {
            HTTPAccessClient.TLS(certificateAuthorities: $0.root, clientCertificate: $0.client)
        }
        #expect(known == nil || known == ["flow-testnet", "7"])
        let unknown = try await outcomes(clientRoots: true) { HTTPAccessClient.TLS(certificateAuthorities: $0.root) }
        #expect(unknown == nil || unknown == ["unavailable", "unavailable"])
    }

    @Test func `authorities and keys that are not there are an error`() async throws {
        let outcomes = try await outcomes {
            HTTPAccessClient.TLS(certificateAuthorities: $0.root + ".not", clientCertificate: $0.client)
        }
        #expect(outcomes == nil || outcomes == ["unavailable", "unavailable"])
    }
}
