import Recurrence
import Testing

@Suite struct CronExpressionTests {
    static func times(_ text: String, _ zone: String, after: String, _ count: Int) throws -> [String] {
        let (cron, zone) = (try CronExpression(text), try TimeZoneRules(named: zone))
        var moment = try RecurrenceSetTests.seconds(after)
        var found: [String] = []
        while found.count < count, let next = cron.next(after: moment, in: zone) {
            found.append(RecurrenceSetTests.stamp(next))
            moment = next
        }
        return found
    }

    @Test func `a time that is skipped runs once, at the jump`() throws {
        #expect(
            try Self.times("30 2 * * *", "America/New_York", after: "2024-03-09T08:00:00Z", 2)
                == ["2024-03-10T07:00:00Z", "2024-03-11T06:30:00Z"])
        #expect(
            try Self.times("*/10 2 * * *", "America/New_York", after: "2024-03-10T00:00:00Z", 2)
                == ["2024-03-10T07:00:00Z", "2024-03-11T06:00:00Z"])
    }

    @Test func `every half hour is every half hour, whatever the clocks do`() throws {
        #expect(
            try Self.times("*/30 * * * *", "Australia/Melbourne", after: "2024-04-06T14:45:00Z", 6)
                == [
                    "2024-04-06T15:00:00Z", "2024-04-06T15:30:00Z", "2024-04-06T16:00:00Z", "2024-04-06T16:30:00Z",
                    "2024-04-06T17:00:00Z", "2024-04-06T17:30:00Z",
                ])
        #expect(
            try Self.times("*/30 * * * *", "America/New_York", after: "2024-03-10T06:15:00Z", 3)
                == ["2024-03-10T06:30:00Z", "2024-03-10T07:00:00Z", "2024-03-10T07:30:00Z"])
        // Clocks that go by half an hour, and a day that is left out.
        #expect(
            try Self.times("*/30 * * * *", "Australia/Lord_Howe", after: "2024-04-06T14:15:00Z", 3)
                == ["2024-04-06T14:30:00Z", "2024-04-06T15:00:00Z", "2024-04-06T15:30:00Z"])
        #expect(
            try Self.times("0 * * * *", "Pacific/Apia", after: "2011-12-30T08:30:00Z", 3)
                == ["2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T11:00:00Z"])
    }

    @Test func `a time that comes twice runs once`() throws {
        #expect(
            try Self.times("30 1 * * *", "America/New_York", after: "2024-11-03T00:00:00Z", 2)
                == ["2024-11-03T05:30:00Z", "2024-11-04T06:30:00Z"])
    }

    @Test func `a day of the month or a weekday`() throws {
        #expect(
            try Self.times("30 0 1 * 1", "UTC", after: "2026-05-31T12:00:00Z", 7).map { $0.prefix(10) }
                == ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22", "2026-06-29", "2026-07-01", "2026-07-06"])
        // A star with a step is a star: both.
        #expect(
            try Self.times("0 0 */2 * 1", "UTC", after: "2026-05-31T12:00:00Z", 3).map { $0.prefix(10) }
                == ["2026-06-01", "2026-06-15", "2026-06-29"])
    }

    @Test func `names, Sunday as 7, lists, steps and shorthands`() throws {
        #expect(
            try Self.times("15,45 8-10/2 * jan,Feb sat-7", "UTC", after: "2026-01-30T00:00:00Z", 3)
                == ["2026-01-31T08:15:00Z", "2026-01-31T08:45:00Z", "2026-01-31T10:15:00Z"])
        #expect(
            try Self.times("@weekly", "UTC", after: "2026-11-30T00:00:00Z", 1) == ["2026-12-06T00:00:00Z"])
        #expect(try Self.times("0 0 29 2 *", "UTC", after: "2096-03-01T00:00:00Z", 1) == ["2104-02-29T00:00:00Z"])
        #expect(try Self.times("0 0 30 2 *", "UTC", after: "2026-01-01T00:00:00Z", 1) == [])
    }

    @Test(arguments: [
        ("* * * *", "cron"), ("0 * * * * *", "cron"), ("", "cron"), ("60 * * * *", "cron.minute"),
        ("* 24 * * *", "cron.hour"), ("* * 0 * *", "cron.day"), ("* * * 13 *", "cron.month"),
        ("* * * * 8", "cron.weekday"),
        ("*/0 * * * *", "cron.minute"), ("5-1 * * * *", "cron.minute"), ("* * L * *", "cron.day"),
        ("1,,2 * * * *", "cron.minute"), ("-5 * * * *", "cron.minute"), ("* * * * MON#2", "cron.weekday"),
        ("@reboot", "cron"), ("١ * * * *", "cron.minute"), ("+1 * * * *", "cron.minute"),
    ])
    func `a mistake names its field`(text: String, field: String) throws {
        let error = try #require(throws: RecurrenceError.self) { try CronExpression(text) }
        #expect(error.field == field, "\(error)")
    }
}
