import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import TestSupport
import Testing

/// History over a spork's end: of one chain, one devnet has the lower heights and another one the upper.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct SporkTests {
    private let release = "LzM5bHuZ2Y8vZrXn4qBZsH"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    private let brand = "vytxeTZskVKR7C7WgdSP3d"

    private func airdrop(_ guests: Range<Int>, by client: ControlClient) async throws {
        try await done(
            "airdrop_pass",
            [
                "release_id": JSON(release),
                "recipients": .array(guests.map { ["drop_id": JSON("row-\($0)"), "holder": JSON("guest-\($0)")] }),
            ], key: "airdrop \(guests)", by: client)
    }

    private func done(_ type: String, _ payload: JSON, key: String, by client: ControlClient) async throws {
        let status = try await client.finished(try await client.enqueue(type, payload, key: key))
        #expect(status["outcome"]?.string == "done", "\(status.text)")
    }

    /// The last height before an empty block: a spork's root block has nothing in it.
    private func boundary(_ node: DevnetNode) async throws -> UInt64 {
        var height = node.finalizedHeight
        while true {
            node.makeBlock()
            let next = BlockHeight(height.rawValue + 1)
            if try await node.block(.height(next), full: true).value.collectionGuarantees.isEmpty {
                return height.rawValue
            }
            height = next
        }
    }

    private func holders(at height: UInt64, _ client: ControlClient) async throws -> String {
        let answer = try await client.get("/v1/ownership/holders/\(pass)?limit=100&height=\(height)")
        // Which block, and who: how long ago that was is another matter.
        return "\(answer["block_id"] ?? .null) \(answer["complete"] ?? .null) \(answer["holders"]?.text ?? "")"
    }

    private func indexed(_ client: ControlClient) async throws -> UInt64 {
        let sync = try await client.get("/v1/sync")
        if let error = sync["error"]?.string { throw World.Failure(error) }
        return UInt64(sync["height"]?.integer() ?? 0)
    }

    @Test(arguments: FlowWorld.Transport.allCases)
    func `an index that is built over a spork's end is that of the whole chain`(transport: FlowWorld.Transport)
        async throws
    {
        try await withTemporaryDirectory { directory in
            var world = try await World.start(journal: directory + "/blocks")
            let (first, whole) = try await world.daemon()
            try await done("create_brand", ["brand_id": JSON(brand), "name": "Nova"], key: "b", by: whole)
            try await done(
                "create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"], key: "p", by: whole)
            try await done(
                "schedule_release",
                [
                    "release_id": JSON(release), "pass_id": JSON(pass), "supply": 10, "mint": 0, "price": "1",
                    "starts_at": "2026-01-01T00:00:00Z",
                ], key: "r", by: whole)
            try await airdrop(0..<3, by: whole)
            let last = try await boundary(world.devnet.node)
            try await airdrop(3..<5, by: whole)
            let end = try await indexed(whole)
            #expect(end > last + 1)
            let wanted = (try await holders(at: last, whole), try await holders(at: end, whole))
            first.send(signal: SIGTERM)
            #expect(await first.end().status == 0)

            // The nodes of the older spork stand where it ended; those of the newer one begin there.
            var configuration = world.devnet.node.configuration
            configuration.blockMaking = .onDemand
            configuration.journalPath = directory + "/older"
            try FileManager.default.copyItem(atPath: directory + "/blocks", toPath: directory + "/older")
            let older = try Devnet(configuration: configuration)
            let (port, httpPort) = (try older.start(), try await older.startHTTP())
            let running = Task { try await older.run() }
            defer { running.cancel() }
            let beyond = older.node.finalizedHeight.rawValue - last
            older.node.misbehave { $0.headLag = beyond }
            world.devnet.node.misbehave { $0.sporkRoot = BlockHeight(last + 1) }

            world.database = try await TestPostgres.makeConnectionString()
            let url = transport == .grpc ? "grpc://127.0.0.1:\(port)" : "http://127.0.0.1:\(httpPort)"
            let (second, split) = try await world.daemon(options: [
                "--roles", "ingest,serve", "--flow-history-nodes", "[{url: '\(url)', first: 0, last: \(last)}]",
            ])
            while try await indexed(split) < end { await Task.yield() }
            #expect(try await holders(at: last, split) == wanted.0)
            #expect(try await holders(at: end, split) == wanted.1)
            #expect(wanted.0 != wanted.1)
            second.send(signal: SIGTERM)
            #expect(await second.end().status == 0)
            await world.stop()
        }
    }
}
