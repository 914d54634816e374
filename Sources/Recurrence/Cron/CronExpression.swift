import Encoding

/// A cron expression: minute, hour, day of the month, month, day of the week, by the clock on the wall of a zone.
///
/// A day counts if it fits both day fields, or one of the two where neither begins with `*` (as Vixie's cron has it).
/// Where the hour is fixed, a time that the clocks skip is made up for at the moment of the jump and a time that comes
/// twice is its first; where the hour begins with `*`, real time goes on: what comes twice runs twice, what is skipped
/// does not run.
public struct CronExpression: Hashable, Sendable {
    let minutes: [Int]
    let hours: [Int]
    let monthDays: Set<Int>
    let months: Set<Int>
    /// 0 is Sunday.
    let weekdays: Set<Int>
    private let takesEitherDay: Bool
    private let followsRealTime: Bool

    /// Five fields, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. Throws `RecurrenceError`.
    public init(_ text: String) throws {
        var text = text
        if text.hasPrefix("@") {
            guard let fields = Self.shorthands[text.lowercased()] else {
                throw RecurrenceError(
                    "cron",
                    "has no shorthand \"\(text.prefix(20))\" (there are \(Self.shorthands.keys.sorted().joined(separator: ", ")))"
                )
            }
            text = fields
        }
        let fields = text.split { $0 == " " || $0 == "\t" }
        guard fields.count == 5 else {
            throw RecurrenceError(
                "cron",
                "must have five fields (minute hour day month weekday), such as \"*/5 * * * *\", not \(fields.count)")
        }
        minutes = try CronField.values("minute", fields[0], 0...59).sorted()
        hours = try CronField.values("hour", fields[1], 0...23).sorted()
        monthDays = try CronField.values("day", fields[2], 1...31)
        months = try CronField.values("month", fields[3], 1...12, names: Self.monthNames, firstName: 1)
        weekdays = Set(
            try CronField.values("weekday", fields[4], 0...7, names: Self.weekdayNames, firstName: 0).map { $0 % 7 })
        takesEitherDay = fields[2].first != "*" && fields[4].first != "*"
        followsRealTime = fields[1].first == "*"
    }

    /// The first time after that moment (Unix seconds). Nil where no day fits.
    public func next(after moment: Int, in zone: TimeZoneRules) -> Int? {
        let first = zone.local(at: moment).day.number - 1
        // A 29th of February on a weekday of its own comes every forty years at the latest.
        for number in first..<first + 41 * 366 {
            let day = CivilDay(number: number)
            guard admits(day) else { continue }
            if let next = times(on: day, in: zone).filter({ $0 > moment }).min() { return next }
        }
        return nil
    }

    private func admits(_ day: CivilDay) -> Bool {
        let parts = day.parts
        guard months.contains(parts.month) else { return false }
        let (fitsMonth, fitsWeek) = (monthDays.contains(parts.day), weekdays.contains((day.weekday + 1) % 7))
        return takesEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek
    }

    private func times(on day: CivilDay, in zone: TimeZoneRules) -> [Int] {
        let (midnight, next) = (CivilTime(day), CivilTime(CivilDay(number: day.number + 1)))
        let offset = zone.offset(at: zone.moment(of: midnight) - 1)
        let isPlain =
            zone.moments(of: midnight).count == 1 && zone.moments(of: next).count == 1
            && zone.moment(of: next) - zone.moment(of: midnight) == 86_400
            && offset == zone.offset(at: zone.moment(of: midnight))
        return hours.flatMap { hour in
            minutes.flatMap { minute in
                let local = CivilTime(day, hour: hour, minute: minute)
                if isPlain { return [local.seconds - offset] }
                let moments = zone.moments(of: local)
                if followsRealTime { return moments }
                return [moments.first ?? zone.gap(over: local)]
            }
        }
    }

    private static let shorthands = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
}

private enum CronField {
    /// `*`, `n`, `a-b`, each with `/step`, in a list. Throws `RecurrenceError`.
    static func values(
        _ field: String, _ text: Substring, _ range: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
    ) throws -> Set<Int> {
        let error = RecurrenceError(
            "cron.\(field)",
            "must be *, whole numbers from \(range.lowerBound) to \(range.upperBound)"
                + (names.isEmpty ? "" : ", names such as \(names[1])") + ", ranges such as "
                + "\(range.lowerBound)-\(range.lowerBound + 4) or steps such as */5, in a list, not \"\(text.prefix(40))\""
        )
        func number(_ text: Substring) -> Int? {
            if let place = names.firstIndex(of: text.uppercased()) { return place + firstName }
            guard PlainText.isDigits(text), let value = Int(text), range.contains(value) else { return nil }
            return value
        }
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            var step = 1
            if sides.count == 2 {
                guard PlainText.isDigits(sides[1]), let given = Int(sides[1]), given > 0,
                    given <= range.upperBound
                else { throw error }
                step = given
            }
            let ends = sides[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            let (low, high): (Int, Int)
            if sides[0] == "*" {
                (low, high) = (range.lowerBound, range.upperBound)
            } else if ends.count == 2 {
                guard let from = number(ends[0]), let to = number(ends[1]), from <= to else { throw error }
                (low, high) = (from, to)
            } else {
                guard let only = number(sides[0]) else { throw error }
                (low, high) = (only, sides.count == 2 ? range.upperBound : only)
            }
            values.formUnion(stride(from: low, through: high, by: step))
        }
        return values
    }
}
