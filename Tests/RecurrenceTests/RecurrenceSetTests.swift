import Encoding
import FoundationEssentials
import Recurrence
import Testing

/// What people found wrong in other tools, and what the RFC says of it (docs/reports.md, 33).
@Suite struct RecurrenceSetTests {
    /// The first `count` occurrences after `after`, as RFC 3339 without milliseconds.
    static func occurrences(
        _ text: String, _ count: Int, after: String = "1970-01-01T00:00:00Z", zone: String = "UTC",
        start: String = "2026-01-01T00:00:00Z"
    ) throws -> [String] {
        let set = try RecurrenceSet(text, zone: TimeZoneRules(named: zone), start: seconds(start))
        var moment = try seconds(after)
        var found: [String] = []
        while found.count < count, let next = set.next(after: moment) {
            found.append(stamp(next))
            moment = next
        }
        return found
    }

    static func seconds(_ text: String) throws -> Int { Int(try #require(RFC3339.Instant(text)).seconds) }

    static func stamp(_ moment: Int) -> String {
        RFC3339.format(Date(timeIntervalSince1970: Double(moment))).replacing(".000Z", with: "Z")
    }

    @Test func `months without the day are left out`() throws {
        #expect(
            try Self.occurrences("DTSTART:20250331T010100Z\nRRULE:FREQ=MONTHLY;INTERVAL=6", 3)
                == ["2025-03-31T01:01:00Z", "2026-03-31T01:01:00Z", "2027-03-31T01:01:00Z"])
        #expect(
            try Self.occurrences(
                "DTSTART:20150701T000000Z\nRRULE:FREQ=MONTHLY;BYMONTH=2,3,9,10;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", 4)
                == ["2015-09-30T00:00:00Z", "2015-10-31T00:00:00Z", "2016-02-29T00:00:00Z", "2016-03-31T00:00:00Z"])
    }

    @Test func `positions are counted in the whole period, and only what the start allows is given`() throws {
        let last = try Self.occurrences(
            "DTSTART;TZID=America/New_York:19970929T090000\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", 7)
        #expect(
            last.map { $0.prefix(10) } == [
                "1997-09-29", "1997-10-30", "1997-11-27", "1997-12-30", "1998-01-29", "1998-02-26", "1998-03-30",
            ])
        let third = try Self.occurrences(
            "DTSTART;TZID=America/New_York:19970904T090000\nRRULE:FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", 9)
        #expect(third.map { $0.prefix(10) } == ["1997-09-04", "1997-10-07", "1997-11-06"])
    }

    @Test func `nine in the morning stays nine in the morning`() throws {
        #expect(
            try Self.occurrences("DTSTART;TZID=Europe/Berlin:20260327T090000\nRRULE:FREQ=DAILY", 4)
                == ["2026-03-27T08:00:00Z", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", "2026-03-30T07:00:00Z"])
        // 02:30 is skipped on the 29th: read with the offset before the gap.
        #expect(
            try Self.occurrences("DTSTART;TZID=Europe/Berlin:20260328T023000\nRRULE:FREQ=DAILY", 3)
                == ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"])
        // 01:30 comes twice on the 1st of November: the first.
        #expect(
            try Self.occurrences("DTSTART;TZID=America/New_York:20261031T013000\nRRULE:FREQ=DAILY", 3)
                == ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"])
    }

    @Test func `until is the last moment, count counts from the start`() throws {
        #expect(
            try Self.occurrences("DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;UNTIL=20260103T000000Z", 9).count == 3)
        #expect(
            try Self.occurrences("DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=5", 9, after: "2026-01-03T00:00:00Z")
                == ["2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z"])
    }

    @Test func `dates are added and taken out, in any zone, and lines may be folded`() throws {
        let text =
            "DTSTART;TZID=Europe/Berlin:20260105T090000\r\nRRULE:FREQ=WEEKLY;\r\n COUNT=3\r\n"
            + "EXDATE;TZID=Europe/Berlin:20260112T090000\r\nRDATE:20260106T120000Z\r\n"
        #expect(
            try Self.occurrences(text, 9)
                == ["2026-01-05T08:00:00Z", "2026-01-06T12:00:00Z", "2026-01-19T08:00:00Z"])
    }

    @Test func `a rule by itself begins where the schedule does`() throws {
        #expect(
            try Self.occurrences("FREQ=HOURLY;INTERVAL=6", 2, after: "2026-02-01T00:00:00Z")
                == ["2026-02-01T06:00:00Z", "2026-02-01T12:00:00Z"])
    }

    @Test func `weekdays with and without numbers are joined, not crossed`() throws {
        #expect(
            try Self.occurrences("DTSTART:20260601T000000Z\nRRULE:FREQ=MONTHLY;BYDAY=MO,1TU", 3)
                == ["2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-08T00:00:00Z"])
    }

    @Test(arguments: [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;UNTIL=20200101T000000Z",
    ])
    func `what never fires is known to`(rule: String) throws {
        #expect(try Self.occurrences(rule, 1) == [])
    }

    @Test func `an old rule of every minute is no slower than a young one`() throws {
        let start = ContinuousClock.now
        for _ in 0..<20 {
            let next = try Self.occurrences(
                "DTSTART;TZID=Europe/Berlin:19700101T000000\nRRULE:FREQ=MINUTELY", 1, after: "2026-06-01T00:00:30Z")
            #expect(next == ["2026-06-01T00:01:00Z"])
        }
        let time = ContinuousClock.now - start
        // By walking there it would be thirty million steps a time.
        #expect(time < .seconds(5))
    }

    @Test(arguments: [
        ("FREQ=SECONDLY", "RRULE.FREQ"), ("INTERVAL=2", "RRULE.FREQ"), ("FREQ=DAILY;FREQ=DAILY", "RRULE.FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "RRULE.INTERVAL"), ("FREQ=DAILY;INTERVAL=-1", "RRULE.INTERVAL"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260101T000000Z", "RRULE.COUNT"), ("FREQ=DAILY;BYSECOND=0,30", "RRULE.BYSECOND"),
        ("FREQ=DAILY;BYSETPOS=1", "RRULE.BYSETPOS"), ("FREQ=WEEKLY;BYMONTHDAY=1", "RRULE.BYMONTHDAY"),
        ("FREQ=DAILY;BYDAY=1MO", "RRULE.BYDAY"), ("FREQ=YEARLY;BYDAY=1MO;BYWEEKNO=2", "RRULE.BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "RRULE.BYDAY"), ("FREQ=MONTHLY;BYMONTHDAY=0", "RRULE.BYMONTHDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "RRULE.BYWEEKNO"), ("FREQ=MONTHLY;BYYEARDAY=3", "RRULE.BYYEARDAY"),
        ("FREQ=DAILY;UNTIL=20260230T000000Z", "RRULE.UNTIL"), ("FREQ=DAILY;RSCALE=CHINESE", "RRULE"),
        ("FREQ=DAILY;", "RRULE"), ("", "RRULE"), ("hello", "recurrence"),
        ("DTSTART:20260230T000000Z\nRRULE:FREQ=DAILY", "DTSTART"),
        ("DTSTART:20260101T250000Z\nRRULE:FREQ=DAILY", "DTSTART"),
        ("DTSTART;TZID=Mars/Base:20260101T000000\nRRULE:FREQ=DAILY", "time_zone"),
        ("DTSTART;TZID=../../etc/passwd:20260101T000000\nRRULE:FREQ=DAILY", "time_zone"),
        ("EXRULE:FREQ=DAILY", "EXRULE"), ("DTSTART:20260101T000000Z", "RRULE"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "RRULE.INTERVAL"), ("FREQ=DAILY;BYHOUR=+3", "RRULE.BYHOUR"),
    ])
    func `a mistake names its part`(text: String, field: String) throws {
        let error = try #require(throws: RecurrenceError.self) { try Self.occurrences(text, 1) }
        #expect(error.field == field, "\(error)")
    }
}
