import Encoding

extension RecurrenceRule {
    /// `FREQ=WEEKLY;BYDAY=MO,WE;…`, in any order, each part once. Throws `RecurrenceError` naming the part.
    public init(_ text: some StringProtocol) throws {
        var parts: [String: String] = [:]
        for part in text.split(separator: ";", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[1].isEmpty else {
                throw RecurrenceError(
                    "RRULE", "must be parts such as FREQ=DAILY;INTERVAL=2, not \"\(part.prefix(40))\"")
            }
            let name = sides[0].uppercased()
            guard Self.partNames.contains(name) else {
                throw RecurrenceError(
                    "RRULE", "has no part \(name.prefix(20)) (parts: \(Self.partNames.joined(separator: ", ")))")
            }
            guard parts.updateValue(sides[1].uppercased(), forKey: name) == nil else {
                throw RecurrenceError("RRULE.\(name)", "comes twice")
            }
        }
        let reader = PartReader(parts: parts)
        self.init(try reader.frequency())
        interval = try reader.number("INTERVAL", 1...1_000_000) ?? 1
        count = try reader.number("COUNT", 1...1_000_000)
        until = try reader.until()
        bySecond = try reader.number("BYSECOND", 0...59)
        byMinute = try reader.numbers("BYMINUTE", 0...59)
        byHour = try reader.numbers("BYHOUR", 0...23)
        byDay = try reader.weekdays()
        byMonthDay = try reader.numbers("BYMONTHDAY", 1...31, fromEnd: true)
        byYearDay = try reader.numbers("BYYEARDAY", 1...366, fromEnd: true)
        byWeekNumber = try reader.numbers("BYWEEKNO", 1...53, fromEnd: true)
        byMonth = try reader.numbers("BYMONTH", 1...12)
        bySetPosition = try reader.numbers("BYSETPOS", 1...366, fromEnd: true)
        weekStart = try reader.weekStart()
        try checkTogether()
    }

    private static let partNames = [
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY",
        "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
    ]

    /// The RFC's rules on what goes with what.
    private func checkTogether() throws {
        func refuse(_ isWrong: Bool, _ part: String, _ rule: String) throws {
            if isWrong { throw RecurrenceError("RRULE.\(part)", rule) }
        }
        try refuse(count != nil && until != nil, "COUNT", "can't be given beside UNTIL")
        try refuse(
            !byMonthDay.isEmpty && frequency == .weekly, "BYMONTHDAY", "can't be given where FREQ is WEEKLY")
        try refuse(
            !byYearDay.isEmpty && [.daily, .weekly, .monthly].contains(frequency), "BYYEARDAY",
            "can't be given where FREQ is DAILY, WEEKLY or MONTHLY")
        try refuse(!byWeekNumber.isEmpty && frequency != .yearly, "BYWEEKNO", "can be given only where FREQ is YEARLY")
        let isNumbered = byDay.contains { $0.place != nil }
        try refuse(
            isNumbered && frequency > .monthly, "BYDAY", "may have numbers only where FREQ is MONTHLY or YEARLY")
        try refuse(isNumbered && !byWeekNumber.isEmpty, "BYDAY", "may have no numbers beside BYWEEKNO")
        let others = [byMinute, byHour, byMonthDay, byYearDay, byWeekNumber, byMonth]
        try refuse(
            !bySetPosition.isEmpty && others.allSatisfy(\.isEmpty) && byDay.isEmpty && bySecond == nil, "BYSETPOS",
            "picks among what another BY part gives: there is none")
    }
}

private struct PartReader {
    var parts: [String: String]

    private func error(_ name: String, _ rule: String) -> RecurrenceError { RecurrenceError("RRULE.\(name)", rule) }

    func frequency() throws -> RecurrenceRule.Frequency {
        guard let text = parts["FREQ"] else { throw error("FREQ", "is required") }
        guard text != "SECONDLY" else { throw error("FREQ", "can't be SECONDLY: once a minute is the most") }
        guard let frequency = RecurrenceRule.Frequency(rawValue: text) else {
            let known = RecurrenceRule.Frequency.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("FREQ", "must be one of \(known)")
        }
        return frequency
    }

    func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = parts[name] else { return nil }
        guard let value = whole(text), range.contains(value) else {
            throw error(name, "must be one whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func numbers(_ name: String, _ range: ClosedRange<Int>, fromEnd: Bool = false) throws -> [Int] {
        guard let text = parts[name] else { return [] }
        let values = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Int? in
            let isNegative = fromEnd && part.first == "-"
            let digits = isNegative || fromEnd && part.first == "+" ? part.dropFirst() : part
            return whole(digits).flatMap { range.contains($0) ? (isNegative ? -$0 : $0) : nil }
        }
        guard values.count <= 1000, !values.contains(nil) else {
            let back = fromEnd ? ", or negative to count from the end" : ""
            throw error(name, "must be whole numbers from \(range.lowerBound) to \(range.upperBound)\(back)")
        }
        return Set(values.compactMap(\.self)).sorted()
    }

    func weekdays() throws -> [RecurrenceRule.WeekdayPlace] {
        guard let text = parts["BYDAY"] else { return [] }
        return try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let digits = part.dropLast(2)
            let place = digits.isEmpty ? 0 : whole(digits.drop { $0 == "-" || $0 == "+" })
            let signs = digits.prefix { $0 == "-" || $0 == "+" }
            guard let weekday = Self.weekdays.firstIndex(of: String(part.suffix(2))), let place, signs.count <= 1,
                digits.isEmpty || (1...53).contains(place)
            else { throw error("BYDAY", "must be weekdays such as MO, 1FR or -1SU") }
            return .init(weekday: weekday, place: digits.isEmpty ? nil : signs == "-" ? -place : place)
        }
    }

    func weekStart() throws -> Int {
        guard let text = parts["WKST"] else { return 0 }
        guard let day = Self.weekdays.firstIndex(of: text) else { throw error("WKST", "must be one of MO to SU") }
        return day
    }

    func until() throws -> RecurrenceRule.Until? {
        guard let text = parts["UNTIL"] else { return nil }
        let isUTC = text.hasSuffix("Z")
        guard let time = CivilTime(isUTC ? text.dropLast() : text[...]), !isUTC || text.count == 16 else {
            throw error("UNTIL", "must be a time that exists, such as 20261231T235959Z")
        }
        return isUTC ? .utc(time) : .local(time)
    }

    private func whole(_ text: some StringProtocol) -> Int? {
        PlainText.isDigits(text) ? Int(text) : nil
    }

    private static let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
}
