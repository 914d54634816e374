import GRPC
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    let authority: TestAuthority
    let server: GRPCIdentity
    let client: GRPCIdentity

    init() throws {
        authority = try TestAuthority.shared.get()
        func identity(_ of: TestAuthority.Identity) -> GRPCIdentity {
            GRPCIdentity(certificateChain: of.certificate, privateKey: of.key)
        }
        (server, client) = (identity(authority.server), identity(authority.client))
    }

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
        #expect(try await outcome(server: .tls(identity: server), client: .tls(roots: authority.root)) == .ok)
    }

    @Test func `a certificate answers to its name and no other`() async throws {
        let server = GRPCServerCredentials.tls(identity: self.server)
        let client = GRPCClientCredentials.tls(roots: authority.root)
        #expect(try await outcome(server: server, client: client, serverName: "node.weir.test") == .ok)
        #expect(try await outcome(server: server, client: client, serverName: "other.weir.test") == .unavailable)
    }

    @Test func `the system's roots do not vouch for a stranger`() async throws {
        #expect(try await outcome(server: .tls(identity: server), client: .tls()) == .unavailable)
    }

    @Test func `cleartext and TLS do not talk to each other`() async throws {
        #expect(try await outcome(server: .tls(identity: server), client: .cleartext) == .unavailable)
        #expect(try await outcome(server: .cleartext, client: .tls(roots: authority.root)) == .unavailable)
    }

    @Test func `a server that asks for a client certificate lets in who shows one, and nobody else`() async throws {
        let server = GRPCServerCredentials.tls(identity: self.server, clientRoots: authority.root)
        #expect(
            try await outcome(server: server, client: .tls(roots: authority.root, identity: client)) == .ok)
        #expect(try await outcome(server: server, client: .tls(roots: authority.root)) == .unavailable)
    }

    @Test func `rubbish for a certificate is an error and not a crash`() async throws {
        let rubbish = GRPCIdentity(certificateChain: "not", privateKey: "PEM")
        #expect(throws: GRPCError.self) { try GRPCServer(credentials: .tls(identity: rubbish)) { _ in nil }.start() }
        let channel = GRPCChannel(target: "127.0.0.1:1", credentials: .tls(roots: "rubbish", identity: rubbish))
        #expect(await code { try await channel.unary("/t/Echo", [], deadline: .seconds(20)) } != .ok)
    }
}
