package import Encoding
package import FoundationEssentials
import HTTP
import Recurrence

/// A schedule as a caller writes it.
package struct ScheduleReader: Sendable {
    package var planner: OperationPlanner

    package init(planner: OperationPlanner) { self.planner = planner }

    package enum Reading: Sendable {
        case schedule(Schedule)
        case invalid([Violation])
    }

    /// - Parameter now: a schedule that gives no start begins here.
    package func read(_ body: JSON, tenant: String, name: String, now: Date) -> Reading {
        var reader = PayloadReader(body, path: "")
        if !Self.isName(name) { reader.reject("name", "must be 1 to 64 letters, digits, - and _") }
        let type = operationType(&reader)
        let priority = Int16(reader.optionalWhole("priority", in: 0...100) ?? 0)
        let timeZone = reader.optionalText("time_zone", maximumLength: 64) ?? "UTC"
        let starts = reader.optionalDate("starts_at") ?? now
        let missed = reader.choice("missed", of: Schedule.MissedRuns.allCases) ?? .one
        let window = reader.optionalWhole("missed_within_seconds", in: 60...31 * 86_400) ?? 86_400
        let overlap = reader.choice("overlap", of: Schedule.Overlap.allCases) ?? .skip
        let isOn = reader.optionalBool("on") ?? true
        let rule = Self.rule(&reader)
        reader.knows("payload")
        reader.finish()

        let payload = body["payload"] ?? .object([])
        var violations = reader.violations
        if let type { violations += check(type, payload) }
        guard let type, let rule, violations.isEmpty else { return .invalid(violations) }
        let schedule = Schedule(
            tenant: tenant, name: name, type: type.rawValue, payload: payload.canonical, priority: priority, rule: rule,
            timeZone: timeZone, startsAt: starts, missed: missed, missedWithin: .seconds(Int64(window)),
            overlap: overlap, isOn: isOn)
        do {
            return .schedule(try schedule.firing(after: now))
        } catch let error as RecurrenceError {
            return .invalid([Violation(error)])
        } catch {
            return .invalid([Violation("cron", "\(error)")])
        }
    }

    private func operationType(_ reader: inout PayloadReader) -> OperationType? {
        let name = reader.text("type", maximumLength: 100)
        guard !name.isEmpty else { return nil }
        if let type = OperationType(rawValue: name) { return type }
        reader.reject("type", "is not an operation type: GET /v1/operation-types lists them")
        return nil
    }

    private func check(_ type: OperationType, _ payload: JSON) -> [Violation] {
        if case .invalid(let violations) = planner.plan(type, payload: payload) { return violations }
        return []
    }

    /// Exactly one of cron and rrule.
    package static func rule(_ reader: inout PayloadReader) -> Schedule.Rule? {
        let cron = reader.optionalText("cron", maximumLength: 200)
        let rrule = reader.optionalText("rrule", maximumLength: 4000)
        switch (cron, rrule) {
        case (let cron?, nil): return .cron(cron)
        case (nil, let rrule?): return .rrule(rrule)
        case (nil, nil):
            if reader.violations.isEmpty { reader.reject("cron", "or rrule is required") }
            return nil
        case (_?, _?):
            reader.reject("rrule", "can't be given beside cron")
            return nil
        }
    }

    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F
            }
    }
}

extension Violation {
    init(_ error: RecurrenceError) { self.init(error.field, error.rule) }
}

extension PayloadReader {
    package mutating func choice<Choice: RawRepresentable<String>>(_ name: String, of all: [Choice]) -> Choice? {
        guard let text = optionalText(name, maximumLength: 100) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        reject(name, "must be one of \(all.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    package mutating func optionalBool(_ name: String) -> Bool? {
        guard let value = optionalValue(name) else { return nil }
        guard case .bool(let isTrue) = value else {
            reject(name, "must be true or false")
            return nil
        }
        return isTrue
    }
}
