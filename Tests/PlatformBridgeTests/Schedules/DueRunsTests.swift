import Encoding
import FoundationEssentials
import PlatformBridge
import Recurrence
import Testing

/// What became of nominal times that nobody looked at: drawn, not slept.
@Suite struct DueRunsTests {
    static func date(_ text: String) throws -> Date { try #require(RFC3339.parse(text)) }

    /// Hourly, looked at after a night without anybody.
    static func runs(
        _ missed: Schedule.MissedRuns, first: String, now: String, within: Double = 86_400, cron: String = "0 * * * *"
    ) throws -> (runs: [String], skipped: [String], next: String) {
        let due = DueRuns(
            first: try date(first), now: try date(now), timing: .cron(try CronExpression(cron), .utc), missed: missed,
            within: within, punctual: 60)
        func short(_ date: Date) -> String { String(RFC3339.format(date).dropFirst(8).prefix(8)) }
        return (
            due.runs.map(short), due.skipped.map { "\(short($0.from))–\(short($0.through))" },
            due.next.map(short) ?? "never"
        )
    }

    @Test func `what is on time runs, whatever the policy`() throws {
        for policy in Schedule.MissedRuns.allCases {
            let due = try Self.runs(policy, first: "2026-06-01T03:00:00Z", now: "2026-06-01T03:00:20Z")
            #expect(due == (["01T03:00"], [], "01T04:00"), "\(policy)")
        }
    }

    @Test func `what is missed is skipped, made up for by one, or by each`() throws {
        let night = ("2026-06-01T01:00:00Z", "2026-06-01T04:30:00Z")
        #expect(
            try Self.runs(.skip, first: night.0, now: night.1) == ([], ["01T01:00–01T04:00"], "01T05:00"))
        #expect(
            try Self.runs(.one, first: night.0, now: night.1) == (["01T04:00"], ["01T01:00–01T03:59"], "01T05:00"))
        #expect(
            try Self.runs(.all, first: night.0, now: night.1)
                == (["01T01:00", "01T02:00", "01T03:00", "01T04:00"], [], "01T05:00"))
    }

    @Test func `one that comes back on the hour runs that hour, and not the last as well`() throws {
        let back = ("2026-06-01T01:00:00Z", "2026-06-01T04:00:10Z")
        #expect(try Self.runs(.skip, first: back.0, now: back.1) == (["01T04:00"], ["01T01:00–01T03:00"], "01T05:00"))
        #expect(try Self.runs(.one, first: back.0, now: back.1) == (["01T04:00"], ["01T01:00–01T03:00"], "01T05:00"))
    }

    @Test func `a single missed run is made up for and nothing is said to be skipped`() throws {
        #expect(
            try Self.runs(.one, first: "2026-06-01T01:00:00Z", now: "2026-06-01T01:30:00Z")
                == (["01T01:00"], [], "01T02:00"))
    }

    @Test func `what is older than the window is one stretch, and is not walked through`() throws {
        let due = try Self.runs(
            .all, first: "2020-01-01T00:00:00Z", now: "2026-06-01T03:00:20Z", within: 7200, cron: "* * * * *")
        #expect(due.runs.count == DueRuns.most)
        #expect(due.runs.first == "01T01:01")
        #expect(due.skipped == ["01T00:00–01T01:00"])
        #expect(due.next == "01T02:41", "the rest at the next look")
    }

    @Test func `a rule that ends has no next`() throws {
        let set = try RecurrenceSet("DTSTART:20260601T010000Z\nRRULE:FREQ=HOURLY;COUNT=2", zone: .utc, start: 0)
        let due = DueRuns(
            first: try Self.date("2026-06-01T02:00:00Z"), now: try Self.date("2026-06-01T02:00:01Z"),
            timing: .recurrence(set), missed: .one, within: 3600, punctual: 60)
        #expect(due.runs.count == 1 && due.next == nil)
    }
}
