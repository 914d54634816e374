import Foundation
import GRPC
import Testing

/// An authority, a server's and a client's certificate, made by the openssl tool.
struct TestAuthority {
    let root: String
    let server: GRPCIdentity
    let client: GRPCIdentity

    static let shared = Result { try TestAuthority() }

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
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
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        try openssl("req -x509 \(key) -keyout ca.key -out ca.pem -days 2 -subj /CN=weir-test-authority")
        for name in ["server", "client"] {
            try "subjectAltName=DNS:node.weir.test,IP:127.0.0.1\n"
                .write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
            try openssl("req \(key) -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
            try openssl(
                "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(name).pem -days 2 -extfile ext"
            )
        }
        root = try text("ca.pem")
        server = GRPCIdentity(certificateChain: try text("server.pem"), privateKey: try text("server.key"))
        client = GRPCIdentity(certificateChain: try text("client.pem"), privateKey: try text("client.key"))
    }
}

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    let authority: TestAuthority
    init() throws { authority = try TestAuthority.shared.get() }

    func outcome(
        server: GRPCServerCredentials, client: GRPCClientCredentials, serverName: String? = nil
    ) async throws -> GRPCStatusCode? {
        var options = GRPCChannel.Options()
        options.serverName = serverName
        return try await withLoopback(channel: options, credentials: (server, client), handlers: ["/t/Echo": echo]) {
            channel, _ in
            await code { try await channel.unary("/t/Echo", [1], deadline: .seconds(20)) }
        }
    }

    @Test func `a server is trusted by the authority that is named`() async throws {
        #expect(try await outcome(server: .tls(identity: authority.server), client: .tls(roots: authority.root)) == .ok)
    }

    @Test func `a certificate answers to its name and no other`() async throws {
        let server = GRPCServerCredentials.tls(identity: authority.server)
        let client = GRPCClientCredentials.tls(roots: authority.root)
        #expect(try await outcome(server: server, client: client, serverName: "node.weir.test") == .ok)
        #expect(try await outcome(server: server, client: client, serverName: "other.weir.test") == .unavailable)
    }

    @Test func `the system's roots do not vouch for a stranger`() async throws {
        #expect(try await outcome(server: .tls(identity: authority.server), client: .tls()) == .unavailable)
    }

    @Test func `cleartext and TLS do not talk to each other`() async throws {
        #expect(try await outcome(server: .tls(identity: authority.server), client: .cleartext) == .unavailable)
        #expect(try await outcome(server: .cleartext, client: .tls(roots: authority.root)) == .unavailable)
    }

    @Test func `a server that asks for a client certificate lets in who shows one, and nobody else`() async throws {
        let server = GRPCServerCredentials.tls(identity: authority.server, clientRoots: authority.root)
        #expect(
            try await outcome(server: server, client: .tls(roots: authority.root, identity: authority.client)) == .ok)
        #expect(try await outcome(server: server, client: .tls(roots: authority.root)) == .unavailable)
    }

    @Test func `rubbish for a certificate is an error and not a crash`() async throws {
        let rubbish = GRPCIdentity(certificateChain: "not", privateKey: "PEM")
        #expect(throws: GRPCError.self) { try GRPCServer(credentials: .tls(identity: rubbish)) { _ in nil }.start() }
        let channel = GRPCChannel(target: "127.0.0.1:1", credentials: .tls(roots: "rubbish", identity: rubbish))
        #expect(await code { try await channel.unary("/t/Echo", [], deadline: .seconds(20)) } != .ok)
    }
}
