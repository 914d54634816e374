import Foundation
import Testing

@testable import Encoding

struct RFC3339Tests {
    @Test(arguments: [
        "2026-02-30T12:00:00Z", "2026-04-31T00:00:00Z", "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2026-12-01T24:00:00Z", "2026-12-01T12:60:00Z", "2026-12-01T12:00:60Z", "2026-13-01T12:00:00Z",
        "2026-00-01T12:00:00Z", "2026-12-00T12:00:00Z", "2026-12-01T12:00:00", "2026-12-01", "2026-12-01T12:00:00.Z",
        "2026-12-01T12:00:00+24:00", "2026-12-01T12:00:00+0100", "2026-12-01T12:00:00Z ", "２０２６-12-01T12:00:00Z",
        "0000-01-01T00:00:00+00:01", "2026-12-01T12:00:00.1234567890Z", "",
    ]) func `a time that does not exist is none`(text: String) {
        #expect(RFC3339.parse(text) == nil)
        #expect(RFC3339.Instant(text) == nil)
    }

    @Test(arguments: [
        ("2026-12-01T12:00:00.123456+00:00", "2026-12-01T12:00:00.123Z"),
        ("2022-04-20T10:57:26.413878+02:00", "2022-04-20T08:57:26.413Z"),
        ("2023-01-18T10:04:11.123Z", "2023-01-18T10:04:11.123Z"),
        ("2022-02-27T14:26:34.650Z", "2022-02-27T14:26:34.650Z"),
        ("2026-12-01t12:00:00z", "2026-12-01T12:00:00.000Z"), ("2024-02-29 23:59:59Z", "2024-02-29T23:59:59.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("2000-02-29T00:00:00-23:59", "2000-02-29T23:59:00.000Z"),
    ]) func `a time is read to the millisecond, and no millisecond less`(text: String, expected: String) throws {
        let instant = try #require(RFC3339.Instant(text))
        #expect(RFC3339.format(instant.date) == expected)
        #expect(RFC3339.Instant(expected)?.milliseconds == instant.milliseconds)
    }

    @Test func `every day of four centuries is read as the day that it is`() {
        for day in Int64(0)..<146_097 {
            let (year, month, date) = RFC3339.civil(days: day)
            #expect(RFC3339.days(year: year, month: month, day: date) == day)
            #expect(date <= RFC3339.lastDay(year: year, month: month))
        }
    }
}

struct LoneSurrogateTests {
    @Test func `half of a surrogate pair is refused, or replaced where Go's way is asked for`() throws {
        for text in [#""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\u0041""#] {
            #expect(throws: JSONScanner.Failure.self) { try JSON(parsing: text) }
            let read = try JSON(parsing: Array(text.utf8), surrogates: .replaced)
            #expect(read.string?.contains("\u{FFFD}") == true, "\(text)")
        }
        #expect(try JSON(parsing: Array(#""\ud83d\ude00""#.utf8), surrogates: .replaced) == .string("😀"))
        #expect(try JSON(parsing: Array(#""\ud800\u0041""#.utf8), surrogates: .replaced) == .string("\u{FFFD}A"))
    }
}
