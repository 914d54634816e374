import Encoding
import FoundationEssentials
import PlatformBridge
import Postgres
import Testing

@Suite struct EntityTests {
    static let brand = "7kX9mPqR2sTvWxYzA3bCdE"
    static let pass = "8kX9mPqR2sTvWxYzA3bCdF"
    static let release = "9kX9mPqR2sTvWxYzA3bCdG"

    static func enqueue(_ door: Door, _ type: String, _ payload: JSON, key: String? = nil) async throws {
        let answer = try await door.send(
            "POST", "/v1/operations", ["type": JSON(type), "payload": payload, "idempotency_key": JSON(key ?? type)])
        #expect(answer.status == 202, "\(answer.detail)")
    }

    static func become(_ door: Door, _ recipe: String, _ state: String) async throws {
        try await door.pool.execute(
            "update operation_items set state = $2, reason = 'no', updated_at = clock_timestamp() where recipe = $1",
            [.text(recipe), .text(state)])
    }

    @Test func `numbers are the platform's own, at every step`() async throws {
        try await Door.with { door in
            func status(_ path: String) async throws -> Int? {
                try await door.send("GET", "/v1/\(path)").json["status"]?.integer(Int.self)
            }
            #expect(try await door.send("GET", "/v1/brands/\(Self.brand)").status == 404)
            try await Self.enqueue(door, "create_brand", ["brand_id": JSON(Self.brand), "name": "Nova"])
            try await Self.enqueue(
                door, "create_pass", ["pass_id": JSON(Self.pass), "brand_id": JSON(Self.brand), "name": "Gold"])
            try await Self.enqueue(
                door, "schedule_release",
                [
                    "release_id": JSON(Self.release), "pass_id": JSON(Self.pass), "supply": 10, "mint": 0,
                    "price": "1.5",
                    "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z",
                ])
            #expect(try await status("brands/\(Self.brand)") == 1)
            #expect(try await status("passes/\(Self.pass)") == 1)
            #expect(try await status("releases/\(Self.release)") == 1)
            try await Self.become(door, "create_brands", "rejected")
            #expect(try await status("brands/\(Self.brand)") == 0)
            // Asked for again, and done: that counts.
            try await Self.enqueue(door, "create_brand", ["brand_id": JSON(Self.brand), "name": "Nova"], key: "again")
            #expect(try await status("brands/\(Self.brand)") == 1)
            for recipe in ["create_brands", "create_passes", "schedule_release"] {
                try await Self.become(door, recipe, "done")
            }
            #expect(try await status("brands/\(Self.brand)") == 2)
            #expect(try await status("passes/\(Self.pass)") == 2)
            let release = try await door.send("GET", "/v1/releases/\(Self.release)").json
            #expect(release["status"] == 3 && release["pass_id"] == JSON(Self.pass), "it is on sale")
            #expect(release["price"]?.double == 1.5)
            let list = try await door.send("GET", "/v1/brands?limit=1").json
            #expect(list["brands"]?.array?.count == 1 && list["next"] == JSON(Self.brand))
            #expect(try await door.send("GET", "/v1/brands?cursor=\(Self.brand)").json["brands"]?.array == [])
        }
    }

    @Test func `a collectible's number follows its drop table, and a token's the chain`() async throws {
        try await Door.with { door in
            let id = SweeperTests.collectible
            try await Self.enqueue(
                door, "create_collectible",
                [
                    "collectible_id": JSON(id), "pass_id": JSON(Self.pass), "brand_id": JSON(Self.brand),
                    "activation": "a",
                    "name": "n",
                ])
            func status() async throws -> Int? {
                try await door.send("GET", "/v1/collectibles/\(id)").json["status"]?.integer(Int.self)
            }
            try await Self.become(door, "create_collectibles", "done")
            #expect(try await status() == 2)
            _ = try await door.send(
                "PUT", "/v1/drop-tables/\(id)",
                ["kind": "collectible", "rows": [["drop_id": "a", "holder": "u"], ["drop_id": "b", "holder": "u"]]])
            #expect(try await status() == 3)
            _ = try await SweeperTests.sweep(door, "airdrop_collectible")
            #expect(try await status() == 4)
            try await Self.become(door, "drop_collectibles", "done")
            #expect(try await status() == 5)

            try await Self.enqueue(
                door, "schedule_release",
                [
                    "release_id": JSON(Self.release), "pass_id": JSON(Self.pass), "supply": 3, "mint": 0,
                    "price": "1.0",
                    "starts_at": "2026-01-01T00:00:00Z",
                ])
            try await door.pool.execute(
                """
                insert into tokens (token_type, token_id, group_id, release_id, minted_height, destroyed_height)
                select 'A.01.NovaPass.NFT', n, $2, $1, 5, case n when 3 then 9 end from generate_series(1, 3) n
                """, [.text(Self.release), .text(Self.pass)])
            try await door.pool.execute(
                """
                insert into claims (token_type, token_id, group_id, operation, height, transaction_index, event_index)
                values ('A.01.NovaPass.NFT', 2, $1, 'o', 6, 0, 0)
                """, [.text(Self.pass)])
            let numbers = try await door.pool.query("select status from release_tokens order by token_id").map {
                try $0.decode(Int.self, "status")
            }
            #expect(numbers == [1, 2, 3])
            try await Self.checkTokens(door)
            try await Self.checkDrop(door, of: id)
        }
    }

    private static func checkTokens(_ door: Door) async throws {
        let first = try await door.send("GET", "/v1/releases/\(release)/tokens?limit=2")
        #expect(first.json["tokens"]?.array?.map { $0["token_id"]?.string } == ["1", "2"])
        #expect(first.json["tokens"]?.array?.map { $0["status"]?.integer(Int.self) } == [1, 2])
        let rest = try await door.send("GET", "/v1/releases/\(release)/tokens?limit=2&cursor=2")
        #expect(rest.json["tokens"]?.array?.map { $0["status"]?.integer(Int.self) } == [3])
        #expect(rest.json["next"] == .null)
        for (token, wanted) in [(1, [[5, 1]]), (2, [[5, 1], [6, 2]]), (3, [[5, 1], [9, 3]])] {
            let history = try await door.send("GET", "/v1/releases/\(release)/tokens/\(token)/history").json["history"]
            let found = history?.array?.map { [$0["height"]?.integer(Int.self), $0["status"]?.integer(Int.self)] }
            #expect(found == wanted.map { $0.map(Optional.some) }, "\(token)")
        }
        for wrong in ["x", "-1", "18446744073709551616"] {
            #expect(try await door.send("GET", "/v1/releases/\(release)/tokens?cursor=\(wrong)").status == 422)
        }
        // The largest id there may be is behind all that there are.
        let last = try await door.send("GET", "/v1/releases/\(release)/tokens?cursor=18446744073709551615")
        #expect(last.status == 200 && last.json["tokens"]?.array?.isEmpty == true)
        for wrong in ["4", "x", "18446744073709551615", "99999999999999999999"] {
            #expect(try await door.send("GET", "/v1/releases/\(release)/tokens/\(wrong)/history").status == 404)
        }
    }

    private static func checkDrop(_ door: Door, of subject: String) async throws {
        let history = try await door.send("GET", "/v1/drop-tables/\(subject)/a/history").json["history"]?.array ?? []
        #expect(history.map { $0["status"]?.integer(Int.self) } == [0, 1, 3])
        #expect(history.dropFirst().allSatisfy { $0["operation"]?.string != nil })
        #expect(try await door.send("GET", "/v1/drop-tables/\(subject)/c/history").status == 404)
    }
}
