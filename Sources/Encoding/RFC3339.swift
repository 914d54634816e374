public import FoundationEssentials

/// Times as text: `2026-11-21T08:15:30.125Z`, UTC, milliseconds (RFC 3339).
public enum RFC3339 {
    public static func format(_ date: Date) -> String {
        // A Date counts from 2001 in binary fractions: what is a millisecond in decimals can lie a hair below it.
        let exact = (date.timeIntervalSince1970 * 1000 + 0.001).rounded(.down)
        // The years 1 to 9999: what lies outside has no such form, and is shown as the nearest that has.
        let milliseconds = Int64(min(max(exact, -62_135_596_800_000), 253_402_300_799_999))
        let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
        let (year, month, day) = civil(days: days)
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map { pad($0, 2) }.joined(separator: ":")
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(time).\(pad(rest % 1000, 3))Z"
    }

    /// Day of the proleptic Gregorian calendar, counted from 1970-01-01.
    package static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (Int64, Int64) {
        let quotient = self / divisor - (self % divisor < 0 ? 1 : 0)
        return (quotient, self - quotient * divisor)
    }
}
