extension RecurrenceRule {
    /// The occurrences from `start` on, in order, by the clock on the wall; UNTIL and COUNT are for `RecurrenceSet`.
    ///
    /// It ends after the year 9999, and where half a million periods in a row held nothing: such a rule never fires.
    /// - Parameter after: where to begin looking, so that an old rule costs no more than a young one.
    func occurrences(from start: CivilTime, after: CivilTime? = nil) -> Occurrences {
        Occurrences(self, from: start, after: after)
    }

    struct Occurrences: Sequence, IteratorProtocol {
        private let rule: RecurrenceRule
        private let start: CivilTime
        private let days: DayFilter
        private let hours: [Int]
        private let minutes: [Int]
        private let second: Int
        /// Counts years, months, days (daily and weekly), hours or minutes.
        private var cursor: Int
        private var found: [CivilTime] = []
        private var place = 0
        /// Whether its steps ever reach an hour and a minute that it asks for.
        private let isAligned: Bool

        init(_ given: RecurrenceRule, from start: CivilTime, after: CivilTime?) {
            let rule = given.filled(from: start)
            self.rule = rule
            self.start = start
            days = DayFilter(rule)
            hours = rule.byHour.isEmpty ? Array(0..<24) : rule.byHour
            minutes = rule.byMinute.isEmpty ? Array(0..<60) : rule.byMinute
            second = rule.bySecond ?? start.second
            isAligned = Self.isAligned(rule, start)
            cursor = Self.period(of: start, rule)
            if let after, after > start {
                let step = rule.interval * (rule.frequency == .weekly ? 7 : 1)
                let passed = (Self.period(of: after, rule) - cursor) / step
                // One before: a period's last occurrence may lie behind the next one's start where weeks are cut.
                cursor += Swift.max(0, passed - 1) * step
            }
        }

        private static func isAligned(_ rule: RecurrenceRule, _ start: CivilTime) -> Bool {
            guard rule.frequency >= .hourly else { return true }
            let unit = rule.frequency == .hourly ? 60 : 1
            var minute = (start.seconds.flooredQuotient(60 * unit) * unit).flooredRemainder(1440)
            for _ in 0..<1440 / unit {
                let isWanted =
                    (rule.byHour.isEmpty || rule.byHour.contains(minute / 60))
                    && (unit == 60 || rule.byMinute.isEmpty || rule.byMinute.contains(minute % 60))
                if isWanted { return true }
                minute = (minute + rule.interval * unit) % 1440
            }
            return false
        }

        private static func period(of time: CivilTime, _ rule: RecurrenceRule) -> Int {
            let parts = time.day.parts
            return switch rule.frequency {
            case .yearly: parts.year
            case .monthly: parts.year * 12 + parts.month - 1
            // The first week begins with the start, later ones with WKST.
            case .weekly: time.day.number - (time.day.weekday - rule.weekStart).flooredRemainder(7)
            case .daily: time.day.number
            case .hourly: time.seconds.flooredQuotient(3600)
            case .minutely: time.seconds.flooredQuotient(60)
            }
        }

        mutating func next() -> CivilTime? {
            guard isAligned else { return nil }
            var emptyPeriods = 0
            while place == found.count {
                guard emptyPeriods < 500_000, let period = advance() else { return nil }
                found = period
                place = 0
                emptyPeriods += 1
            }
            defer { place += 1 }
            return found[place]
        }

        /// The occurrences of the period at the cursor, which moves on. Nil after the year 9999.
        private mutating func advance() -> [CivilTime]? {
            let times: [CivilTime]
            switch rule.frequency {
            case .yearly:
                guard cursor <= 9999 else { return nil }
                times = expand(CivilDay(year: cursor, month: 1, day: 1).number, CivilDay.length(ofYear: cursor))
                cursor += rule.interval
            case .monthly:
                let (year, month) = (cursor / 12, cursor % 12 + 1)
                guard year <= 9999 else { return nil }
                times = expand(
                    CivilDay(year: year, month: month, day: 1).number, CivilDay.length(ofMonth: month, in: year))
                cursor += rule.interval
            case .weekly:
                guard isWithinTime(cursor * 86_400) else { return nil }
                let first = Swift.max(cursor, start.day.number)
                times = expand(first, cursor + 7 - first)
                cursor += 7 * rule.interval
            case .daily:
                guard isWithinTime(cursor * 86_400) else { return nil }
                times = expand(cursor, 1)
                cursor += rule.interval
            case .hourly:
                guard isWithinTime(cursor * 3600) else { return nil }
                times = expandWithinDay(unit: 3600)
            case .minutely:
                guard isWithinTime(cursor * 60) else { return nil }
                times = expandWithinDay(unit: 60)
            }
            return times.filter { $0 >= start }
        }

        private func isWithinTime(_ seconds: Int) -> Bool { seconds < Self.end }
        private static let end = CivilTime(CivilDay(year: 10_000, month: 1, day: 1)).seconds

        private func expand(_ first: Int, _ count: Int) -> [CivilTime] {
            var times: [CivilTime] = []
            for number in first..<first + count {
                let day = CivilDay(number: number)
                guard days.admits(day) else { continue }
                for hour in hours {
                    for minute in minutes {
                        times.append(CivilTime(day, hour: hour, minute: minute, second: second))
                    }
                }
            }
            return pick(times)
        }

        /// One hour or one minute; a day or an hour that can hold none is stepped over whole.
        private mutating func expandWithinDay(unit: Int) -> [CivilTime] {
            let time = CivilTime(seconds: cursor * unit)
            guard days.admits(time.day) else {
                step(to: (time.day.number + 1) * 86_400 / unit)
                return []
            }
            guard hours.contains(time.hour) else {
                step(to: (time.seconds.flooredQuotient(3600) + 1) * 3600 / unit)
                return []
            }
            cursor += rule.interval
            if unit == 60 {
                return minutes.contains(time.minute) ? pick([CivilTime(seconds: time.seconds + second)]) : []
            }
            return pick(minutes.map { CivilTime(seconds: time.seconds + $0 * 60 + second) })
        }

        /// To the first of the rule's periods that is not before `target`.
        private mutating func step(to target: Int) {
            cursor += Swift.max(1, (target - cursor + rule.interval - 1) / rule.interval) * rule.interval
        }

        private func pick(_ times: [CivilTime]) -> [CivilTime] {
            guard !rule.bySetPosition.isEmpty else { return times }
            let places = rule.bySetPosition.map { $0 > 0 ? $0 - 1 : times.count + $0 }
            return Set(places).filter(times.indices.contains).sorted().map { times[$0] }
        }
    }

    /// What the rule leaves open, its start says.
    private func filled(from start: CivilTime) -> RecurrenceRule {
        var rule = self
        let (_, month, day) = start.day.parts
        if byWeekNumber.isEmpty, byYearDay.isEmpty, byMonthDay.isEmpty, byDay.isEmpty {
            switch frequency {
            case .yearly:
                if byMonth.isEmpty { rule.byMonth = [month] }
                rule.byMonthDay = [day]
            case .monthly: rule.byMonthDay = [day]
            case .weekly: rule.byDay = [WeekdayPlace(weekday: start.day.weekday)]
            case .daily, .hourly, .minutely: break
            }
        }
        if frequency < .hourly, byHour.isEmpty { rule.byHour = [start.hour] }
        if frequency < .minutely, byMinute.isEmpty { rule.byMinute = [start.minute] }
        return rule
    }
}
