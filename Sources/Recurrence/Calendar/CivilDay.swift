import Encoding

/// A day of the proleptic Gregorian calendar, counted from 1970-01-01.
public struct CivilDay: Hashable, Comparable, Sendable {
    public var number: Int

    public init(number: Int) { self.number = number }

    /// Months and days beyond their range are carried on: month 13 is January of the next year.
    public init(year: Int, month: Int, day: Int) {
        let months = year * 12 + month - 1
        number = Int(
            RFC3339.days(
                year: Int64(months.flooredQuotient(12)), month: Int64(months.flooredRemainder(12) + 1),
                day: Int64(day)))
    }

    public var parts: (year: Int, month: Int, day: Int) {
        let (year, month, day) = RFC3339.civil(days: Int64(number))
        return (Int(year), Int(month), Int(day))
    }

    public var year: Int { parts.year }

    /// 0 is Monday, 6 Sunday.
    public var weekday: Int { (number + 3).flooredRemainder(7) }

    public static func length(ofMonth month: Int, in year: Int) -> Int {
        Int(RFC3339.lastDay(year: Int64(year), month: Int64(month)))
    }

    public static func length(ofYear year: Int) -> Int { length(ofMonth: 2, in: year) + 337 }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

extension Int {
    package func flooredQuotient(_ divisor: Int) -> Int { self / divisor - (self % divisor < 0 ? 1 : 0) }
    package func flooredRemainder(_ divisor: Int) -> Int { self - flooredQuotient(divisor) * divisor }
}
