import Cadence
import Daemon
import Encoding
import FoundationEssentials
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

/// What scheduled operations find to do, on what the platform told ahead and what the index says.
@Suite struct SweeperTests {
    static let account = Address(rawValue: 0xf8d6_e058_6b0a_20c7)
    static let collectible = "7kX9mPqR2sTvWxYzA3bCdE"
    static let release = "8kX9mPqR2sTvWxYzA3bCdF"
    static let wallet = "0x179b6b1cb6755e31"

    static func sweeper(_ door: Door) -> Sweeper {
        Sweeper(
            pool: door.pool, operations: door.operations, planner: door.planner, account: account, logger: .silent)
    }

    /// Enqueued, and given its items.
    static func sweep(_ door: Door, _ type: String, _ payload: JSON = .object([]), key: String = "1") async throws
        -> JSON
    {
        let taken = try await door.send(
            "POST", "/v1/operations", ["type": JSON(type), "payload": payload, "idempotency_key": JSON(key)])
        #expect(taken.status == 202, "\(taken.detail)")
        while try await sweeper(door).expandOne() {}
        let id = try #require(taken.json["id"]?.string)
        return try await door.send("GET", "/v1/operations/\(id)").json
    }

    static func messages(_ door: Door, _ topic: String) async throws -> [JSON] {
        try await door.pool.query(
            "select body::text as body from outbox where topic like $1 order by id", [.text(topic)]
        )
        .map { try JSON(parsing: Array(try $0.decode(String.self, "body").utf8)) }
    }

    @Test func `rows whose time has come are dropped, each by one operation`() async throws {
        try await Door.with { door in
            let told = try await door.send(
                "PUT", "/v1/drop-tables/\(Self.collectible)",
                [
                    "kind": "collectible",
                    "rows": [
                        ["drop_id": "a", "address": JSON(Self.wallet)], ["drop_id": "b", "holder": "user-2"],
                        ["drop_id": "c", "holder": "user-3", "at": "2100-01-01T00:00:00Z"],
                    ],
                ])
            #expect(told.json == ["rows": 3, "taken": 3, "picked_before": 0])
            let operation = try await Self.sweep(door, "airdrop_collectible")
            #expect(operation["items"]?["total"] == 2 && operation["state"] == "queued")
            // A second run finds nothing, and is done.
            let second = try await Self.sweep(door, "airdrop_collectible", key: "2")
            #expect(second["outcome"] == "done" && second["items"]?["total"] == 0)
            let rows = try await door.send("GET", "/v1/drop-tables/\(Self.collectible)")
            #expect(rows.json["rows"]?.array?.compactMap { $0["status"]?.integer(Int.self) } == [1, 1, 0])
            // What is picked is not changed by telling it again.
            let again = try await door.send(
                "PUT", "/v1/drop-tables/\(Self.collectible)",
                ["kind": "collectible", "rows": [["drop_id": "a", "holder": "somebody-else"]]])
            #expect(again.json["picked_before"] == 1)
            try await door.pool.execute(
                "update operation_items set state = case item_key when 'a' then 'done' else 'failed' end, reason = 'full'"
            )
            let after = try await door.send("GET", "/v1/drop-tables/\(Self.collectible)")
            #expect(after.json["rows"]?.array?.compactMap { $0["status"]?.integer(Int.self) } == [3, 4, 0])
        }
    }

    @Test func `two sweeps at once pick no row twice`() async throws {
        try await Door.with { door in
            let rows = (0..<500).map { JSON(stringLiteral: "d\($0)") }
            _ = try await door.send(
                "PUT", "/v1/drop-tables/\(Self.release)",
                ["kind": "pass", "rows": .array(rows.map { ["drop_id": $0, "holder": "u"] })])
            for key in 0..<6 {
                _ = try await door.send(
                    "POST", "/v1/operations",
                    ["type": "airdrop_pass", "payload": ["limit": 150], "idempotency_key": JSON("k\(key)")])
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { while try await Self.sweeper(door).expandOne() {} } }
                try await group.waitForAll()
            }
            let counts = try await door.pool.query(
                "select count(*) as items, count(distinct item_key) as keys from operation_items"
            ).one()
            #expect(try counts.decode(Int.self, "items") == 500 && counts.decode(Int.self, "keys") == 500)
        }
    }

    @Test func `somebody who claimed three days ago is reminded, once`() async throws {
        try await Door.with { door in
            let now = Date()
            func told(_ person: String, daysAgo: Double, signedUp: Bool = false) async throws {
                var body: [JSON.Member] = [
                    .init("claimed_at", JSON(RFC3339.format(now.addingTimeInterval(-daysAgo * 86_400))))
                ]
                if signedUp { body.append(.init("signed_up_at", JSON(RFC3339.format(now)))) }
                let answer = try await door.send("PUT", "/v1/claimants/\(person)", .object(body))
                #expect(answer.status == 204, "\(answer.detail)")
            }
            try await told("late", daysAgo: 3.1)
            try await told("early", daysAgo: 2.9)
            try await told("member", daysAgo: 5, signedUp: true)
            for key in ["1", "2"] {
                let operation = try await Self.sweep(door, "signup_reminder", key: key)
                #expect(operation["outcome"] == "done")
            }
            #expect(try await Self.messages(door, "signup.reminder").compactMap { $0["person"]?.string } == ["late"])
        }
    }

    @Test func `purchases are settled by the chain's own word, and otherwise say what differs`() async throws {
        try await Door.with { door in
            // Three sales in block 7; the fourth transaction failed, the fifth bought nothing, the sixth is not there.
            try await Self.index(door)
            func told(_ id: String, _ token: Int, price: String = "10.0", seller: String? = nil, tx: Int) async throws {
                var body: [JSON.Member] = [
                    .init("token_id", JSON(token)), .init("price", JSON(price)), .init("buyer", JSON(Self.wallet)),
                    .init("transaction_id", JSON(String(repeating: "0\(tx)", count: 32))),
                ]
                if let seller { body.append(.init("seller", JSON(seller))) }
                let answer = try await door.send("PUT", "/v1/purchases/\(id)", .object(body))
                #expect(answer.status == 200, "\(answer.detail)")
            }
            try await told("good", 1, seller: Self.account.hex, tx: 1)
            try await told("cheap", 2, price: "9.0", tx: 2)
            try await told("stolen", 3, tx: 3)
            try await told("broken", 4, tx: 4)
            try await told("other", 5, tx: 5)
            try await told("missing", 6, tx: 6)
            let operation = try await Self.sweep(door, "settle_purchase")
            #expect(operation["outcome"] == "done")
            func state(_ id: String) async throws -> String {
                let purchase = try await door.send("GET", "/v1/purchases/\(id)").json
                return "\(purchase["state"]?.string ?? "") \(purchase["reason"]?.string ?? "")"
            }
            #expect(try await state("good") == "settled ")
            #expect(try await state("cheap").hasPrefix("failed price: 10.00000000 was paid, not 9.0"))
            #expect(try await state("stolen") == "failed buyer: the token went to 0x01cf0e2f2f715450")
            #expect(try await state("broken") == "failed its transaction failed: panic")
            #expect(try await state("other").hasPrefix("failed its transaction did not buy token 5"))
            #expect(try await state("missing") == "pending ")
            #expect(try await Self.messages(door, "purchase.%").count == 5)
            // The chain's clock passes the lock: it never came.
            try await door.pool.execute(
                "update purchases set locked_until = '2026-01-01T00:00:00Z' where state = 'pending'")
            _ = try await Self.sweep(door, "settle_purchase", key: "2")
            #expect(try await state("missing") == "released its transaction was not on the chain while it was locked")
            // What is decided is not told anew.
            let late = try await door.send(
                "PUT", "/v1/purchases/good", ["token_id": 1, "price": "1.0", "buyer": JSON(Self.wallet)])
            #expect(late.status == 409)
        }
    }

    @Test func `what is paid off chain is delivered, and a lock that nobody pays for ends`() async throws {
        try await Door.with { door in
            let body: JSON = ["token_id": 11, "price": "5.0", "holder": "user-1"]
            #expect(try await door.send("PUT", "/v1/purchases/p1", body).status == 200)
            // One buyer at a time.
            let rival = try await door.send("PUT", "/v1/purchases/p2", body)
            #expect(rival.status == 409 && rival.detail.contains("sold to somebody else"))
            _ = try await Self.sweep(door, "settle_purchase")
            #expect(try await door.send("GET", "/v1/purchases/p1").json["state"] == "pending")
            _ = try await door.send(
                "PUT", "/v1/purchases/p1", ["token_id": 11, "price": "5.0", "holder": "user-1", "paid": true])
            let operation = try await Self.sweep(door, "settle_purchase", key: "2")
            #expect(operation["items"]?["total"] == 1)
            #expect(try await door.send("GET", "/v1/purchases/p1").json["state"] == "delivering")
            try await door.pool.execute("update operation_items set state = 'done', height = 9")
            try await Self.sweeper(door).settleDelivered()
            let settled = try await door.send("GET", "/v1/purchases/p1").json
            #expect(settled["state"] == "settled" && settled["settled_height"] == 9)

            #expect(
                try await door.send("PUT", "/v1/purchases/p3", ["token_id": 12, "price": "5.0", "holder": "u"]).status
                    == 200)
            try await door.pool.execute(
                "update purchases set locked_until = now() - interval '1 second' where state = 'pending'")
            _ = try await Self.sweep(door, "settle_purchase", key: "3")
            #expect(try await door.send("GET", "/v1/purchases/p3").json["state"] == "released")
        }
    }

    @Test func `expired, sold and ghost listings are found, two at a time, and not asked for again at once`()
        async throws
    {
        try await Door.with { door in
            try await Self.index(door)
            let statements = """
                insert into listings (id, storefront, token_type, token_id, price, payment_type, expires_at, from_height,
                    from_transaction_index, from_event_index)
                select n, case n when 104 then '01cf0e2f2f715450' else 'f8d6e0586b0a20c7' end, 'A.f8d6e0586b0a20c7.NovaPass.NFT',
                    n, 1, 'A.0ae53cb6e3f42a79.FlowToken.Vault', case n when 101 then now() - interval '1 day' else '2100-01-01' end, 7, 0, n
                from generate_series(101, 104) n;
                insert into tokens (token_type, token_id, minted_height) select 'A.f8d6e0586b0a20c7.NovaPass.NFT', n, 1
                from generate_series(101, 104) n;
                insert into token_owners (token_type, token_id, owner_kind, owner, from_height, from_transaction_index,
                    from_event_index)
                select 'A.f8d6e0586b0a20c7.NovaPass.NFT', n, case n when 102 then 'wallet' else 'treasury' end, 'x', 1, 0, n
                from generate_series(101, 104) n;
                """
            for statement in statements.split(separator: ";") { try await door.pool.execute(String(statement)) }
            func found(_ key: String, _ payload: JSON) async throws -> [String] {
                let operation = try await Self.sweep(door, "remove_listing", payload, key: key)
                let id = operation["id"]?.string ?? ""
                let items = try await door.send("GET", "/v1/operations/\(id)/items")
                return items.json["items"]?.array?.compactMap { $0["key"]?.string }.sorted() ?? []
            }
            // 101 is expired, 102 a ghost, 201 to 203 were sold; 103 is in order and 104 somebody else's.
            let first = try await found("1", .object([]))
            #expect(first.count == 2)
            let rest = try await found("2", ["limit": 10])
            #expect((first + rest).sorted() == ["101", "102", "201", "202", "203"])
            #expect(try await found("3", ["limit": 10]) == [])
        }
    }

    @Test func `what can't be looked up is failed, not done`() async throws {
        try await Door.with { door in
            _ = try await door.send(
                "POST", "/v1/operations", ["type": "remove_listing", "payload": [:], "idempotency_key": "1"])
            let sweeper = Sweeper(
                pool: door.pool, operations: door.operations, planner: door.planner, account: nil, logger: .silent)
            #expect(try await sweeper.expandOne())
            let operation = try await door.send("GET", "/v1/operations").json["operations"]?.array?.first
            #expect(
                operation?["outcome"] == "failed" && operation?["reason"]?.string?.contains("account.address") == true)
        }
    }

    /// Block 7 with sales of tokens 1 to 3, a transaction that failed and one that bought nothing.
    static func index(_ door: Door) async throws {
        let statements = """
            insert into ingest_cursors (name, chain_id, start_height, height, block_id, block_produced_at)
            values ('chain', 'flow-emulator', 0, 7, decode(repeat('07', 32), 'hex'), '2026-06-01T00:00:00Z');
            insert into blocks (height, id, parent_id, produced_at)
            values (7, decode(repeat('07', 32), 'hex'), decode(repeat('06', 32), 'hex'), '2026-06-01T00:00:00Z');
            insert into transactions (height, transaction_index, id, status_code, error_message, is_system, event_count)
            select 7, n, decode(repeat('0' || n, 32), 'hex'), case n when 4 then 1 else 0 end,
                case n when 4 then 'panic' end, false, 1 from generate_series(1, 5) n;
            insert into listings (id, storefront, token_type, token_id, price, payment_type, expires_at, from_height,
                from_transaction_index, from_event_index, to_height, to_transaction_index, to_event_index, ended)
            select 200 + n, 'f8d6e0586b0a20c7', 'A.f8d6e0586b0a20c7.NovaPass.NFT', n, 10, 'A.0ae53cb6e3f42a79.FlowToken.Vault',
                '2100-01-01', 3, 0, n, 7, n, 0, 'purchased' from generate_series(1, 3) n;
            insert into token_owners (token_type, token_id, owner_kind, owner, from_height, from_transaction_index,
                from_event_index)
            select 'A.f8d6e0586b0a20c7.NovaPass.NFT', n, 'wallet',
                case n when 3 then '01cf0e2f2f715450' else '179b6b1cb6755e31' end, 7, n, 1 from generate_series(1, 3) n;
            """
        for statement in statements.split(separator: ";") { try await door.pool.execute(String(statement)) }
    }
}
