/// When something recurs: DTSTART, RRULE, RDATE and EXDATE of RFC 5545, in one time zone.
///
/// The clock on the wall decides. A time that the clocks skip is read with the offset before the gap, one that comes
/// twice is its first (3.3.5); two occurrences that fall on one moment are one.
public struct RecurrenceSet: Hashable, Sendable {
    public var zone: TimeZoneRules
    public var start: CivilTime
    public var rules: [RecurrenceRule] = []
    /// Unix seconds.
    public var added: [Int] = []
    public var removed: Set<Int> = []

    /// Properties, one a line, `DTSTART;TZID=Europe/Berlin:20260101T090000` and so on; or the value of an RRULE alone.
    /// - Parameter zone: for a DTSTART without a zone of its own.
    /// - Parameter start: a moment, where the text has no DTSTART.
    /// - Throws: `RecurrenceError`.
    public init(
        _ text: String, zone: TimeZoneRules, start: Int,
        zones: (String) throws -> TimeZoneRules = { try .init(named: $0) }
    ) throws {
        self.zone = zone
        self.start = zone.local(at: start)
        var properties: [Property] = []
        for line in Self.unfolded(text) { properties.append(try Property(line)) }
        for property in properties where property.name == "DTSTART" {
            guard properties.count(where: { $0.name == "DTSTART" }) == 1 else {
                throw RecurrenceError("DTSTART", "comes twice")
            }
            if let name = property.timeZone { self.zone = try zones(name) }
            let (time, isUTC) = try property.time(property.value)
            if isUTC { self.zone = .utc }
            self.start = time
        }
        for property in properties {
            switch property.name {
            case "DTSTART": break
            case "RRULE": rules.append(try RecurrenceRule(property.value))
            case "RDATE", "EXDATE":
                let zone = try property.timeZone.map(zones) ?? self.zone
                let moments = try property.value.split(separator: ",", omittingEmptySubsequences: false).map {
                    let (time, isUTC) = try property.time(String($0))
                    return isUTC ? time.seconds : zone.moment(of: time)
                }
                if property.name == "RDATE" { added += moments } else { removed.formUnion(moments) }
            default:
                throw RecurrenceError(
                    property.name, "is no property of a recurrence (properties: DTSTART, RRULE, RDATE, EXDATE)")
            }
        }
        guard !rules.isEmpty || !added.isEmpty else { throw RecurrenceError("RRULE", "is required") }
        added.sort()
    }

    /// The first occurrence after that moment. Nil where there is none before the year 10000.
    public func next(after moment: Int) -> Int? {
        var candidates = rules.compactMap { next(of: $0, after: moment) }
        if let date = added.first(where: { $0 > moment && !removed.contains($0) }) { candidates.append(date) }
        return candidates.min()
    }

    private func next(of rule: RecurrenceRule, after moment: Int) -> Int? {
        let local = zone.local(at: moment)
        // What COUNT counts begins with the start. A clock set back shows a time again that is past: two hours and more.
        let from = rule.count == nil ? CivilTime(seconds: local.seconds - 93_600) : nil
        var left = rule.count ?? Int.max
        for time in rule.occurrences(from: start, after: from) {
            guard left > 0 else { return nil }
            left -= 1
            let occurrence = zone.moment(of: time)
            switch rule.until {
            case .utc(let until): if occurrence > until.seconds { return nil }
            case .local(let until): if time > until { return nil }
            case nil: break
            }
            if occurrence > moment, !removed.contains(occurrence) { return occurrence }
        }
        return nil
    }

    /// A line that begins with a space goes on with the one before (3.1).
    private static func unfolded(_ text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            if let first = line.first, first == " " || first == "\t", !lines.isEmpty {
                lines[lines.count - 1] += line.dropFirst()
            } else {
                lines.append(String(line))
            }
        }
        return lines
    }
}

private struct Property {
    var name: String
    var parameters: [String: String] = [:]
    var value: String
    var timeZone: String? { parameters["TZID"] }

    init(_ line: String) throws {
        guard let colon = line.firstIndex(of: ":") else {
            // A rule by itself.
            guard line.contains("=") else {
                throw RecurrenceError(
                    "recurrence", "must be lines such as RRULE:FREQ=DAILY, not \"\(line.prefix(40))\"")
            }
            (name, value) = ("RRULE", line)
            return
        }
        value = String(line[line.index(after: colon)...])
        let head = line[..<colon].split(separator: ";", omittingEmptySubsequences: false)
        name = head.first.map { $0.uppercased() } ?? ""
        for parameter in head.dropFirst() {
            let sides = parameter.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, ["TZID", "VALUE"].contains(sides[0].uppercased()) else {
                throw RecurrenceError(name, "has no parameter \"\(parameter.prefix(40))\" (parameters: TZID, VALUE)")
            }
            parameters[sides[0].uppercased()] = String(sides[1])
        }
        if name == "RRULE", !parameters.isEmpty { throw RecurrenceError(name, "has no parameters") }
        if let kind = parameters["VALUE"], !["DATE", "DATE-TIME"].contains(kind.uppercased()) {
            throw RecurrenceError(name, "VALUE must be DATE or DATE-TIME")
        }
    }

    func time(_ text: String) throws -> (CivilTime, isUTC: Bool) {
        let isUTC = text.hasSuffix("Z")
        guard let time = CivilTime(isUTC ? text.dropLast() : text[...]), !isUTC || text.utf8.count == 16 else {
            throw RecurrenceError(name, "must be a time that exists, such as 20260331T090000")
        }
        if isUTC, timeZone != nil { throw RecurrenceError(name, "can't have both a TZID and a Z") }
        return (time, isUTC)
    }
}
