import AccessServing
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import GRPC
import Glibc
import HTTP
import PlatformBridge
import TestSupport
import Testing

/// Which node is asked what, as the configuration says it.
@Suite(.timeLimit(.minutes(2)))
struct FlowNodesTests {
    private func weir(_ configuration: String, _ arguments: String...) async throws -> WeirProcess.Ended {
        try await withTemporaryDirectory { directory in
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/weir.yaml"))
            return try await WeirProcess.run(arguments, directory: directory)
        }
    }

    @Test func `a height is asked of the nodes of its spork, the head of those that serve it`() async throws {
        try await FlowWorld.with { old in
            try await FlowWorld.with { new in
                old.node.makeBlocks(20)
                new.node.makeBlocks(9)
                let configuration = """
                    flow:
                      nodes: ["\(new.url(.grpc))"]
                      history_nodes: [{url: "\(old.url(.http))", first: 0, last: 4}]
                    """
                for (height, node) in [(3, old), (4, old), (5, new), (9, new)] {
                    let ended = try await weir(configuration, "flow", "block", "\(height)")
                    #expect(ended.status == 0, "\(ended.errors)")
                    #expect(
                        ended.output.contains(
                            try await node.node.blockHeader(.height(BlockHeight(UInt64(height)))).value.id.hex))
                }
                // The old node's head is no head.
                let head = try await weir(configuration, "flow", "head", "--json")
                #expect(try JSON(parsing: Array(head.output.utf8))[path: "sealed", "height"]?.integer() == 9)
                // What one has is found by its id, whoever has it.
                let id = try await old.node.blockHeader(.height(2)).value.id.hex
                #expect(try await weir(configuration, "flow", "block", id).output.contains("height       2"))
                // A node that is named has no history beside it.
                let named = try await weir(configuration, "flow", "block", "3", "--node", new.url(.grpc))
                #expect(named.output.contains(try await new.node.blockHeader(.height(3)).value.id.hex))
            }
        }
    }

    @Test func `a node with TLS is trusted by the system's roots, and by no others`() async throws {
        let authority = try TestAuthority.shared.get()
        let identity = GRPCIdentity(
            certificateChain: authority.server.certificate, privateKey: authority.server.key)
        try await FlowWorld.with { world in
            let server = AccessServer(api: world.node, credentials: .tls(identity: identity))
            let port = try server.start()
            let serving = Task { try await server.run() }
            defer { serving.cancel() }
            world.node.makeBlocks(3)
            try await withTemporaryDirectory { roots in
                try Data(authority.root.utf8).write(to: URL(fileURLWithPath: roots + "/root.pem"))
                let arguments = ["flow", "head", "--json", "--node", "grpcs://127.0.0.1:\(port)"]
                // Where gRPC looks for a system's roots that lie at no usual place (its doc/environment_variables.md).
                let trusting = try await WeirProcess.run(
                    arguments, environment: ["GRPC_SYSTEM_SSL_ROOTS_DIR": roots])
                #expect(trusting.status == 0, "\(trusting.errors)")
                #expect(try JSON(parsing: Array(trusting.output.utf8))[path: "sealed", "height"]?.integer() == 3)
                let stranger = try await WeirProcess.run(arguments)
                #expect(stranger.status == 69 && stranger.output.isEmpty)
                #expect(stranger.errors.contains("127.0.0.1:\(port)"))
            }
        }
    }

    @Test(arguments: [
        ("[{url: 'grpc://a:1', first: 0, last: 4}, {url: 'grpc://b:1', first: 6, last: 9}]", "0…4 is followed by 6…9"),
        ("[{url: 'grpc://a:1', first: 0, last: 4}, {url: 'grpc://b:1', first: 4, last: 9}]", "0…4 is followed by 4…9"),
        ("[{url: 'grpc://a:1', first: 5, last: 4}]", "first 5 comes after last 4"),
        ("[{url: 'grpc://a:1', first: 0, last: 4}, {url: 'grpc://a:1', first: 5, last: 9}]", "names a node twice"),
        ("[{url: 'grpc://a:1', first: 0}]", "last is missing"),
        ("[{url: 'ftp://a', first: 0, last: 1}]", "expected grpc://"),
        ("[{url: 'grpc://a:1', first: -1, last: 1}]", "first"),
    ])
    func `a history with a gap, an overlap or a mistake is refused with the place`(history: String, words: String)
        async throws
    {
        let ended = try await weir("flow: {nodes: ['grpc://127.0.0.1:1'], history_nodes: \(history)}", "flow", "head")
        #expect(ended.status == 78)
        #expect(ended.errors.contains("flow.history_nodes") && ended.errors.contains(words), "\(ended.errors)")
    }

    @Test
    func `a published history has the live spork's nodes where the table says, and nobody for a spork that is gone`()
        async throws
    {
        try await FlowWorld.with { world in
            let configuration = "flow: {network: testnet, nodes: ['\(world.url(.grpc))'], published_history: true}"
            // testnet53 has no nodes any more; testnet54 is live.
            for (height, words) in [
                (290_000_000, "no node serves height 290000000"),
                (305_778_201, "the sealed head of flow-emulator is 0"),
            ] {
                let ended = try await weir(configuration, "flow", "block", "\(height)")
                #expect(ended.status != 0 && ended.errors.contains(words), "\(height): \(ended.errors)")
            }
        }
    }

    @Test(arguments: [
        ("network: emulator", "there are no published sporks of emulator"),
        (
            "network: mainnet, history_nodes: [{url: 'grpc://a:1', first: 0, last: 4}]",
            "can't be true beside flow.history_nodes"
        ),
    ])
    func `a published history that there is none of, or a second one, is refused`(settings: String, words: String)
        async throws
    {
        let ended = try await weir(
            "flow: {nodes: ['grpc://127.0.0.1:1'], published_history: true, \(settings)}", "flow", "head")
        #expect(ended.status == 78)
        #expect(ended.errors.contains("flow.published_history") && ended.errors.contains(words), "\(ended.errors)")
    }

    @Test func `budgets are the public limits, and a budget of nothing is refused`() async throws {
        let defaults = try await weir("{}", "config", "--roles", "serve").output.split(separator: "\n")
        for (name, limit) in [("sends", "50"), ("scripts", "5"), ("event_queries", "30"), ("other_calls", "100")] {
            #expect(defaults.contains { $0.hasPrefix("flow.\(name)_per_second = \(limit).0 ") }, "\(name): \(defaults)")
        }
        let refused = try await weir("flow: {scripts_per_second: 0}", "flow", "head")
        #expect(refused.status == 78 && refused.errors.contains("flow.scripts_per_second"), "\(refused.errors)")
    }

    @Test(arguments: [
        ("[{calls: GetAcount, per_second: 1}]", #""GetAcount" is not one of sends, scripts,"#),
        ("[{calls: GetAcount, per_second: 1}]", "Did you mean GetAccount?"),
        ("[{calls: GetAccountAtLatestBlock, per_second: 1}]", "GetAccountAtLatestBlock is counted under GetAccount"),
        ("[{calls: GetLatestBlockHeader, per_second: 1}]", "GetLatestBlockHeader is counted under GetBlockHeader"),
        ("[{calls: scripts, per_second: 0}]", "per_second: 0.0 is out of range 0.1…1000000.0"),
        ("[{calls: scripts}]", "per_second is missing"),
        ("[{calls: scripts, per_second: 5, burst: 0}]", "burst: 0.0 is out of range 1.0…1000000.0"),
        (
            "[{calls: scripts, per_second: 5}, {calls: scripts, per_second: 6}]",
            "element 2: scripts has a budget already"
        ),
        (
            "[{node: 'grpc://a:1/key', calls: Ping, per_second: 5}]",
            "element 1: node grpc://a:1 is not in flow.nodes or flow.history_nodes"
        ),
    ])
    func `a budget that limits nothing, or two things at once, is refused with the place`(
        budgets: String, words: String
    )
        async throws
    {
        let ended = try await weir("flow: {nodes: ['grpc://127.0.0.1:1'], budgets: \(budgets)}", "flow", "head")
        #expect(ended.status == 78)
        #expect(ended.errors.contains("flow.budgets") && ended.errors.contains(words), "\(ended.errors)")
    }

    @Test(arguments: [
        ("call_timeout", "30", "needs a unit"), ("call_timeout", "0s", "out of range 100ms…10m"),
        ("hedge_after", "-1s", "duration"), ("attempts", "0", "out of range 1…100"),
        ("longest_pause", "1ms", "out of range 10ms"), ("stall_after", "0s", "out of range 1s…1h"),
        ("probe_every", "1ms", "out of range 100ms"), ("tolerated_lag", "-1", "out of range 0…1000000"),
        ("failures_until_down", "0", "out of range 1…100"), ("longest_down", "0s", "out of range 1s"),
        ("least_budget_share", "0", "out of range 0.001…1.0"),
    ])
    func `patience out of range is refused with the key and the range`(name: String, value: String, words: String)
        async throws
    {
        let ended = try await weir("flow: {nodes: ['grpc://127.0.0.1:1'], \(name): \(value)}", "flow", "head")
        #expect(ended.status == 78)
        #expect(ended.errors.contains("flow.\(name)") && ended.errors.contains(words), "\(ended.errors)")
    }

    @Test(arguments: [("10ms", true), ("0", false)])
    func `a read that takes long is asked of a second node where the configuration says so`(
        after: String, succeeds: Bool
    )
        async throws
    {
        try await FlowWorld.with { silent in
            try await FlowWorld.with { node in
                silent.node.misbehave { $0.delay = .seconds(3600) }
                let configuration = """
                    flow: {nodes: ["\(silent.url(.grpc))", "\(node.url(.grpc))"], hedge_after: \(after), attempts: 1}
                    """
                let ended = try await weir(configuration, "flow", "block", "0", "--timeout", succeeds ? "60s" : "200ms")
                #expect((ended.status == 0) == succeeds, "\(ended.errors)")
            }
        }
    }

    @Test func `a method that has a budget is counted by itself, also at a node on loopback that is named`()
        async throws
    {
        let world = try await World.start()
        let (process, client) = try await world.daemon(
            options: [
                "--flow-budgets",
                "[{node: 'grpc://127.0.0.1:\(world.port)', calls: GetAccountKeys, per_second: 20, burst: 5}]",
            ])
        let metrics = try await client.send("GET", "/metrics")
        let text = String(decoding: metrics.body, as: UTF8.self)
        for kind in ["GetAccountKeys", "other"] {
            #expect(
                text.contains(
                    #"weir_node_budget_share{kind="\#(kind)",node="grpc://127.0.0.1:\#(world.port)"} 1"#), "\(text)")
        }
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }

    @Test func `a history that does not hang together is said, stops the index alone, and leaves the rest running`()
        async throws
    {
        try await FlowWorld.with { old in
            old.node.makeBlocks(9)
            let world = try await World.start()
            let history = "[{url: '\(old.url(.grpc))', first: 0, last: 4}]"
            let (process, client) = try await world.daemon(options: ["--flow-history-nodes", history])
            #expect(await process.line(containing: "does not continue what was before it: block 5 has parent") != nil)
            #expect(await process.line(containing: "ingest has stopped") != nil)
            #expect(try await client.send("GET", "/healthz").status == 200)
            let ready = try await client.send("GET", "/readyz")
            #expect(ready.status == 503)
            #expect(String(decoding: ready.body, as: UTF8.self).contains("waits for a person"))
            process.send(signal: SIGTERM)
            #expect(await process.end().status == 0)
            await world.stop()
        }
    }
}
