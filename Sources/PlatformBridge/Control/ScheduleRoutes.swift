import Daemon
package import Encoding
import FoundationEssentials
import HTTP
import Recurrence

/// Schedules: what they are, when they run next, what became of their runs.
extension ControlPort {
    func addScheduleRoutes(to router: inout Router) {
        router.get("/v1/schedules") { [self] request in
            let all = try await schedules.list(tenant: tenant(of: request))
            return .json(["schedules": .array(all.map(\.json))])
        }
        router.post("/v1/schedules/preview", previewSchedule)
        router.get("/v1/schedules/{name}") { [self] request in
            let schedule = try await found(request)
            return Self.tagged(.json(schedule.json), schedule.etag)
        }
        router.put("/v1/schedules/{name}", putSchedule)
        router.delete("/v1/schedules/{name}") { [self] request in
            let schedule = try await found(request)
            try Self.requireMatch(request, schedule.etag)
            _ = try await schedules.remove(tenant: schedule.tenant, name: schedule.name)
            try await audit(request, "schedule.removed", schedule.name)
            return HTTPServerResponse(status: 204)
        }
        router.post("/v1/schedules/{name}/on") { [self] in try await turn($0, on: true) }
        router.post("/v1/schedules/{name}/off") { [self] in try await turn($0, on: false) }
        router.get("/v1/schedules/{name}/next") { [self] request in
            let schedule = try await found(request)
            let count = try Self.wholeQuery(request, "count", in: 1...100) ?? 10
            return .json(["next": Self.times(try schedule.timing().next(count, after: try await schedules.now()))])
        }
        router.get("/v1/schedules/{name}/runs") { [self] request in
            let schedule = try await found(request)
            let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 50
            let runs = try await schedules.runs(tenant: schedule.tenant, name: schedule.name, limit: limit)
            return .json(["runs": .array(runs.map(\.json))])
        }
    }

    /// 201 for a new one, 200 for one that was there.
    @Sendable private func putSchedule(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (tenant, name) = (try tenant(of: request), request.parameters["name"] ?? "")
        let reading = ScheduleReader(planner: planner).read(
            try Self.body(of: request), tenant: tenant, name: name, now: try await schedules.now())
        guard case .schedule(let schedule) = reading else {
            if case .invalid(let violations) = reading { throw Problems.invalid(violations) }
            throw Problems.badParameter("body", "can't be read")
        }
        let before = try await schedules.schedule(tenant: tenant, name: name)
        try Self.requireMatch(request, before?.etag)
        try await schedules.put(schedule)
        let stored = try await found(request)
        try await audit(request, "schedule.put", name, after: stored.json)
        return Self.tagged(.json(stored.json, status: before == nil ? 201 : 200), stored.etag)
    }

    /// What was due while it was off is not made up for.
    private func turn(_ request: HTTPServerRequest, on isOn: Bool) async throws -> HTTPServerResponse {
        var schedule = try await found(request)
        try Self.requireMatch(request, schedule.etag)
        do { schedule = try await schedules.turn(schedule, on: isOn) } catch let error as RecurrenceError {
            throw Problems.invalid([Violation(error)])
        }
        try await audit(request, isOn ? "schedule.on" : "schedule.off", schedule.name)
        return Self.tagged(.json(schedule.json), schedule.etag)
    }

    /// When a rule would run, before anybody relies on it.
    @Sendable private func previewSchedule(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let now = try await schedules.now()
        let timeZone = reader.optionalText("time_zone", maximumLength: 64) ?? "UTC"
        let starts = reader.optionalDate("starts_at") ?? now
        let after = reader.optionalDate("after") ?? now
        let count = reader.optionalWhole("count", in: 1...100) ?? 10
        let rule = ScheduleReader.rule(&reader)
        reader.finish()
        guard let rule, reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        do {
            return .json([
                "next": Self.times(
                    try ScheduleTiming(rule, timeZone: timeZone, startsAt: starts).next(Int(count), after: after))
            ])
        } catch let error as RecurrenceError {
            throw Problems.invalid([Violation(error)])
        }
    }

    private func found(_ request: HTTPServerRequest) async throws -> Schedule {
        let name = request.parameters["name"] ?? ""
        guard ScheduleReader.isName(name) else {
            throw Problems.badParameter("name", "must be 1 to 64 letters, digits, - and _")
        }
        guard let schedule = try await schedules.schedule(tenant: tenant(of: request), name: name) else {
            throw Problems.notFound("there is no schedule \(name)")
        }
        return schedule
    }

    private static func times(_ dates: [Date]) -> JSON { .array(dates.map { JSON(RFC3339.format($0)) }) }

    static func tagged(_ response: HTTPServerResponse, _ etag: String) -> HTTPServerResponse {
        var response = response
        response.headers["ETag"] = etag
        return response
    }

    /// If-Match and If-None-Match: *, of RFC 9110.
    /// - Parameter etag: nil where there is nothing yet.
    static func requireMatch(_ request: HTTPServerRequest, _ etag: String?) throws {
        if let wanted = request.header("If-Match") {
            let tags = wanted.split(separator: ",").map { $0.trimmed() }
            guard let etag, tags.contains("*") || tags.contains(etag) else { throw Problems.changedMeanwhile }
        }
        if request.header("If-None-Match") == "*", etag != nil { throw Problems.changedMeanwhile }
    }
}

extension Schedule {
    /// Changes with each change that a caller makes.
    package var etag: String { "\"\(Int64(((updatedAt ?? startsAt).timeIntervalSince1970 * 1_000_000).rounded()))\"" }

    package var json: JSON {
        let (cron, rrule): (String?, String?) =
            switch rule {
            case .cron(let text): (text, nil)
            case .rrule(let text): (nil, text)
            }
        return [
            "name": JSON(name), "type": JSON(type), "payload": payload, "priority": JSON(Int(priority)),
            "cron": JSON(cron), "rrule": JSON(rrule), "time_zone": JSON(timeZone),
            "starts_at": JSON(RFC3339.format(startsAt)), "missed": JSON(missed.rawValue),
            "missed_within_seconds": JSON(Int(missedWithin.seconds)), "overlap": JSON(overlap.rawValue),
            "on": .bool(isOn), "next_run_at": JSON(nextRunAt.map(RFC3339.format)), "trouble": JSON(trouble),
        ]
    }
}

extension ScheduleStore.Run {
    var json: JSON {
        [
            "nominal_at": JSON(RFC3339.format(nominalAt)), "through_at": JSON(throughAt.map(RFC3339.format)),
            "operation": JSON(operation), "skipped_because": JSON(skippedBecause),
            "decided_at": JSON(RFC3339.format(decidedAt)),
        ]
    }
}
