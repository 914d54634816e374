import Cadence
import Devnet
import Encoding
import FlowClient
import Glibc
import HTTP
import PlatformBridge
import Testing

/// A daemon whose only node speaks HTTP.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct HTTPNodeTests {
    @Test func `what is enqueued is done, indexed and on the chain, without gRPC`() async throws {
        let world = try await World.start()
        let (process, client) = try await world.daemon(node: "http://127.0.0.1:\(world.httpPort)")
        let release = "LzM5bHuZ2Y8vZrXn4qBZsH"
        let pass = "FbVzVFnAAgWFP9h3kTSt2y"
        let brand = "vytxeTZskVKR7C7WgdSP3d"
        for (type, payload): (String, JSON) in [
            ("create_brand", ["brand_id": JSON(brand), "name": "Nova"]),
            ("create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"]),
            (
                "schedule_release",
                [
                    "release_id": JSON(release), "pass_id": JSON(pass), "supply": 10, "mint": 0, "price": "1",
                    "starts_at": "2026-01-01T00:00:00Z",
                ]
            ),
            (
                "airdrop_pass",
                [
                    "release_id": JSON(release),
                    "recipients": .array(
                        (0..<3).map { ["drop_id": JSON("row-\($0)"), "holder": JSON("guest-\($0)")] }),
                ]
            ),
        ] {
            let id = try await client.enqueue(type, payload, key: type)
            let status = try await client.finished(id)
            #expect(status["outcome"]?.string == "done", "\(status.text)")
        }
        let asked = CadenceValue.array(CadenceArray((0..<3).map { .string("guest-\($0)") }))
        guard case .dictionary(let lockers) = try await world.bootstrap.client.script("lockers", [asked]) else {
            throw World.Failure("lockers.cdc answered with something else")
        }
        #expect(lockers.pairs.count == 3)
        for pair in lockers.pairs { #expect(pair.value.asArray?.first?.asArray?.count == 1) }
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }
}
