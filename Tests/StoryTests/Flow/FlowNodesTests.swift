import Daemon
import Devnet
import FlowClient
import Foundation
import HTTP
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

    @Test func `budgets are the public limits, and a budget of nothing is refused`() async throws {
        let defaults = try await weir("{}", "config", "--roles", "serve").output.split(separator: "\n")
        for (name, limit) in [("sends", "50"), ("scripts", "5"), ("event_queries", "30"), ("other_calls", "100")] {
            #expect(defaults.contains { $0.hasPrefix("flow.\(name)_per_second = \(limit).0 ") }, "\(name): \(defaults)")
        }
        let refused = try await weir("flow: {scripts_per_second: 0}", "flow", "head")
        #expect(refused.status == 78 && refused.errors.contains("flow.scripts_per_second"), "\(refused.errors)")
    }

    @Test func `a daemon does not go on from a history that does not hang together`() async throws {
        try await FlowWorld.with { old in
            old.node.makeBlocks(9)
            let world = try await World.start()
            let history = "[{url: '\(old.url(.grpc))', first: 0, last: 4}]"
            let ended = try await WeirProcess.run(
                ["run", "--control-listen", "127.0.0.1:0", "--flow-history-nodes", history] + world.arguments,
                environment: world.environment)
            await world.stop()
            #expect(ended.status == 1)
            #expect(
                ended.errors.contains("does not continue what was before it: block 5 has parent"), "\(ended.errors)")
        }
    }
}
