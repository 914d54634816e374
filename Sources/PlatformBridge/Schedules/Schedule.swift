package import Encoding
package import FoundationEssentials
package import Recurrence

/// An operation that is enqueued by the clock.
package struct Schedule: Hashable, Sendable {
    package enum Rule: Hashable, Sendable {
        case cron(String)
        case rrule(String)
    }

    /// What becomes of nominal times that passed while nobody looked.
    package enum MissedRuns: String, CaseIterable, Sendable {
        /// None of them is run.
        case skip
        /// The last of them is run.
        case one
        /// Each is run, as far back as the window goes.
        case all
    }

    /// What becomes of a run whose predecessor is not finished yet.
    package enum Overlap: String, CaseIterable, Sendable {
        case skip, allow
    }

    package var tenant: String
    package var name: String
    package var type: String
    package var payload: JSON
    package var priority: Int16
    package var rule: Rule
    package var timeZone: String
    /// A rule without DTSTART begins here.
    package var startsAt: Date
    package var missed: MissedRuns
    package var missedWithin: Duration
    package var overlap: Overlap
    package var isOn: Bool

    // As the store has it.
    package var nextRunAt: Date?
    package var trouble: String?
    package var updatedAt: Date?

    /// A run this much later than its nominal time is not missed: nobody looks more often than that.
    package static let punctual: Duration = .seconds(60)

    /// Throws `RecurrenceError`.
    package func timing() throws -> ScheduleTiming {
        try ScheduleTiming(rule, timeZone: timeZone, startsAt: startsAt)
    }

    /// With its next run after that. Throws `RecurrenceError` where the rule can't be read, or never comes round.
    package func firing(after now: Date) throws -> Schedule {
        guard let next = try timing().next(after: now) else {
            let field = if case .cron = rule { "cron" } else { "rrule" }
            throw RecurrenceError(field, "never fires after \(RFC3339.format(now))")
        }
        var schedule = self
        schedule.nextRunAt = next
        return schedule
    }
}

/// The nominal times of a schedule.
package enum ScheduleTiming: Sendable {
    case cron(CronExpression, TimeZoneRules)
    case recurrence(RecurrenceSet)

    /// Throws `RecurrenceError`.
    package init(_ rule: Schedule.Rule, timeZone: String, startsAt: Date) throws {
        let zone = try TimeZoneRules(named: timeZone)
        switch rule {
        case .cron(let text): self = .cron(try CronExpression(text), zone)
        case .rrule(let text):
            self = .recurrence(
                try RecurrenceSet(text, zone: zone, start: Int(startsAt.timeIntervalSince1970.rounded(.down))))
        }
    }

    /// Nil where there is none any more.
    package func next(after date: Date) -> Date? {
        let moment = Int(date.timeIntervalSince1970.rounded(.down))
        let next =
            switch self {
            case .cron(let cron, let zone): cron.next(after: moment, in: zone)
            case .recurrence(let set): set.next(after: moment)
            }
        return next.map { Date(timeIntervalSince1970: Double($0)) }
    }

    /// The first `count` after that.
    package func next(_ count: Int, after date: Date) -> [Date] {
        var (dates, last) = ([Date](), date)
        while dates.count < count, let next = next(after: last) {
            dates.append(next)
            last = next
        }
        return dates
    }
}
