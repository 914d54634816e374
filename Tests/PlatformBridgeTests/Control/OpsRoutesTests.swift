import Daemon
import Encoding
import Foundation
import HTTP
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

/// What ops and the platform look back on: parts that rest, requests that are found again, histories of entities.
@Suite struct OpsRoutesTests {
    private static let brand = "7kX9mPqR2sTvWxYzA3bCdE"

    private func enqueue(_ door: Door, _ key: String, _ headers: HTTPFields = [:]) async throws -> Door.Answer {
        try await door.send(
            "POST", "/v1/operations",
            [
                "type": "create_brand", "payload": ["brand_id": JSON(Self.brand), "name": "Nova"],
                "idempotency_key": JSON(key),
            ], headers)
    }

    @Test func `a part rests in every process until it is resumed, and says why`() async throws {
        try await Door.with { door in
            let paused = try await door.send("POST", "/v1/parts/sweeps/pause", ["reason": "a look at the tables"])
            #expect(paused.status == 200)
            let rests = paused.json["parts"]?.array?.filter { $0["paused"] == true }
            #expect(rests?.count == 1 && rests?.first?["part"] == "sweeps" && rests?.first?["by"] == "owner")
            #expect(rests?.first?["reason"] == "a look at the tables")
            _ = try await door.send(
                "POST", "/v1/operations", ["type": "airdrop_pass", "payload": [:], "idempotency_key": "1"])
            let service = SweeperTests.sweeper(door).service()
            let running = Task { try await service.run() }
            defer { running.cancel() }
            func state() async throws -> String? {
                try await door.send("GET", "/v1/operations").json["operations"]?.array?.first?["state"]?.string
            }
            // It is woken by the operation and by this, and does nothing all the same.
            try await door.pool.execute("select pg_notify('weir_accepted', '')")
            #expect(try await state() == "accepted")
            let parts = PausedParts(pool: door.pool)
            #expect(try await parts.isPaused(.sweeps))
            #expect(try await !parts.isPaused(.submit))
            #expect(try await door.send("GET", "/v1/summary").json["paused"] == ["sweeps"])
            #expect(try await door.send("POST", "/v1/parts/sweeps/resume").status == 200)
            while try await state() != "finished" { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await door.send("POST", "/v1/parts/sweeps/resume").status == 409)
            #expect(try await door.send("POST", "/v1/parts/sweep/pause").status == 404)
            let told = try await door.send("GET", "/v1/audit").json["entries"]?.array?.compactMap {
                $0["action"]?.string
            }
            #expect(told?.filter { $0.hasPrefix("part.") } == ["part.resumed", "part.paused"])
        }
    }

    @Test func `a request keeps its id, and a trace goes on to whoever is told of the operation`() async throws {
        try await Door.with { door in
            let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            let first = try await enqueue(door, "1", ["traceparent": trace, "X-Request-Id": "django-42"].fields)
            #expect(first.status == 202 && first.headers["X-Request-Id"] == "django-42")
            let missing = try await door.send(
                "GET", "/v1/operations/1r6mq5bfts7crtq0mbg91y15", nil, ["X-Request-Id": "a b\nc"].fields)
            #expect(missing.status == 404 && missing.headers["X-Request-Id"]?.utf8.count == 36)
            for wrong in [
                "", "00-0-0-01", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", trace + "-x",
                String(repeating: "0", count: 9_000),
            ] {
                #expect(try await enqueue(door, "w\(wrong.hashValue)", ["traceparent": wrong].fields).status == 202)
            }
            let kept = try await door.pool.query("select traceparent from operations where traceparent is not null")
                .map { try $0.decode(String.self, "traceparent") }
            #expect(kept == [trace])
            _ = try await door.operations.cancel(
                OperationID(rawValue: try #require(first.json["id"]?.string))!)
            let told = try await door.pool.query(
                "select topic from outbox where traceparent = $1", [.text(trace)]
            ).map { try $0.decode(String.self, "topic") }
            #expect(told == ["operation.cancelled"])
        }
    }

    @Test func `every change of a number is a row, from either side of the tables`() async throws {
        try await Door.with { door in
            let clock = EntityClock(pool: door.pool, logger: .silent)
            func history(_ kind: String, _ id: String) async throws -> [Int?] {
                try await clock.note()
                return try await door.send("GET", "/v1/\(kind)/\(id)/history").json["history"]?.array?
                    .map { $0["status"]?.integer(Int.self) } ?? []
            }
            _ = try await enqueue(door, "1")
            #expect(try await history("brands", Self.brand) == [1])
            try await door.pool.execute(
                "update operation_items set state = 'batched'")
            try await door.pool.execute("update operation_items set state = 'rejected', reason = 'taken'")
            // Asked for again, and done; what fails after that changes nothing.
            _ = try await enqueue(door, "2")
            try await door.pool.execute("update operation_items set state = 'done' where state = 'queued'")
            _ = try await enqueue(door, "3")
            try await door.pool.execute(
                "update operation_items set state = 'failed', reason = 'full' where state = 'queued'")
            #expect(try await history("brands", Self.brand) == [1, 0, 1, 2])
            let shown = try await door.send("GET", "/v1/brands/\(Self.brand)/history").json["history"]?.array ?? []
            #expect(shown.map { $0["reason"]?.string } == [nil, "taken", nil, nil])
            #expect(shown.dropFirst().map { $0["status_before"] } == [1, 0, 1])
            #expect(try await door.send("GET", "/v1/brands/\(SweeperTests.release)/history").status == 404)

            // A release begins and ends by the clock.
            let soon = Int64(Date().timeIntervalSince1970 * 1000)
            _ = try await door.send(
                "POST", "/v1/operations",
                [
                    "type": "schedule_release", "idempotency_key": "r",
                    "payload": [
                        "release_id": JSON(SweeperTests.release), "pass_id": JSON(Self.brand), "supply": 5, "mint": 0,
                        "price": "1", "starts_at": JSON(soon - 5_000), "ends_at": JSON(soon + 3_600_000),
                    ],
                ])
            #expect(try await clock.note() == 1)
            try await door.pool.execute("update operation_items set state = 'done' where recipe = 'schedule_release'")
            // Registered, and on sale already.
            #expect(try await clock.note() == 2)
            #expect(try await clock.note() == 0)
            try await door.pool.execute(
                """
                update operation_items set arguments = jsonb_set(arguments, '{scheduleRelease,endsAt}', '1000')
                where recipe = 'schedule_release'
                """)
            #expect(try await clock.note() == 1)
            #expect(try await history("releases", SweeperTests.release) == [1, 2, 3, 4])
            let told = try await SweeperTests.messages(door, "entity.changed")
            #expect(
                told.filter { $0["kind"] == "release" }.compactMap { $0["status"]?.integer(Int.self) } == [1, 2, 3, 4])
        }
    }

    @Test func `the page of all calls shows each call and each body, and asks for nothing from elsewhere`() async throws
    {
        try await Door.with { door in
            let response = try await door.handler(HTTPServerRequest(method: "GET", target: "/docs"))
            guard case .bytes(let bytes) = response.body else { return _ = Issue.record("no page") }
            let page = String(decoding: bytes, as: UTF8.self)
            let paths = try await door.send("GET", "/openapi.json").json["paths"]?.object ?? []
            #expect(paths.count > 80)
            for path in paths {
                #expect(page.contains("<code>\(path.name)</code>"), "\(path.name)")
            }
            #expect(page.contains("&quot;fallback&quot;") && !page.contains("src=") && !page.contains("https://"))
            #expect(response.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
        }
    }
}

extension [String: String] {
    fileprivate var fields: HTTPFields {
        var fields: HTTPFields = [:]
        for (name, value) in self { fields[name] = value }
        return fields
    }
}
