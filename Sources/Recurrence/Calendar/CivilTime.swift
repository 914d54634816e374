/// What a clock on the wall shows: seconds since 1970-01-01T00:00 of that clock, in whatever time zone it hangs.
public struct CivilTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var seconds: Int

    public init(seconds: Int) { self.seconds = seconds }

    public init(_ day: CivilDay, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        seconds = ((day.number * 24 + hour) * 60 + minute) * 60 + second
    }

    public var day: CivilDay { CivilDay(number: seconds.flooredQuotient(86_400)) }
    public var hour: Int { seconds.flooredRemainder(86_400) / 3600 }
    public var minute: Int { seconds.flooredRemainder(3600) / 60 }
    public var second: Int { seconds.flooredRemainder(60) }

    /// `20260331T010100`, as RFC 5545 writes it.
    public var description: String {
        let parts = day.parts
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let year = String(repeating: "0", count: max(0, 4 - String(parts.year).count)) + String(parts.year)
        return "\(year)\(two(parts.month))\(two(parts.day))T\(two(hour))\(two(minute))\(two(second))"
    }

    /// `YYYYMMDDTHHMMSS` or, at midnight, `YYYYMMDD`. Nil for a day or a time that does not exist; a leap second is none.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            range.reduce(0 as Int?) { sum, place in
                guard let sum, (0x30...0x39).contains(digits[place]) else { return nil }
                return sum * 10 + Int(digits[place] - 0x30)
            }
        }
        guard digits.count == 8 || digits.count == 15 && digits[8] == UInt8(ascii: "T"),
            let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), year >= 1,
            (1...12).contains(month), day >= 1, day <= CivilDay.length(ofMonth: month, in: year)
        else { return nil }
        let date = CivilDay(year: year, month: month, day: day)
        guard digits.count == 15 else {
            self.init(date)
            return
        }
        guard let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15), hour < 24,
            minute < 60, second < 60
        else { return nil }
        self.init(date, hour: hour, minute: minute, second: second)
    }

    public static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }
}
