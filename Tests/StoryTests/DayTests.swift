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
import Signer
import Submitter
import TestSupport
import Testing

/// A day of the platform: all five crons, drop tables, purchases, a campaign, a wallet that is linked. The daemon indexes, submits
/// and answers; what goes by the clock is done here, with a clock that is set. In the evening every number is the chain's.
@Suite(.timeLimit(.minutes(3)))
struct DayTests {
    private static let release = "LzM5bHuZ2Y8vZrXn4qBZsH"
    private static let pass = "FbVzVFnAAgWFP9h3kTSt2y"
    private static let brand = "vytxeTZskVKR7C7WgdSP3d"
    private static let collectible = "7kX9mPqR2sTvWxYzA3bCdE"

    /// The platform's side of one day.
    private struct Day {
        let world: World
        let client: ControlClient
        let pool: PostgresPool
        let operations: OperationStore
        let scheduler: Scheduler
        /// A wallet with its collections, and another's that a person will link.
        let shopper: Address
        let linked: Address
        /// When the day begins.
        let midnight = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 / 86_400).rounded(.up) * 86_400)

        @discardableResult
        func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
            let answer = try await client.send(method, path, body: body?.bytes ?? [])
            #expect((200..<300).contains(answer.status), "\(method) \(path): \(answer.text)")
            return answer.body.isEmpty ? .null : try JSON(parsing: answer.body)
        }

        func done(_ type: String, _ payload: JSON) async throws {
            let status = try await client.finished(try await client.enqueue(type, payload, key: type))
            #expect(status["outcome"]?.string == "done", "\(status.text)")
        }

        /// Until nothing that was asked is unfinished.
        func settle() async throws {
            while try await count("select count(*) as n from operations where state <> 'finished'") > 0 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        func count(_ sql: String) async throws -> Int64 { try await pool.query(sql).one().decode(Int64.self, "n") }

        /// The next token that is for sale.
        func onSale() async throws -> String {
            try await pool.query(
                "select token_id::text as id from listings where ended is null order by token_id limit 1"
            )
            .one().decode("id")
        }
    }

    @Test func `a day is told by the clock, and in the evening every number is the chain's`() async throws {
        let world = try await World.start()
        let (process, client) = try await world.daemon(options: ["--roles", "ingest,submit,serve"])
        let pool = PostgresPool(
            PostgresConfiguration(connectionString: world.database, applicationName: "day", schema: "weir"))
        let operations = OperationStore(pool: pool, logger: .silent)
        let planner = OperationPlanner(chain: .emulator)
        let signer = InMemorySigner(key: PrivateKey.generate(.ecdsaP256), hashAlgorithm: .sha3_256)
        let day = Day(
            world: world, client: client, pool: pool, operations: operations,
            scheduler: Scheduler(pool: pool, operations: operations, planner: planner, logger: .silent),
            shopper: try await world.bootstrap.wallet(signer: signer).address,
            linked: try await world.bootstrap.wallet(signer: signer).address)
        let sweeper = Sweeper(
            pool: pool, operations: operations, planner: planner, account: world.platform.address, logger: .silent)
        let campaigns = CampaignRunner(
            pool: pool, operations: operations,
            readiness: try RecipientReadiness(
                api: GRPCAccessClient(target: "127.0.0.1:\(world.port)"),
                contractAddresses: FlowJSON.project.addresses(network: "emulator")), logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sweeper.service().run() }
            group.addTask { try await campaigns.service().run() }
            defer { group.cancelAll() }
            try await Self.morning(day)
            try await Self.hours(day)
            try await Self.evening(day)
        }
        pool.close()
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }

    /// What there is to sell and to give, and all five crons on.
    private static func morning(_ day: Day) async throws {
        try await day.done("create_brand", ["brand_id": JSON(brand), "name": "Nova"])
        try await day.done("create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"])
        try await day.done(
            "schedule_release",
            [
                "release_id": JSON(release), "pass_id": JSON(pass), "supply": 50, "mint": 5, "price": "1",
                "starts_at": "2026-01-01T00:00:00Z",
            ])
        try await day.done(
            "create_collectible",
            [
                "collectible_id": JSON(collectible), "pass_id": JSON(pass), "brand_id": JSON(brand), "activation": "a",
                "name": "Thing",
            ])
        for cron in ["settle_purchase", "airdrop_pass", "airdrop_collectible", "remove_listing", "signup_reminder"] {
            try await day.call("POST", "/v1/schedules/\(cron)/on")
        }
        // The clock is set to midnight.
        try await day.pool.execute(
            """
            update schedules set next_run_at = $1::timestamptz
                + case name when 'signup_reminder' then interval '12 hours' else interval '2 minutes' end where is_on
            """, [.timestamptz(day.midnight)])
    }

    /// Every two hours something has happened, and the clock strikes.
    private static func hours(_ day: Day) async throws {
        for hour in stride(from: 2, through: 24, by: 2) {
            try await happen(hour, day)
            try await day.scheduler.runDue(at: day.midnight.addingTimeInterval(Double(hour) * 3600))
            try await day.settle()
        }
        while try await day.call("GET", "/v1/campaigns/noon")["state"] != "finished" {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await day.settle()
    }

    private static func row(_ drop: String, _ holder: String) -> JSON {
        .object([.init("drop_id", .string(drop)), .init("holder", .string(holder))])
    }

    private static func happen(_ hour: Int, _ day: Day) async throws {
        switch hour {
        case 2:
            var rows = (1...4).map { row("pass-\($0)", "guest-\($0)") }
            rows.append(["drop_id": "pass-5", "address": JSON(day.shopper.hex)])
            rows.append(row("pass-6", "linker"))
            try await day.call("PUT", "/v1/drop-tables/\(release)", ["kind": "pass", "rows": .array(rows)])
        case 4:
            try await day.call(
                "PUT", "/v1/purchases/paid",
                ["token_id": JSON(try await day.onSale()), "price": "1.0", "holder": "buyer", "paid": true])
        case 6:
            try await day.call(
                "PUT", "/v1/purchases/forgotten",
                ["token_id": JSON(try await day.onSale()), "price": "1.0", "holder": "nobody"])
            // Five minutes pass.
            try await day.pool.execute("update purchases set locked_until = now() where purchase_id = 'forgotten'")
        case 8:
            var rows = (1...3).map { row("thing-\($0)", "guest-\($0)") }
            rows.append(row("thing-4", "linker"))
            try await day.call("PUT", "/v1/drop-tables/\(collectible)", ["kind": "collectible", "rows": .array(rows)])
        case 10:
            let long = RFC3339.format(Date().addingTimeInterval(-4 * 86_400))
            try await day.call("PUT", "/v1/claimants/guest-1", ["claimed_at": JSON(long)])
        case 12:
            let links = WalletLinks(pool: day.pool, operations: day.operations)
            let nonce = try await links.issueNonce(to: "linker", tenant: "default").nonce
            #expect(
                try await links.link(
                    day.linked, to: "linker", provenAt: 1, by: nonce, tenant: "default", actor: "test"))
        case 14:
            try await day.call(
                "PUT", "/v1/campaigns/noon", ["kind": "pass", "subject_id": JSON(release), "fallback": "locker"])
            var rows = (1...7).map { row("noon-\($0)", "fan-\($0)") }
            rows.append(["drop_id": "noon-8", "address": JSON(day.shopper.hex)])
            try await day.call("POST", "/v1/campaigns/noon/recipients", ["recipients": .array(rows)])
            try await day.call("POST", "/v1/campaigns/noon/plan")
            while try await day.call("GET", "/v1/campaigns/noon")["state"] != "planned" {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await day.call("POST", "/v1/campaigns/noon/start")
        default: break
        }
    }

    private static func evening(_ day: Day) async throws {
        // The clock struck: four crons twelve times, one at noon; each run is an operation.
        let runs = try await day.pool.query(
            "select name, count(*) as n from schedule_runs where operation_id is not null group by name"
        ).map { (try $0.decode(String.self, "name"), try $0.decode(Int64.self, "n")) }
        let wanted: [String: Int64] = [
            "settle_purchase": 12, "airdrop_pass": 12, "airdrop_collectible": 12, "remove_listing": 12,
            "signup_reminder": 1,
        ]
        let struck: [String: Int64] = Dictionary(uniqueKeysWithValues: runs)
        #expect(struck == wanted)
        #expect(try await day.count("select count(*) as n from outbox where topic = 'signup.reminder'") == 1)
        #expect(try await day.count("select count(*) as n from operation_items where state <> 'done'") == 0)
        #expect(try await day.call("GET", "/v1/purchases/paid")["state"] == "settled")
        #expect(try await day.call("GET", "/v1/purchases/forgotten")["state"] == "released")
        let campaign = try await day.call("GET", "/v1/campaigns/noon")
        let delivered = campaign["recipients"]?["delivered"]?.integer(Int.self)
        #expect(delivered == 8, "\(campaign.text)")
        for (table, count) in [(release, 6 + 8), (collectible, 4)] {
            let rows = try await day.call("GET", "/v1/drop-tables/\(table)")["rows"]?.array ?? []
            #expect(rows.count { $0["status"] == 3 } == count, "\(table)")
        }

        // What was done has its operation's event on the chain, in the transaction that is named; and nothing has it twice.
        #expect(
            try await day.count(
                """
                select count(*) as n from operation_items i where i.height is not null and not exists (
                    select from operation_events e where e.operation = i.operation_id and e.transaction_id = i.transaction_id)
                """) == 0)
        #expect(
            try await day.count(
                """
                select count(*) as n from (select from operation_events
                    group by operation, kind, item, token_id, serial having count(*) > 1) twice
                """) == 0)

        // The chain's own scripts, token by token and listing by listing.
        let agreed = try await WeirProcess.run(["reconcile"] + day.world.arguments + ["--roles", "serve"])
        let tokens = try await day.count("select count(*) as n from tokens where destroyed_height is null")
        #expect(agreed.status == 0 && agreed.output.contains("\(tokens) of \(tokens) tokens proven"), "\(agreed)")
        // Five minted to sell; six, eight and four given.
        #expect(tokens == 23)
        #expect(try await day.count("select count(*) as n from release_tokens") == 19)
        let places: [(String, Int)] = [
            ("wallets/\(day.shopper.hex)", 2), ("wallets/\(day.linked.hex)", 2), ("lockers/linker", 0),
            ("lockers/buyer", 1), ("lockers/guest-1", 2), ("lockers/fan-7", 1),
        ]
        for (place, passes) in places {
            let held = try await day.call("GET", "/v1/ownership/\(place)")["tokens"]?.array?.count
            #expect(held == passes, "\(place)")
        }
        let summary = try await day.call("GET", "/v1/summary")
        let done = try await day.count("select count(*) as n from operation_items where state = 'done'")
        #expect(summary["items_done"]?.integer(Int64.self) == done)
        #expect(summary["open_drifts"] == 0 && summary["failures"]?.array?.isEmpty == true)
    }
}
