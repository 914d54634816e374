extension Timestamp {
    /// RFC 3339, as Go writes it: `2026-11-21T23:49:02.182Z`, up to nine decimals, an offset instead of Z allowed. Nil
    /// where it is not that.
    init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        var at = 0
        func number(_ digits: Int) -> Int64? {
            guard at + digits <= text.count else { return nil }
            var value: Int64 = 0
            for _ in 0..<digits {
                guard (0x30...0x39).contains(text[at]) else { return nil }
                value = value * 10 + Int64(text[at] - 0x30)
                at += 1
            }
            return value
        }
        func sign(_ wanted: UInt8) -> Bool {
            guard at < text.count, text[at] == wanted else { return false }
            at += 1
            return true
        }
        guard let year = number(4), sign(0x2D), let month = number(2), sign(0x2D), let day = number(2),
            sign(UInt8(ascii: "T")), let hour = number(2), sign(0x3A), let minute = number(2), sign(0x3A),
            let second = number(2), (1...12).contains(month), day >= 1, day <= Self.lastDay(year: year, month: month),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var nanoseconds: Int64 = 0
        if sign(0x2E) {
            var scale: Int64 = 100_000_000
            let start = at
            while at < text.count, (0x30...0x39).contains(text[at]) {
                nanoseconds += Int64(text[at] - 0x30) * scale
                scale /= 10
                at += 1
            }
            guard at > start, at - start <= 9 else { return nil }
        }
        var offset: Int64 = 0
        if !sign(UInt8(ascii: "Z")) {
            let isEast = sign(0x2B)
            guard isEast || sign(0x2D), let hours = number(2), sign(0x3A), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
        }
        guard at == text.count else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        guard Self.writable.contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    /// The years 0 to 9999 in UTC, which have four digits.
    private static let writable = days(year: 0, month: 1, day: 1) * 86400..<days(year: 10_000, month: 1, day: 1) * 86400

    /// Days from 1970-01-01 in the Gregorian calendar; eras of 400 years, years that begin in March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func lastDay(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        case 1, 3, 5, 7, 8, 10, 12: 31
        default: 0
        }
    }
}
