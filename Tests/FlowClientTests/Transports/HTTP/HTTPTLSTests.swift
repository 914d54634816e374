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
    init?(to backend: Int, _ files: TLSFiles, clientRoots: Bool) async throws {
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
        process.arguments = ["-c", program, "\(backend)", files.server, files.serverKey, clientRoots ? files.root : ""]
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

/// An authority, a server's and a client's certificate, as PEM files that go with their owner.
private final class TLSFiles: Sendable {
    private let folder: URL

    deinit { try? FileManager.default.removeItem(at: folder) }

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func openssl(_ arguments: String) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments)")
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try openssl("req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=weir-test-authority")
        try "subjectAltName=IP:127.0.0.1\n".write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
        for name in ["server", "client"] {
            try openssl("req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days 2 -extfile ext"
            )
        }
        self.folder = folder
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }
    var root: String { path("ca.pem") }
    var server: String { path("server.pem") }
    var serverKey: String { path("server.key") }
    var client: (certificate: String, key: String) { (path("client.pem"), path("client.key")) }
}

@Suite(.timeLimit(.minutes(1)), .serialized)
struct HTTPTLSTests {
    /// What a call and a stream come to over TLS.
    private func outcomes(clientRoots: Bool = false, tls: (TLSFiles) -> HTTPAccessClient.TLS) async throws -> [String]?
    {
        let files = try TLSFiles()
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
