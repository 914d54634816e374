/// The rule at the end of a TZif file, such as `EST5EDT,M3.2.0,M11.1.0` (POSIX TZ with RFC 9636's hours of -167 to 167).
struct PosixTimeZone: Hashable, Sendable {
    var standard: Int
    var daylight: (offset: Int, from: Change, until: Change)?

    struct Change: Hashable, Sendable {
        enum Day: Hashable, Sendable {
            /// 1 to 365, without the 29th of February.
            case julian(Int)
            /// 0 to 365, with it.
            case ordinal(Int)
            /// The nth weekday (0 Sunday) of a month; 5 is the last.
            case weekday(month: Int, week: Int, day: Int)
        }

        var day: Day
        /// Seconds after local midnight, of the offset in force before.
        var time: Int

        func local(in year: Int) -> Int {
            let newYear = CivilDay(year: year, month: 1, day: 1)
            let date: CivilDay
            switch day {
            case .julian(let day):
                let isAfterLeapDay = CivilDay.length(ofYear: year) == 366 && day >= 60
                date = CivilDay(number: newYear.number + day - 1 + (isAfterLeapDay ? 1 : 0))
            case .ordinal(let day): date = CivilDay(number: newYear.number + day)
            case .weekday(let month, let week, let day):
                let first = CivilDay(year: year, month: month, day: 1)
                let toFirst = (day + 6 - first.weekday).flooredRemainder(7)
                let days = toFirst + (week - 1) * 7
                date = CivilDay(
                    number: first.number + (days < CivilDay.length(ofMonth: month, in: year) ? days : days - 7))
            }
            return CivilTime(date).seconds + time
        }
    }

    func offset(at moment: Int) -> Int {
        guard let daylight else { return standard }
        let year = CivilTime(seconds: moment + standard).day.year
        let from = daylight.from.local(in: year) - standard
        let until = daylight.until.local(in: year) - daylight.offset
        let isDaylight = from < until ? from <= moment && moment < until : !(until <= moment && moment < from)
        return isDaylight ? daylight.offset : standard
    }

    static func == (a: Self, b: Self) -> Bool {
        a.standard == b.standard && a.daylight?.offset == b.daylight?.offset && a.daylight?.from == b.daylight?.from
            && a.daylight?.until == b.daylight?.until
    }

    func hash(into hasher: inout Hasher) { hasher.combine(standard) }
}

extension PosixTimeZone {
    init?(_ text: String) {
        var reader = Reader(rest: text[...])
        guard reader.skipName(), let standard = reader.time() else { return nil }
        self.standard = -standard
        if reader.rest.isEmpty { return }
        guard reader.skipName() else { return nil }
        var offset = self.standard + 3600
        if reader.rest.first != "," {
            guard let given = reader.time() else { return nil }
            offset = -given
        }
        guard let from = reader.change(), let until = reader.change(), reader.rest.isEmpty else { return nil }
        daylight = (offset, from, until)
    }

    private struct Reader {
        var rest: Substring

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        mutating func skipName() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: ">") else { return false }
                rest = rest[rest.index(after: end)...]
                return true
            }
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            return Int(digits).flatMap { range.contains($0) ? $0 : nil }
        }

        /// `[+-]h[h[h]][:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let sign = take("-") ? -1 : 1
            _ = sign == 1 && take("+")
            guard var seconds = number(0...167).map({ $0 * 3600 }) else { return nil }
            for unit in [60, 1] where take(":") {
                guard let part = number(0...59) else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }

        mutating func change() -> Change? {
            guard take(",") else { return nil }
            let day: Change.Day
            if take("M") {
                guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                    let weekday = number(0...6)
                else { return nil }
                day = .weekday(month: month, week: week, day: weekday)
            } else if take("J") {
                guard let number = number(1...365) else { return nil }
                day = .julian(number)
            } else {
                guard let number = number(0...365) else { return nil }
                day = .ordinal(number)
            }
            guard take("/") else { return Change(day: day, time: 7200) }
            return time().map { Change(day: day, time: $0) }
        }
    }
}
