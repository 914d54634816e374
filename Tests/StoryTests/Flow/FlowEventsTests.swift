import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import HTTP
import Signer
import Testing

/// `weir flow events` where nodes answer less than they are asked.
@Suite(.timeLimit(.minutes(2)))
struct FlowEventsTests {
    private func events(_ world: FlowWorld, _ transport: FlowWorld.Transport) async throws -> (
        WeirProcess.Ended, [JSON]
    ) {
        let ended = try await world.weir(
            "flow", "events", "flow.AccountCreated", "--from", "0", "--json", over: transport)
        return (ended, try ended.output.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) })
    }

    @Test(arguments: FlowWorld.Transport.allCases, [1, 7, 100] as [UInt64])
    func `a node that searches fewer heights at once is asked for fewer, and nothing is left out`(
        transport: FlowWorld.Transport, limit: UInt64
    ) async throws {
        try await FlowWorld.with { world in
            var truth: [UInt64] = []
            for pause in [3, 120, 1, 150] {
                world.node.makeBlocks(pause)
                let signer = InMemorySigner(key: .generate(.ecdsaP256), hashAlgorithm: .sha3_256)
                _ = try await world.bootstrap.makeAccount(signer: signer, flow: 0)
                truth.append(world.node.finalizedHeight.rawValue)
            }
            world.node.misbehave { $0.maximumEventRange = limit }
            let (ended, rows) = try await events(world, transport)
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(rows.map { $0["blockHeight"]?.integer(UInt64.self) } == truth)
        }
    }

    @Test func `a node that searches nothing is an error, and not an empty history`() async throws {
        try await FlowWorld.with { world in
            world.node.makeBlocks(5)
            world.node.misbehave { $0.maximumEventRange = 0 }
            let (ended, rows) = try await events(world, .grpc)
            #expect(ended.status == 1)
            #expect(rows.isEmpty && ended.errors.contains("exceeded maximum (0)"), "\(ended.errors)")
        }
    }
}
