import Devnet
import Encoding
import Foundation
import Glibc
import PlatformBridge
import Signer
import TestSupport
import Testing

/// A campaign from a file to its export, by commands alone, on real processes.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct CampaignCommandTests {
    private let release = "LzM5bHuZ2Y8vZrXn4qBZsH"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    private let brand = "vytxeTZskVKR7C7WgdSP3d"

    private func weir(_ world: World, _ command: [String]) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(["campaigns"] + command + world.arguments + ["--roles", "serve"])
    }

    @Test func `who can take it gets it, who can't is left out or has a locker, and a file says so`() async throws {
        let world = try await World.start()
        let (process, client) = try await world.daemon()
        for (type, payload) in [
            ("create_brand", ["brand_id": JSON(brand), "name": "Nova"]),
            ("create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"]),
            (
                "schedule_release",
                [
                    "release_id": JSON(release), "pass_id": JSON(pass), "supply": 500, "mint": 0, "price": "1",
                    "starts_at": "2026-01-01T00:00:00Z",
                ]
            ),
        ] as [(String, JSON)] {
            let status = try await client.finished(try await client.enqueue(type, payload, key: type))
            #expect(status["outcome"]?.string == "done", "\(status.text)")
        }
        let signer = InMemorySigner(key: PrivateKey.generate(.ecdsaP256), hashAlgorithm: .sha3_256)
        let isReady = try await world.bootstrap.wallet(signer: signer).address
        let isBare = try await world.bootstrap.makeAccount(signer: signer, flow: 1).address
        try await withTemporaryDirectory { directory in
            let file = directory + "/recipients.csv"
            let guests = (0..<100).map { "guest-\($0),,user-\($0)\n" }.joined()
            try "drop_id,address,holder\nready,\(isReady),\nbare,\(isBare),\nkept,\(isBare),user-x\n\(guests)"
                .write(toFile: file, atomically: true, encoding: .utf8)
            #expect(
                try await weir(
                    world, ["create", "spring", "--pass", release, "--fallback", "locker", "--budget", "50"]
                )
                .status == 0)
            let added = try await weir(world, ["add", "spring", file])
            #expect(added.output.hasPrefix("103 recipients were taken in"), "\(added)")
        }
        let early = try await weir(world, ["start", "spring"])
        #expect(early.status == 1 && early.errors.contains("before it is planned"), "\(early)")
        let plan = try await weir(world, ["plan", "spring"])
        #expect(plan.status == 0 && plan.output.contains("101 are ready, 1 go to lockers, 0 were not asked"), "\(plan)")
        #expect(plan.output.contains("1 left out") && plan.output.contains("transactions on"), "\(plan)")
        #expect(try await weir(world, ["start", "spring"]).status == 0)
        let end = try await weir(world, ["watch", "spring"])
        #expect(end.output.contains("spring: pass \(release), finished"), "\(end)")
        #expect(end.output.contains("102 delivered, 0 failed, 1 left out"), "\(end)")
        let export = try await weir(world, ["export", "spring"])
        var reader = CSV.Reader(Array(export.output.utf8))
        var states: [String: Int] = [:]
        while let record = try reader.next() { states[record[4], default: 0] += 1 }
        #expect(states == ["state": 1, "delivered": 102, "skipped": 1], "\(export)")
        // The chain's own word, as the index has it.
        let kept = try await client.get("/v1/ownership/lockers/user-x")
        #expect(kept["tokens"]?.array?.count == 1)
        let held = try await client.get("/v1/ownership/wallets/\(isReady)")
        #expect(held["tokens"]?.array?.count == 1)
        #expect(try await weir(world, ["show", "winter"]).errors.contains("weir campaigns list"))
        #expect(try await weir(world, ["create", "x y", "--pass", release]).status == 2)
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }
}
