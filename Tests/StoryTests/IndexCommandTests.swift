import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Postgres
import TestSupport
import Testing

/// Who owns what, and what is known of it, by commands alone: as ops would ask.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct IndexCommandTests {
    private let release = "LzM5bHuZ2Y8vZrXn4qBZsH"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    private let brand = "vytxeTZskVKR7C7WgdSP3d"

    private func weir(_ world: World, _ command: [String]) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(command + world.arguments + ["--roles", "serve"])
    }

    private func done(_ type: String, _ payload: JSON, key: String, by client: ControlClient) async throws {
        let status = try await client.finished(try await client.enqueue(type, payload, key: key))
        #expect(status["outcome"]?.string == "done", "\(status.text)")
    }

    private func story(_ client: ControlClient) async throws {
        try await done("create_brand", ["brand_id": JSON(brand), "name": "Nova"], key: "b", by: client)
        try await done(
            "create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"], key: "p", by: client)
        try await done(
            "schedule_release",
            [
                "release_id": JSON(release), "pass_id": JSON(pass), "supply": 20, "mint": 0, "price": "1",
                "starts_at": "2026-01-01T00:00:00Z",
            ], key: "r", by: client)
        for round in 0..<3 {
            try await done(
                "airdrop_pass",
                [
                    "release_id": JSON(release),
                    "recipients": .array(
                        (0...round).map { ["drop_id": JSON("row-\(round)-\($0)"), "holder": JSON("guest-\($0)")] }),
                ], key: "airdrop \(round)", by: client)
        }
    }

    @Test func `owners, holders, histories and snapshots, with the block that each holds for`() async throws {
        let world = try await World.start()
        let (process, client) = try await world.daemon()
        try await story(client)
        let holders = try await weir(world, ["holders", pass])
        #expect(holders.status == 0 && holders.output.contains("locker guest-0"), "\(holders)")
        #expect(holders.errors.contains("3 holders of 6 tokens at height"), "\(holders.errors)")
        let many = try await weir(world, ["holders", pass, "--minimum", "3", "--csv"])
        #expect(many.output == "kind,owner,tokens\nlocker,guest-0,3\n", "\(many)")

        let told = try await client.get("/v1/ownership/lockers/guest-0")
        #expect(told["complete"] == true)
        let id = try #require(told["tokens"]?.array?.first?["id"]?.integer())
        let owner = try await weir(world, ["owners", "\(id)", "4"])
        #expect(owner.output.contains("\(id) locker guest-0, since height"), "\(owner)")
        #expect(owner.output.contains("4 nobody (height"), "\(owner)")
        let early = try await weir(world, ["owners", "\(id)", "--at", "0"])
        #expect(early.status == 0 && early.output.contains("\(id) nobody (height 0)"), "\(early)")
        let beyond = try await weir(world, ["owners", "\(id)", "--at", "99999999"])
        #expect(beyond.status == 1 && beyond.errors.contains("the index stands at"), "\(beyond)")
        let history = try await weir(world, ["history", "\(id)"])
        #expect(
            history.status == 0 && history.output.contains("still") && history.output.contains("locker guest-0"),
            "\(history.output) \(history.errors)")
        let held = try await weir(world, ["holdings", "locker:guest-0"])
        #expect(held.status == 0 && held.output.split(separator: "\n").count == 3, "\(held)")
        for wrong in [["owners", "x"], ["owners", "1", "--contract", "Apes"], ["holdings", "0x!"], ["rewind"]] {
            #expect(try await weir(world, wrong).status == 2, "\(wrong)")
        }

        try await withTemporaryDirectory { folder in
            let height = try #require(told["height"]?.integer())
            for name in ["a", "b"] {
                let made = try await weir(world, ["snapshot", pass, "\(folder)/\(name)", "--at", "\(height)"])
                #expect(made.status == 0, "\(made)")
            }
            let lines = try Data(contentsOf: URL(fileURLWithPath: folder + "/a.csv"))
            #expect(lines == (try Data(contentsOf: URL(fileURLWithPath: folder + "/b.csv"))))
            #expect(String(decoding: lines, as: UTF8.self).hasPrefix("kind,owner,tokens\nlocker,guest-0,3\n"))
            let checked = try await WeirProcess.run(["snapshot", "check", "\(folder)/a"])
            #expect(checked.status == 0 && checked.output.contains("3 lines lead to root"), "\(checked)")
            let proof = try await client.get("/v1/snapshots/\(pass)/proofs/locker:guest-1?height=\(height)")
            let file = try JSON(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/a.json"))))
            #expect(proof["root"] == file["root"])
            let path = try #require(proof["path"]?.array).map { Hex.decode($0.string ?? "")! }
            let leaf = MerkleTree.leaf(Array("locker,guest-1,2".utf8))
            #expect(
                MerkleTree.root(leaf: leaf, index: 1, count: 3, path: path).map { Hex.encode($0) }
                    == file["root"]?.string)
            try "kind,owner,tokens\nlocker,guest-0,4\n".write(
                to: URL(fileURLWithPath: folder + "/a.csv"), atomically: true, encoding: .utf8)
            let changed = try await WeirProcess.run(["snapshot", "check", "\(folder)/a"])
            #expect(changed.status == 1 && changed.errors.contains("lead to root"), "\(changed)")
        }

        let rebuilt = try await weir(world, ["rebuild"])
        #expect(rebuilt.status == 0 && rebuilt.output.contains("is done"), "\(rebuilt)")
        #expect(try await weir(world, ["holders", pass]).output == holders.output)
        let jobs = try await weir(world, ["jobs", "list"])
        #expect(jobs.output.contains("done: builds all projections anew"), "\(jobs)")
        let over = try await weir(world, ["jobs", "cancel", "1"])
        #expect(over.status == 1 && over.errors.contains("it can't be cancelled"), "\(over)")
        let nothing = try await weir(world, ["backfill"])
        #expect(nothing.status == 0 && nothing.output.contains("nothing is missing"), "\(nothing)")
        let unknown = try await weir(world, ["backfill", "A.01.X.NFT"])
        #expect(unknown.status == 1 && unknown.errors.contains("is not followed"), "\(unknown)")

        let agreed = try await weir(world, ["reconcile"])
        #expect(agreed.status == 0 && agreed.output.contains("6 of 6 tokens proven"), "\(agreed)")
        let tables = PostgresPool(PostgresConfiguration(connectionString: world.database), logger: .silent)
        defer { tables.close() }
        try await tables.execute(
            "update token_owners set owner = 'guest-9' where token_id = $1",
            [.numeric(UInt64(id))])
        let differs = try await weir(world, ["reconcile"])
        #expect(
            differs.status == 1
                && differs.output.contains("indexed for locker guest-9, on the chain with locker guest-0"), "\(differs)"
        )
        let status = try await weir(world, ["status"])
        #expect(status.output.contains("1 tokens of which the chain says something else"), "\(status)")
        let listed = try await weir(world, ["drift", "list"])
        #expect(
            listed.output.contains("drift 1, open") && listed.output.contains("was to give it to locker guest-0"),
            "\(listed)")
        #expect(try await weir(world, ["drift", "repair", "1"]).status == 2)
        let body: JSON = ["reason": "let me see"]
        let dismissed = try await client.send("POST", "/v1/drift/1/dismiss", body: body.bytes)
        #expect(try JSON(parsing: dismissed.body)["state"] == "dismissed", "\(dismissed.status)")
        #expect(try await weir(world, ["reconcile"]).status == 1)
        let repaired = try await weir(world, ["drift", "repair", "2", "--reason", "seen"])
        #expect(repaired.status == 0 && repaired.output.contains("drift 2 is repaired"), "\(repaired)")
        #expect(try await weir(world, ["reconcile"]).status == 0)
        let audit = try await client.get("/v1/audit")["entries"]?.array ?? []
        #expect(audit.compactMap { $0["action"]?.string }.prefix(2) == ["drift.repair", "drift.dismiss"])
        #expect(try await weir(world, ["audit", "verify"]).status == 0)
        #expect(try await client.get("/v1/drift")["open"] == 0)

        let unsure = try await weir(world, ["rewind", "--to", "3"])
        #expect(unsure.status == 1 && unsure.errors.contains("--yes"), "\(unsure)")
        let rewound = try await weir(world, ["rewind", "--to", "3", "--yes"])
        #expect(rewound.status == 0 && rewound.output.contains("the index stands at height 3"), "\(rewound)")
        let height = told["height"]?.integer() ?? 0
        while (try await client.get("/v1/sync")["height"]?.integer() ?? 0) < height { await Task.yield() }
        #expect(try await weir(world, ["holders", pass]).output == holders.output)
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }

    @Test func `an index that began late is filled in by a command, with or without a daemon`() async throws {
        var world = try await World.start()
        let (whole, client) = try await world.daemon()
        try await story(client)
        let holders = try await weir(world, ["holders", pass]).output
        let height = try await client.get("/v1/sync")["height"]?.integer() ?? 0
        whole.send(signal: SIGTERM)
        #expect(await whole.end().status == 0)

        for here in [true, false] {
            world.database = try await TestPostgres.makeConnectionString()
            var (late, client) = try await world.daemon(options: [
                "--roles", "ingest,serve", "--ingest-start-height", "\(height)",
            ])
            while (try await client.get("/v1/sync")["height"]?.integer() ?? 0) < height { await Task.yield() }
            #expect(try await client.get("/v1/ownership/lockers/guest-0")["tokens"]?.array?.isEmpty == true)
            if here {
                late.send(signal: SIGTERM)
                #expect(await late.end().status == 0)
            }
            let type = "A.\(world.platform.address.hex).NovaPass.NFT"
            let filled = try await weir(world, ["backfill", type, "--from", "0"] + (here ? ["--here"] : []))
            #expect(filled.status == 0 && filled.output.contains("events were filled in"), "\(filled)")
            let now = try await weir(world, ["holders", pass])
            #expect(now.output == holders, "\(now)")
            if here { (late, client) = try await world.daemon(options: ["--roles", "ingest,serve"]) }
            #expect(try await client.get("/v1/ownership/lockers/guest-0")["tokens"]?.array?.count == 3)
            late.send(signal: SIGTERM)
            #expect(await late.end().status == 0)
        }
        await world.stop()
    }

    @Test func `what is not the platform's alone is indexed without it`() async throws {
        let world = try await World.start()
        let other = "A.\(world.platform.address.hex).NovaPass.NFT"
        let (writer, client) = try await world.daemon()
        try await story(client)
        writer.send(signal: SIGTERM)
        #expect(await writer.end().status == 0)

        // Somebody else's contract, as far as this Weir knows: no mint, no locker, no operation of it means anything here.
        var reader = world
        reader.database = try await TestPostgres.makeConnectionString()
        let options = [
            "--roles", "ingest,serve", "--index-platform", "false", "--index-nfts", "[{type: \(other)}]",
        ]
        let (process, port) = try await reader.daemon(options: options)
        let height = Int(world.devnet.node.finalizedHeight.rawValue)
        while (try await port.get("/v1/sync")["height"]?.integer() ?? 0) < height { await Task.yield() }
        let found = try await port.get("/v1/ownership/holders/\(other)?limit=10")
        // In its eyes the contract's own account has them all.
        #expect(found["complete"] == true && found["holders"]?.array?.isEmpty == true, "\(found.text)")
        let treasury = try await port.get("/v1/ownership/wallets/\(world.platform.address.hex)")
        #expect(treasury["tokens"]?.array?.count == 6)
        #expect(treasury["owner"]?["kind"] == "treasury")
        let coverage = try await port.get("/v1/coverage")
        #expect(coverage["tracks"]?.array?.compactMap { $0["track"]?.string } == [other])
        #expect(try await port.get("/v1/ownership/balances/\(world.platform.address.hex)")["balances"]?.array == [])
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)

        let alone = try await WeirProcess.run(
            ["run"] + world.arguments + ["--index-platform", "false"], environment: world.environment)
        #expect(alone.status != 0 && alone.errors.contains("index.platform"), "\(alone)")
        #expect(alone.errors.contains("beside the role submit"), "\(alone)")
        await world.stop()
    }
}
