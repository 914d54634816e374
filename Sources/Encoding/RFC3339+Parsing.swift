public import FoundationEssentials

extension RFC3339 {
    /// A moment, to the nanosecond.
    public struct Instant: Hashable, Sendable {
        /// Since 1970-01-01T00:00:00Z, rounded down.
        public var seconds: Int64
        public var nanoseconds: Int32

        public init(seconds: Int64, nanoseconds: Int32) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        /// Since 1970, what is finer cut off.
        public var milliseconds: Int64 { seconds * 1000 + Int64(nanoseconds / 1_000_000) }

        public var date: Date {
            Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1_000_000_000)
        }
    }

    /// Nil where the text is no RFC 3339 time: a day that the month has, T, a time of the day with or without fraction, Z or
    /// an offset. There is no 24:00 and no leap second.
    public static func parse(_ text: String) -> Date? { Instant(text)?.date }
}

extension RFC3339.Instant {
    /// Up to nine decimals; T may be a space, and T and Z small, as the RFC allows.
    public init?(_ text: String) {
        var text = text
        guard let instant = text.withUTF8({ RFC3339.Instant(utf8: $0) }) else { return nil }
        self = instant
    }

    public init?(utf8 text: UnsafeBufferPointer<UInt8>) {
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
        func sign(_ wanted: StaticString) -> Bool {
            guard at < text.count,
                UnsafeBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount).contains(text[at])
            else { return false }
            at += 1
            return true
        }
        guard let year = number(4), sign("-"), let month = number(2), sign("-"), let day = number(2), sign("Tt "),
            let hour = number(2), sign(":"), let minute = number(2), sign(":"), let second = number(2),
            (1...12).contains(month), day >= 1, day <= RFC3339.lastDay(year: year, month: month),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var nanoseconds: Int64 = 0
        if sign(".") {
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
        if !sign("Zz") {
            let isEast = sign("+")
            guard isEast || sign("-"), let hours = number(2), sign(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isEast ? 1 : -1)
        }
        guard at == text.count else { return nil }
        let days = RFC3339.days(year: year, month: month, day: day)
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        guard Self.writable.contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }

    /// The years 0 to 9999 in UTC, which have four digits.
    private static let writable =
        RFC3339.days(year: 0, month: 1, day: 1) * 86400..<RFC3339.days(year: 10_000, month: 1, day: 1) * 86400
}

extension RFC3339 {
    /// Days from 1970-01-01 in the Gregorian calendar; eras of 400 years, years that begin in March.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func lastDay(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
