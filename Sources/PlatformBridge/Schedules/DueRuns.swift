package import FoundationEssentials

/// What becomes of the nominal times of one schedule that have come. Pure: times and policies in, runs out.
package struct DueRuns: Hashable, Sendable {
    package struct Skipped: Hashable, Sendable {
        package var from: Date
        package var through: Date
        package var because: String
    }

    /// To be enqueued, in order.
    package var runs: [Date] = []
    package var skipped: [Skipped] = []
    /// Nil where there is none any more.
    package var next: Date?

    /// As many are decided at once; the rest at the next look.
    package static let most = 100

    /// - Parameters:
    ///   - first: the nominal time that has come, not after `now`.
    package init(
        first: Date, now: Date, timing: ScheduleTiming, missed: Schedule.MissedRuns, within: Double, punctual: Double
    ) {
        // What is older than the window is not looked at one by one: a year of minutes is half a million.
        let oldest = now.addingTimeInterval(-max(within, punctual))
        var time: Date? = first
        if first < oldest {
            let resumed = timing.next(after: oldest)
            skipped.append(
                Skipped(from: first, through: oldest, because: "missed, longer ago than the window for missed runs"))
            time = resumed
        }
        switch missed {
        case .all:
            while let nominal = time, nominal <= now, runs.count < Self.most {
                runs.append(nominal)
                time = timing.next(after: nominal)
            }
        case .skip, .one:
            // Late ones are one stretch; only what is on time, or the last of them, runs.
            let onTime = now.addingTimeInterval(-punctual)
            var late: (from: Date, through: Date)?
            var looked = 0
            while let nominal = time, nominal < onTime, looked < 100_000 {
                late = (late?.from ?? nominal, nominal)
                time = timing.next(after: nominal)
                looked += 1
            }
            var current: Date?
            while let nominal = time, nominal <= now {
                if let before = current { late = (late?.from ?? before, before) }
                current = nominal
                time = timing.next(after: nominal)
            }
            if missed == .one, current == nil, let last = late {
                current = last.through
                late = last.from == last.through ? nil : (last.from, last.through.addingTimeInterval(-1))
            }
            if let late {
                skipped.append(
                    Skipped(
                        from: late.from, through: late.through,
                        because: missed == .one ? "missed, made up for by one run" : "missed"))
            }
            if let current { runs.append(current) }
        }
        next = time
    }
}
