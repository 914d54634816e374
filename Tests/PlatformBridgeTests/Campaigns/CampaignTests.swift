import Cadence
import Daemon
import Encoding
import FlowClient
import Foundation
import HTTP
import PlatformBridge
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Submitter

/// Campaigns on real tables; the chain is a node that knows which accounts are set up.
@Suite struct CampaignTests {
    static let collectible = "7kX9mPqR2sTvWxYzA3bCdE"
    static let ready = "0x179b6b1cb6755e31"
    static let bare = "0xf3fcd2c1a78f5eee"
    static let addresses = FlowJSON.project.addresses(network: "emulator")

    /// Answers holdings.cdc: nil for accounts that are not set up.
    final class ReadinessNode: PartialAccessAPI {
        let set: Set<Address>
        /// Scripts of more accounts than this are too much; scripts fail while it is negative.
        let most: Mutex<Int>
        let asked = Mutex<[Int]>([])

        init(_ set: [String], most: Int = 100) {
            self.set = Set(set.compactMap { Address($0) })
            self.most = Mutex(most)
        }

        func blockHeader(_ block: BlockReference) async throws -> Reply<BlockHeader> {
            var header = BlockHeader()
            header.height = 70
            return Reply(header)
        }

        func executeScript(
            _ script: [UInt8], arguments: [[UInt8]], at block: BlockReference
        ) async throws -> Reply<[UInt8]> {
            #expect(block == .height(70) && String(decoding: script, as: UTF8.self).contains("NovaPass.Collection"))
            guard case .array(let accounts) = try JSONCDC.decode(arguments[0]) else {
                throw AccessError(.invalidArgument, "no")
            }
            let limit = most.withLock { $0 }
            if limit < 0 { throw AccessError(.unavailable, "gone") }
            asked.withLock { $0.append(accounts.elements.count) }
            guard accounts.elements.count <= limit else {
                throw AccessError(.invalidArgument, "[Error Code: 1110] computation exceeds limit (100000)")
            }
            let answers = accounts.elements.map { value -> String in
                guard case .address(let address) = value else { return "" }
                let held = set.contains(address) ? "{\"type\":\"Array\",\"value\":[]}" : "null"
                let optional = "{\"type\":\"Optional\",\"value\":\(held)}"
                return """
                    {"type":"Struct","value":{"id":"s.00.Holdings","fields":[
                    {"name":"address","value":{"type":"Address","value":"0x\(address.hex)"}},
                    {"name":"passes","value":\(optional)},{"name":"collectibles","value":\(optional)}]}}
                    """
            }
            return Reply(Array("{\"type\":\"Array\",\"value\":[\(answers.joined(separator: ","))]}".utf8))
        }
    }

    struct Stage: Sendable {
        let door: Door
        let runner: CampaignRunner
        let sweeper: Sweeper

        init(_ door: Door, _ node: ReadinessNode, sizes: CampaignRunner.Sizes = .init()) throws {
            self.door = door
            runner = CampaignRunner(
                pool: door.pool, operations: door.operations,
                readiness: try RecipientReadiness(api: node, contractAddresses: CampaignTests.addresses), sizes: sizes,
                logger: .silent)
            sweeper = SweeperTests.sweeper(door)
        }

        /// Until nothing more happens by itself.
        func settle() async throws {
            var rounds = 0
            while rounds < 200 {
                let pause = try await runner.carryOn()
                var isBusy = pause == .zero
                while try await sweeper.expandOne() { isBusy = true }
                if !isBusy { return }
                rounds += 1
            }
            Issue.record("it never comes to rest")
        }

        func show(_ name: String = "spring") async throws -> JSON {
            try await door.send("GET", "/v1/campaigns/\(name)").json
        }

        func call(_ verb: String, _ body: JSON? = nil) async throws -> Door.Answer {
            try await door.send("POST", "/v1/campaigns/spring/\(verb)", body)
        }

        func make(_ count: Int, _ terms: [JSON.Member] = []) async throws {
            let made = try await door.send(
                "PUT", "/v1/campaigns/spring",
                .object(
                    [.init("kind", "collectible"), .init("subject_id", JSON(CampaignTests.collectible))] + terms))
            #expect(made.status == 201, "\(made.detail)")
            let lines = (0..<count).map { "{\"drop_id\":\"d\(10_000 + $0)\",\"holder\":\"u\($0)\"}" }
            let told = try await door.send(lines: lines.joined(separator: "\n"), to: "/v1/campaigns/spring/recipients")
            #expect(told.json["taken"]?.integer(Int.self) == count, "\(told.detail)")
        }

        /// What the chain says of items that are queued.
        func end(_ state: String, limit: Int = 1_000_000) async throws {
            try await door.pool.withTransaction { connection in
                let items = try await connection.query(
                    "select operation_id, ordinal from operation_items where state = 'queued' order by 1, 2 limit $1",
                    [.int8(Int64(limit))]
                ).map { row in
                    ItemReference(
                        OperationID(rawValue: try row.decode(String.self, "operation_id"))!,
                        try row.decode(Int.self, "ordinal"))
                }
                try await ItemOutcomes.finish(
                    items.map {
                        ItemResult(
                            reference: $0, state: .init(rawValue: state)!, reason: state == "done" ? nil : "full")
                    }, on: connection)
            }
        }
    }

    static func with(
        _ node: ReadinessNode = ReadinessNode([]), sizes: CampaignRunner.Sizes = .init(),
        _ body: (Stage) async throws -> Void
    ) async throws {
        try await Door.with { try await body(Stage($0, node, sizes: sizes)) }
    }

    private func count(_ json: JSON, _ name: String) -> Int? { json["recipients"]?[name]?.integer(Int.self) }

    @Test func `the plan says who is not ready, and what becomes of each by the fallback`() async throws {
        for (fallback, states) in [
            ("skip", ["skip", "skip", "ready", "ready"]), ("locker", ["skip", "locker", "ready", "ready"]),
        ] {
            try await Self.with(ReadinessNode([Self.ready])) { stage in
                try await stage.make(0 + 1, [.init("fallback", JSON(fallback))])
                let csv = "drop_id,address,holder\na,\(Self.bare),\nb,\(Self.bare),user-b\nc,\(Self.ready),user-c\n"
                let told = try await stage.door.handler(
                    HTTPServerRequest(
                        method: "POST", target: "/v1/campaigns/spring/recipients",
                        headers: ["Content-Type": "text/csv"], body: Array(csv.utf8)))
                #expect(told.status == 200)
                #expect(try await stage.call("start").status == 409)
                #expect(try await stage.call("plan").json["state"] == "planning")
                try await stage.settle()
                let plan = try await stage.show()
                #expect(plan["state"] == "planned" && plan["plan"]?["asked_at_height"] == 70, "\(plan.text)")
                #expect(plan["plan"]?["not_asked"] == 0 && plan["left"]?["transactions"]?.integer(Int.self) ?? 0 > 0)
                let rows = try await stage.door.send("GET", "/v1/campaigns/spring/recipients").json["recipients"]?.array
                #expect(rows?.compactMap { $0["readiness"]?.string } == states)
                for row in rows ?? [] where row["readiness"] != "ready" {
                    #expect(row["reason"]?.string?.contains("no collection") == true)
                }
                _ = try await stage.call("start")
                try await stage.settle()
                // Whom the policy leaves out is not given to the contract's own fallback either.
                let sent = try await stage.door.pool.query(
                    "select item_key, arguments::text as a from operation_items order by item_key"
                ).map { (try $0.decode(String.self, "item_key"), try $0.decode(String.self, "a")) }
                #expect(sent.map(\.0) == (fallback == "skip" ? ["c", "d10000"] : ["b", "c", "d10000"]))
                #expect(sent.contains { $0.0 == "c" && $0.1.contains("user-c") } == (fallback == "locker"))
            }
        }
    }

    @Test func `bad files change nothing, and every fault is named with its line`() async throws {
        try await Self.with { stage in
            try await stage.make(1)
            for (type, body, field, rule) in [
                ("text/csv", "drop_id,holder\na,u\na,v\n", "line 3.drop_id", "comes twice"),
                ("text/csv", "drop_id,holder\na,u,w\n", "line 2", "has 3 fields"),
                ("text/csv", "id,holder\na,u\n", "line 1", "must be a header"),
                ("text/csv", "drop_id,address\na,0x01cf0e2f2f715451\n", "line 2.address", "is not an address"),
                ("text/csv", "drop_id,address,holder\na,,\n", "line 2.address", "or holder is required"),
                ("text/csv", "drop_id,holder\na,\"u\n", "line 2", "not closed"),
                ("text/csv", "drop_id,holder\n", "recipients", "at least one"),
                ("text/csv", "", "line 1", "must be a header"),
                ("application/x-ndjson", "{\"drop_id\":\"a\",\"holder\":\"u\"}\n{", "line 2", "is not JSON"),
                ("application/x-ndjson", "{\"drop_id\":\"a b\",\"holder\":\"u\"}", "line 1.drop_id", "without spaces"),
                ("application/json", "{\"recipients\":[{\"drop_id\":\"a\"}]}", "recipients[0].address", "required"),
                ("application/json", "{\"recipients\":[]}", "recipients", "1 to 100000"),
                ("application/json", "{\"rows\":[]}", "recipients", "required"),
            ] {
                do {
                    _ = try await stage.door.handler(
                        HTTPServerRequest(
                            method: "POST", target: "/v1/campaigns/spring/recipients",
                            headers: ["Content-Type": type], body: Array(body.utf8)))
                    Issue.record("\(body) was taken")
                } catch let problem as ProblemDocument {
                    let first = problem.json["violations"]?.array?.first
                    #expect(problem.status == 422 && first?["field"]?.string == field, "\(body): \(problem.json.text)")
                    #expect(first?["rule"]?.string?.contains(rule) == true, "\(body): \(problem.json.text)")
                }
            }
            #expect(count(try await stage.show(), "total") == 1)
            // A row of a drop table is nobody else's.
            _ = try await stage.door.send(
                "PUT", "/v1/drop-tables/\(Self.collectible)",
                ["kind": "collectible", "rows": [["drop_id": "z", "holder": "u"]]])
            let other = try await stage.call("recipients", ["recipients": [["drop_id": "z", "holder": "v"]]])
            #expect(other.status == 422 && other.detail.contains("another campaign or of a drop table"))
            let back = try await stage.door.send(
                "PUT", "/v1/drop-tables/\(Self.collectible)",
                ["kind": "collectible", "rows": [["drop_id": "d10000", "holder": "thief"]]])
            #expect(back.json["taken"] == 0)
        }
    }

    @Test func `waves go out a few at a time, and every recipient is in one`() async throws {
        var sizes = CampaignRunner.Sizes()
        (sizes.wave, sizes.waves, sizes.asked) = (40, 2, 30)
        try await Self.with(sizes: sizes) { stage in
            try await stage.make(205)
            _ = try await stage.call("plan")
            try await stage.settle()
            #expect(try await stage.call("start").json["state"] == "running")
            for _ in 0..<10 where try await stage.show()["state"] == "running" {
                // Two processes carry it on at once.
                async let one: Void = stage.settle()
                async let two: Void = stage.settle()
                _ = try await (one, two)
                let queued = try await stage.door.pool.query(
                    "select count(*) as n from operation_items where state = 'queued'"
                ).one(Int.self)
                #expect(queued <= 80)
                try await stage.end("done", limit: 40)
                try await stage.settle()
            }
            let end = try await stage.show()
            #expect(end["state"] == "finished" && count(end, "delivered") == 205, "\(end.text)")
            let items = try await stage.door.pool.query(
                "select count(*) as n, count(distinct item_key) as k from operation_items"
            ).one()
            #expect(try items.decode(Int.self, "n") == 205 && items.decode(Int.self, "k") == 205)
            let told = try await SweeperTests.messages(stage.door, "campaign.%")
            #expect(told.compactMap { $0["state"]?.string } == ["planned", "running", "finished"])
        }
    }

    @Test func `pausing brings back what is not signed; resuming sends it once; aborting ends it`() async throws {
        var sizes = CampaignRunner.Sizes()
        (sizes.wave, sizes.waves) = (50, 2)
        try await Self.with(sizes: sizes) { stage in
            try await stage.make(120)
            #expect(try await stage.call("start", ["unchecked": true]).status == 200)
            try await stage.settle()
            try await stage.end("done", limit: 20)
            // Ten are signed: they go on.
            try await stage.door.pool.execute(
                """
                update operation_items set state = 'batched' where (operation_id, ordinal) in
                    (select operation_id, ordinal from operation_items where state = 'queued' order by 1, 2 limit 10)
                """)
            #expect(try await stage.call("pause").json["state"] == "paused")
            try await stage.settle()
            let paused = try await stage.show()
            #expect(
                count(paused, "delivered") == 20 && count(paused, "sending") == 10 && count(paused, "pending") == 90,
                "\(paused.text)")
            #expect(try await stage.call("pause").status == 409)
            _ = try await stage.call("resume")
            try await stage.settle()
            try await stage.door.pool.execute("update operation_items set state = 'queued' where state = 'batched'")
            try await stage.end("done", limit: 30)
            try await stage.settle()
            let before = try await stage.show()
            _ = try await stage.call("abort")
            try await stage.settle()
            let aborted = try await stage.show()
            #expect(aborted["state"] == "aborted" && count(aborted, "delivered") == count(before, "delivered"))
            #expect(count(aborted, "cancelled") == 120 - (count(before, "delivered") ?? 0), "\(aborted.text)")
            for verb in ["resume", "start", "retry", "plan", "pause"] {
                #expect(try await stage.call(verb).status == 409, "\(verb)")
            }
            let twice = try await stage.door.pool.query(
                "select item_key from operation_items where state <> 'cancelled' group by item_key having count(*) > 1")
            #expect(twice.isEmpty)
            #expect(try await stage.door.send("DELETE", "/v1/campaigns/spring").status == 409)
        }
    }

    @Test func `those to whom it failed can be sent to again`() async throws {
        try await Self.with { stage in
            try await stage.make(10)
            _ = try await stage.call("start", ["unchecked": true])
            try await stage.settle()
            try await stage.end("failed", limit: 4)
            try await stage.end("done")
            try await stage.settle()
            let first = try await stage.show()
            #expect(first["state"] == "finished" && count(first, "failed") == 4 && count(first, "delivered") == 6)
            let failed = try await stage.door.send("GET", "/v1/campaigns/spring/recipients?state=failed").json
            #expect(
                failed["recipients"]?.array?.compactMap { $0["reason"]?.string } == Array(repeating: "full", count: 4))
            _ = try await stage.call("retry")
            try await stage.settle()
            try await stage.end("done")
            try await stage.settle()
            let second = try await stage.show()
            #expect(second["state"] == "finished" && count(second, "delivered") == 10, "\(second.text)")
        }
    }

    @Test func `a budget pauses it before it is overrun, and raising it is said to help`() async throws {
        var sizes = CampaignRunner.Sizes()
        (sizes.wave, sizes.waves) = (50, 3)
        try await Self.with(sizes: sizes) { stage in
            let whole = try await stage.door.operations.prices().part(.dropCollectibles, items: 200).fee
            try await stage.make(200, [.init("budget", JSON(UFix64(rawValue: UInt64(whole / 2)).description))])
            _ = try await stage.call("start", ["unchecked": true])
            try await stage.settle()
            let running = try await stage.show()
            let sent = 200 - (count(running, "pending") ?? 0)
            #expect(running["state"] == "running" && (60...110).contains(sent), "\(running.text)")
            try await stage.end("done")
            // They have cost what was foretold.
            try await stage.door.pool.execute(
                """
                with s as (insert into slots (address, key_index, sequence_number, recipe, content_digest, state)
                    values ('f8d6e0586b0a20c7', 0, 0, 'drop_collectibles', '\\x00', 'consumed') returning id),
                i as (insert into slot_items (slot_id, position, operation_id, ordinal, open)
                    select s.id, row_number() over (), o.operation_id, o.ordinal, false from operation_items o, s returning 1)
                insert into attempts (slot_id, content_digest, transaction_id, signed_bytes, reference_block_id, reference_height,
                    expiry_height, state, fee, lease_epoch, executed_at, finished_at)
                select id, '\\x00', decode(repeat('01', 32), 'hex'), '', '', 0, 1, 'sealed', \(whole / 2), 1, now(), now() from s
                """)
            try await stage.settle()
            let paused = try await stage.show()
            #expect(
                paused["state"] == "paused" && paused["reason"]?.string?.contains("budget") == true, "\(paused.text)")
            #expect(count(paused, "delivered") == sent)
        }
    }

    @Test func `a script that is too much is halved, and a chain that can't be asked is said so`() async throws {
        let node = ReadinessNode([Self.ready], most: -1)
        try await Self.with(node) { stage in
            _ = try await stage.door.send(
                "PUT", "/v1/campaigns/spring", ["kind": "collectible", "subject_id": JSON(Self.collectible)])
            let rows = (0..<8).map { number -> JSON in
                ["drop_id": JSON("d\(number)"), "address": JSON(number == 3 ? Self.ready : Self.address(number))]
            }
            _ = try await stage.call("recipients", ["recipients": .array(rows)])
            _ = try await stage.call("plan")
            _ = try await stage.runner.carryOn()
            let waiting = try await stage.show()
            #expect(waiting["state"] == "planning" && waiting["reason"]?.string?.contains("can't be asked") == true)
            node.most.withLock { $0 = 2 }
            try await stage.door.pool.execute("update campaigns set asking_until = null")
            try await stage.settle()
            let plan = try await stage.show()
            #expect(
                plan["plan"]?["ready"] == 1 && plan["plan"]?["skipped"] == 7 && plan["reason"] == .null, "\(plan.text)")
            #expect(node.asked.withLock { $0 } == [8, 4, 2, 2, 4, 2, 2])
        }
    }

    /// An address of the emulator's chain.
    private static func address(_ number: Int) -> String {
        let known = [
            "0xf8d6e0586b0a20c7", "0xee82856bf20e2aa6", "0x0ae53cb6e3f42a79", "0xe5a8b7f23e8b548f",
            "0x045a1763c93006ca",
            "0x120e725050340cab", "0xf669cb8d41ce0c74", "0x192440c99cb17282",
        ]
        return known[number]
    }

    @Test func `it begins at its time, or by the runs of a schedule`() async throws {
        try await Self.with { stage in
            try await stage.make(30)
            let later = try await stage.call("start", ["unchecked": true, "at": "2100-01-01T00:00:00Z"])
            #expect(later.json["state"] == "scheduled" && later.json["starts_at"] == "2100-01-01T00:00:00.000Z")
            try await stage.settle()
            #expect(count(try await stage.show(), "pending") == 30)
            try await stage.door.pool.execute("update campaigns set starts_at = now()")
            try await stage.settle()
            #expect(count(try await stage.show(), "sending") == 30)
        }
        try await Self.with { stage in
            try await stage.make(30)
            _ = try await stage.call("start", ["unchecked": true, "by_schedule": true])
            try await stage.settle()
            #expect(count(try await stage.show(), "pending") == 30)
            let wrong = try await SweeperTests.sweep(
                stage.door, "airdrop_pass", ["campaign": "spring", "limit": 10], key: "wrong")
            #expect(
                wrong["outcome"] == "failed"
                    && wrong["reason"]?.string?.contains("airdrop_collectible sends it") == true)
            let run = try await SweeperTests.sweep(
                stage.door, "airdrop_collectible", ["campaign": "spring", "limit": 12], key: "1")
            #expect(run["items"]?["total"] == 12)
            let none = try await SweeperTests.sweep(stage.door, "airdrop_collectible", key: "2")
            #expect(none["items"]?["total"] == 0, "a campaign's rows are no drop table's")
            let unknown = try await SweeperTests.sweep(stage.door, "airdrop_collectible", ["campaign": "x"], key: "3")
            #expect(unknown["outcome"] == "failed")
        }
    }

    @Test func `one that can't go on is paused with the reason, and can be planned and gone on with again`()
        async throws
    {
        try await Self.with { stage in
            try await stage.make(3)
            let id = try await stage.door.pool.query("select id from campaigns").one(Int64.self)
            // Somebody has its key.
            let taken = try await stage.door.send(
                "POST", "/v1/operations",
                ["type": "signup_reminder", "payload": [:], "idempotency_key": JSON("weir:campaign:\(id):1")])
            #expect(taken.status == 202)
            _ = try await stage.call("start", ["unchecked": true])
            try await stage.settle()
            let paused = try await stage.show()
            #expect(
                paused["state"] == "paused" && paused["reason"]?.string?.contains("idempotency key") == true,
                "\(paused.text)")
            for _ in 0..<2 {
                #expect(try await stage.call("plan").status == 200)
                try await stage.settle()
                #expect(try await stage.show()["state"] == "planned")
            }
        }
    }

    @Test func `another tenant's campaign is not there`() async throws {
        try await Self.with { stage in
            try await stage.make(3)
            try await stage.door.pool.execute(
                "insert into campaigns (tenant, name, kind, subject_id) values ('other', 'theirs', 'pass', 'x')")
            #expect(try await stage.door.send("GET", "/v1/campaigns/theirs").status == 404)
            #expect(try await stage.door.send("POST", "/v1/campaigns/theirs/abort").status == 404)
            #expect(try await stage.door.send("GET", "/v1/campaigns").json["campaigns"]?.array?.count == 1)
        }
    }

    @Test func `what became of everybody is exported, a page at a time`() async throws {
        try await Self.with { stage in
            try await stage.make(4_500)
            let response = try await stage.door.handler(
                HTTPServerRequest(method: "GET", target: "/v1/campaigns/spring/recipients?format=csv"))
            guard case .stream(let stream) = response.body else { return _ = Issue.record("no stream") }
            let chunks = Mutex<[[UInt8]]>([])
            try await stream.forEachChunk { chunk in chunks.withLock { $0.append(chunk) } }
            let all = chunks.withLock { $0 }
            #expect(all.count == 3)
            var reader = CSV.Reader(all.flatMap { $0 })
            var lines = 0
            while let record = try reader.next() {
                #expect(record.count == 10)
                lines += 1
            }
            #expect(lines == 4_501)
            #expect(try await stage.door.send("GET", "/v1/campaigns/spring/recipients?state=gone").status == 422)
        }
    }
}
