/// Which days a rule lets through, once what its start implies has been filled in.
struct DayFilter: Sendable {
    private let rule: RecurrenceRule
    private let plainWeekdays: Set<Int>
    private let placed: [RecurrenceRule.WeekdayPlace]
    private let months: Set<Int>

    init(_ rule: RecurrenceRule) {
        self.rule = rule
        plainWeekdays = Set(rule.byDay.filter { $0.place == nil }.map(\.weekday))
        placed = rule.byDay.filter { $0.place != nil }
        months = Set(rule.byMonth)
    }

    func admits(_ day: CivilDay) -> Bool {
        let (year, month, number) = day.parts
        if !months.isEmpty, !months.contains(month) { return false }
        if !rule.byMonthDay.isEmpty {
            let length = CivilDay.length(ofMonth: month, in: year)
            if !rule.byMonthDay.contains(where: { $0 == number || $0 < 0 && length + 1 + $0 == number }) {
                return false
            }
        }
        if !rule.byYearDay.isEmpty {
            let length = CivilDay.length(ofYear: year)
            let number = day.number - CivilDay(year: year, month: 1, day: 1).number + 1
            if !rule.byYearDay.contains(where: { $0 == number || $0 < 0 && length + 1 + $0 == number }) { return false }
        }
        if !rule.byDay.isEmpty, !plainWeekdays.contains(day.weekday), !isPlaced(day, year, month) { return false }
        return rule.byWeekNumber.isEmpty || isInWeek(day)
    }

    /// The nth weekday of the month, or of the year where a yearly rule names no months.
    private func isPlaced(_ day: CivilDay, _ year: Int, _ month: Int) -> Bool {
        guard placed.contains(where: { $0.weekday == day.weekday }) else { return false }
        let isWithinYear = rule.frequency == .yearly && rule.byMonth.isEmpty
        let first = CivilDay(year: year, month: isWithinYear ? 1 : month, day: 1).number
        let length = isWithinYear ? CivilDay.length(ofYear: year) : CivilDay.length(ofMonth: month, in: year)
        let fromStart = (day.number - first) / 7 + 1
        let fromEnd = (first + length - 1 - day.number) / 7 + 1
        return placed.contains { $0.weekday == day.weekday && ($0.place == fromStart || $0.place == -fromEnd) }
    }

    /// Week 1 is the first with four days in the year (ISO 8601, with WKST for Monday).
    private func isInWeek(_ day: CivilDay) -> Bool {
        let weekStart = day.number - (day.weekday - rule.weekStart).flooredRemainder(7)
        // The year of a week is that of its fourth day.
        let year = CivilDay(number: weekStart + 3).year
        let first = firstWeek(of: year)
        let number = (weekStart - first) / 7 + 1
        let count = (firstWeek(of: year + 1) - first) / 7
        return rule.byWeekNumber.contains { $0 == number || $0 < 0 && count + 1 + $0 == number }
    }

    private func firstWeek(of year: Int) -> Int {
        let fourth = CivilDay(year: year, month: 1, day: 4)
        return fourth.number - (fourth.weekday - rule.weekStart).flooredRemainder(7)
    }
}
