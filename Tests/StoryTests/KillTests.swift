import Cadence
import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Testing

/// The daemon is killed for real at each step of a submission, started again, and the chain and the tables are counted.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct KillTests {
    /// The raw values of Submitter's CrashPoint: the same words that operators may use.
    static let steps = [
        "after_lease", "after_sign_before_commit", "after_commit_before_send", "after_send_before_reply",
        "after_executed_before_sealed", "after_sealed_before_finished",
    ]

    private let brand = "vytxeTZskVKR7C7WgdSP3d"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    private let release = "LzM5bHuZ2Y8vZrXn4qBZsH"

    @Test(arguments: steps)
    func `killed at any step, nothing is lost and nothing is done twice`(step: String) async throws {
        let world = try await World.start()
        let first = try await world.daemon()
        for (type, payload): (String, JSON) in [
            ("create_brand", ["brand_id": JSON(brand), "name": "Nova"]),
            ("create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"]),
            (
                "schedule_release",
                [
                    "release_id": JSON(release), "pass_id": JSON(pass), "supply": 1000, "mint": 0, "price": "1",
                    "starts_at": "2026-01-01T00:00:00Z",
                ]
            ),
        ] {
            let id = try await first.client.enqueue(type, payload, key: type)
            #expect(try await first.client.finished(id)["outcome"]?.string == "done")
        }
        first.process.send(signal: SIGTERM)
        #expect(await first.process.end().status == 0)

        let doomed = try await world.daemon(crashAt: step)
        let holders = (0..<300).map { "guest-\($0)" }
        let rows = JSON.array(holders.map { ["drop_id": JSON("row-\($0)"), "holder": JSON($0)] })
        let id = try await doomed.client.enqueue(
            "airdrop_pass", ["release_id": JSON(release), "recipients": rows], key: "airdrop")
        let killed = await doomed.process.end()
        #expect(killed.signal == SIGKILL, "the daemon was to die at \(step): \(killed.errors.suffix(500))")

        let second = try await world.daemon()
        let status = try await second.client.finished(id)
        #expect(status["outcome"]?.string == "done", "\(status.text)")
        #expect(status["items"]?["done"]?.integer() == holders.count)

        // Asking again is asking once.
        let again = try await second.client.enqueue(
            "airdrop_pass", ["release_id": JSON(release), "recipients": rows], key: "airdrop")
        #expect(again == id)

        // The chain's own word: one token each, and as many minted as there are rows.
        let asked = CadenceValue.array(CadenceArray(holders.map { .string($0) }))
        guard case .dictionary(let lockers) = try await world.bootstrap.client.script("lockers", [asked]) else {
            throw World.Failure("lockers.cdc answered with something else")
        }
        var tokens: [UInt64] = []
        for pair in lockers.pairs {
            let held = pair.value.asArray?.first?.asArray?.compactMap(\.asUInt64) ?? []
            #expect(held.count == 1, "\(pair.key) holds \(held)")
            tokens += held
        }
        #expect(Set(tokens).count == holders.count)

        // And the index's.
        let indexed = try await second.client.get("/v1/ownership/holders/\(pass)?limit=10000")
        let owned = indexed["holders"]?.array?.flatMap { $0["tokens"]?.array ?? [] }.compactMap {
            $0.integer(UInt64.self)
        }
        #expect(Set(owned ?? []) == Set(tokens))
        #expect(owned?.count == tokens.count)

        second.process.send(signal: SIGTERM)
        #expect(await second.process.end().status == 0)
        await world.stop()
    }
}
