import Daemon
import Encoding
import FoundationEssentials
import HTTP
import PlatformBridge
import Postgres
import Submitter
import TestSupport
import Testing

@Suite struct SchedulerTests {
    static func date(_ text: String) throws -> Date { try #require(RFC3339.parse(text)) }

    static func scheduler(_ door: Door) -> Scheduler {
        Scheduler(pool: door.pool, operations: door.operations, planner: door.planner, logger: .silent)
    }

    static let brand: JSON = ["brand_id": "7kX9mPqR2sTvWxYzA3bCdE", "name": "Nova"]

    /// As if it had been put at that time.
    static func put(_ door: Door, _ name: String, _ body: JSON, at now: String) async throws {
        let reading = ScheduleReader(planner: door.planner).read(
            body, tenant: "default", name: name, now: try date(now))
        guard case .schedule(let schedule) = reading else {
            Issue.record("\(reading)")
            return
        }
        try await ScheduleStore(pool: door.pool).put(schedule)
    }

    static func keys(_ door: Door) async throws -> [String] {
        try await door.pool.query("select idempotency_key as key from operations order by key").map {
            try $0.decode(String.self, "key")
        }
    }

    @Test func `each nominal time is one operation, however many processes look and however often`() async throws {
        try await Door.with { door in
            try await Self.put(
                door, "hourly",
                [
                    "type": "create_brand", "payload": Self.brand, "cron": "0 * * * *", "overlap": "allow",
                    "missed": "all",
                ],
                at: "2026-06-01T00:30:00Z")
            let now = try Self.date("2026-06-01T03:00:05Z")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<6 { group.addTask { try? await Self.scheduler(door).runDue(at: now) } }
            }
            try await Self.scheduler(door).runDue(at: now)
            #expect(
                try await Self.keys(door) == [
                    "schedule:hourly:2026-06-01T01:00:00.000Z", "schedule:hourly:2026-06-01T02:00:00.000Z",
                    "schedule:hourly:2026-06-01T03:00:00.000Z",
                ])
            let runs = try await door.send("GET", "/v1/schedules/hourly/runs")
            #expect(runs.json["runs"]?.array?.count == 3)
        }
    }

    @Test func `a run waits for nobody and is left out while the one before goes on`() async throws {
        try await Door.with { door in
            try await Self.put(
                door, "slow", ["type": "create_brand", "payload": Self.brand, "cron": "0 * * * *"],
                at: "2026-06-01T00:30:00Z")
            let scheduler = Self.scheduler(door)
            try await scheduler.runDue(at: try Self.date("2026-06-01T01:00:01Z"))
            try await scheduler.runDue(at: try Self.date("2026-06-01T02:00:01Z"))
            #expect(try await Self.keys(door).count == 1)
            let left = try #require(
                try await door.send("GET", "/v1/schedules/slow/runs").json["runs"]?.array?.first)
            #expect(left["nominal_at"] == "2026-06-01T02:00:00.000Z")
            #expect(left["skipped_because"]?.string?.hasPrefix("the run before is not finished") == true)
            let first = try #require(
                OperationID(
                    rawValue: try await door.pool.query("select id from operations").one().decode(String.self, "id")))
            _ = try await door.operations.cancel(first)
            try await scheduler.runDue(at: try Self.date("2026-06-01T03:00:01Z"))
            #expect(try await Self.keys(door).count == 2)
        }
    }

    @Test func `the platform's five crons are there, off, and one call turns one on`() async throws {
        try await Door.with { door in
            let all = try #require(try await door.send("GET", "/v1/schedules").json["schedules"]?.array)
            #expect(
                Set(all.compactMap { $0["name"]?.string }) == [
                    "settle_purchase", "airdrop_pass", "airdrop_collectible", "remove_listing", "signup_reminder",
                ])
            #expect(all.allSatisfy { $0["on"] == .bool(false) && $0["next_run_at"] == .null })
            try await Self.scheduler(door).runDue(at: try Self.date("2040-01-01T00:00:00Z"))
            #expect(try await Self.keys(door) == [])

            let on = try await door.send("POST", "/v1/schedules/remove_listing/on")
            #expect(on.status == 200 && on.json["on"] == .bool(true))
            let next = try #require(on.json["next_run_at"]?.string.flatMap(RFC3339.parse))
            try await Self.scheduler(door).runDue(at: next.addingTimeInterval(1))
            #expect(try await Self.keys(door) == ["schedule:remove_listing:\(RFC3339.format(next))"])
            let off = try await door.send("POST", "/v1/schedules/remove_listing/off")
            #expect(off.json["on"] == .bool(false) && off.json["next_run_at"] == .null)
        }
    }

    @Test func `runs are foretold, by schedule and before there is one`() async throws {
        try await Door.with { door in
            let made = try await door.send(
                "PUT", "/v1/schedules/first-friday",
                [
                    "type": "signup_reminder", "rrule": "FREQ=MONTHLY;BYDAY=1FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
                    "time_zone": "Europe/Berlin",
                ])
            #expect(made.status == 201)
            let next = try await door.send("GET", "/v1/schedules/first-friday/next?count=3")
            #expect(next.json["next"]?.array?.count == 3)
            #expect(next.json["next"]?.array?.first == made.json["next_run_at"])
            let preview = try await door.send(
                "POST", "/v1/schedules/preview",
                ["cron": "30 2 * * *", "time_zone": "America/New_York", "after": "2024-03-09T08:00:00Z", "count": 2])
            #expect(preview.json["next"] == ["2024-03-10T07:00:00.000Z", "2024-03-11T06:30:00.000Z"])
            // The same again is no other schedule; an older reader's change is refused.
            let tag = try #require(made.headers["ETag"])
            let again = try await door.send(
                "PUT", "/v1/schedules/first-friday", ["type": "signup_reminder", "cron": "0 9 * * 5"], ["If-Match": tag]
            )
            #expect(again.status == 200)
            let late = try await door.send(
                "PUT", "/v1/schedules/first-friday", ["type": "signup_reminder", "cron": "0 8 * * 5"], ["If-Match": tag]
            )
            #expect(late.status == 412)
            #expect(try await door.send("DELETE", "/v1/schedules/first-friday").status == 204)
            #expect(try await door.send("GET", "/v1/schedules/first-friday").status == 404)
        }
    }

    static let mistakes: [(JSON, String)] = [
        (["type": "signup_reminder"], "cron or rrule is required"),
        (["type": "signup_reminder", "cron": "* * * * *", "rrule": "FREQ=DAILY"], "rrule can't be given beside cron"),
        (["type": "signup_reminder", "cron": "0 0 30 2 *"], "cron never fires after"),
        (["type": "signup_reminder", "rrule": "FREQ=DAILY;UNTIL=20200101T000000Z"], "rrule never fires after"),
        (["type": "signup_reminder", "rrule": "FREQ=SECONDLY"], "RRULE.FREQ can't be SECONDLY"),
        (["type": "signup_reminder", "cron": "* * * * *", "time_zone": "Mars/Base"], "time_zone must be a zone"),
        (["type": "dance", "cron": "* * * * *"], "type is not an operation type"),
        (["type": "create_brand", "cron": "* * * * *", "payload": ["name": "x"]], "payload.brand_id is required"),
        (["type": "signup_reminder", "cron": "* * * * *", "missed": "both"], "missed must be one of skip, one, all"),
        (["type": "signup_reminder", "cron": "* * * * *", "on": "yes"], "on must be true or false"),
        (["type": "signup_reminder", "cron": "* * * * *", "every": 3], "every is not a field"),
        (
            ["type": "signup_reminder", "cron": "* * * * *", "starts_at": "2026-02-30T00:00:00Z"],
            "starts_at must be a time"
        ),
        (
            ["type": "remove_listing", "cron": "* * * * *", "payload": ["limit": 0]],
            "payload.limit must be a whole number"
        ),
    ]

    @Test(arguments: mistakes.indices)
    func `a mistake is named and nothing is changed`(place: Int) async throws {
        let (body, detail) = Self.mistakes[place]
        try await Door.with { door in
            let answer = try await door.send("PUT", "/v1/schedules/mine", body)
            #expect(answer.status == 422)
            #expect(answer.detail.hasPrefix(detail), "\(answer.detail)")
            #expect(try await door.send("GET", "/v1/schedules/mine").status == 404)
        }
    }

    @Test func `a zone that is gone switches its schedule off and keeps no other from running`() async throws {
        try await Door.with { door in
            for name in ["a", "b"] {
                try await Self.put(
                    door, name, ["type": "create_brand", "payload": Self.brand, "cron": "0 * * * *"],
                    at: "2026-06-01T00:30:00Z")
            }
            try await door.pool.execute("update schedules set time_zone = 'Mars/Base' where name = 'a'")
            try await Self.scheduler(door).runDue(at: try Self.date("2026-06-01T01:00:01Z"))
            #expect(try await Self.keys(door) == ["schedule:b:2026-06-01T01:00:00.000Z"])
            let broken = try await door.send("GET", "/v1/schedules/a")
            #expect(broken.json["on"] == .bool(false))
            #expect(broken.json["trouble"]?.string?.hasPrefix("time_zone") == true)
        }
    }
}
