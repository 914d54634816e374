import Daemon
import Encoding
package import FoundationEssentials
package import Postgres
import Recurrence
import Submitter

/// Schedules and what became of their runs.
package struct ScheduleStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The channel that says that a schedule has changed.
    package static let channel = "weir_schedules"

    package struct Run: Sendable {
        package var nominalAt: Date
        package var throughAt: Date?
        package var operation: String?
        package var skippedBecause: String?
        package var decidedAt: Date
    }

    package func list(tenant: String) async throws -> [Schedule] {
        try await pool.query(Self.select + " where tenant = $1 order by name", [.text(tenant)]).map(Self.schedule)
    }

    package func schedule(tenant: String, name: String) async throws -> Schedule? {
        try await pool.query(Self.select + " where tenant = $1 and name = $2", [.text(tenant), .text(name)])
            .first.map(Self.schedule)
    }

    /// Makes it, or puts it in the place of the one that has the name. What ran stays known.
    package func put(_ schedule: Schedule) async throws {
        let (cron, rrule): (PostgresValue, PostgresValue) =
            switch schedule.rule {
            case .cron(let text): (.text(text), .null)
            case .rrule(let text): (.null, .text(text))
            }
        _ = try await pool.query(
            Self.upsert,
            [
                .text(schedule.tenant), .text(schedule.name), .text(schedule.type), .text(schedule.payload.text),
                .int2(schedule.priority), cron, rrule, .text(schedule.timeZone), .timestamptz(schedule.startsAt),
                .text(schedule.missed.rawValue), .float8(schedule.missedWithin.seconds),
                .text(schedule.overlap.rawValue), .bool(schedule.isOn),
                .optional(schedule.nextRunAt, PostgresValue.timestamptz),
            ])
    }

    /// As it is afterwards. Throws `RecurrenceError` where it would never run again.
    package func turn(_ schedule: Schedule, on isOn: Bool) async throws -> Schedule {
        var changed = schedule
        changed.isOn = isOn
        changed.nextRunAt = nil
        if isOn { changed = try changed.firing(after: try await now()) }
        try await put(changed)
        return try await self.schedule(tenant: changed.tenant, name: changed.name) ?? changed
    }

    /// Whether there was one.
    package func remove(tenant: String, name: String) async throws -> Bool {
        try await !pool.query(
            "delete from schedules where tenant = $1 and name = $2 returning name", [.text(tenant), .text(name)]
        ).isEmpty
    }

    /// Newest first.
    package func runs(tenant: String, name: String, limit: Int) async throws -> [Run] {
        try await pool.query(
            """
            select nominal_at, through_at, operation_id, skipped_because, decided_at from schedule_runs
            where tenant = $1 and name = $2 order by nominal_at desc limit $3
            """, [.text(tenant), .text(name), .int8(Int64(limit))]
        ).map { row in
            Run(
                nominalAt: try row.decode(Date.self, "nominal_at"), throughAt: try row.decode(Date?.self, "through_at"),
                operation: try row.decode(String?.self, "operation_id"),
                skippedBecause: try row.decode(String?.self, "skipped_because"),
                decidedAt: try row.decode(Date.self, "decided_at"))
        }
    }

    /// The database's clock: the same for all processes.
    package func now() async throws -> Date {
        guard let now = try await pool.query("select clock_timestamp() as now").first?.decode(Date.self, "now") else {
            throw SubmitterError(.contradiction, "the database does not know the time")
        }
        return now
    }

    static let select = """
        select tenant, name, type, payload::text as payload, priority, cron, rrule, time_zone, starts_at, missed,
            extract(epoch from missed_within)::float8 as window, overlap, is_on, next_run_at, trouble, updated_at
        from schedules
        """

    static func schedule(_ row: PostgresRow) throws -> Schedule {
        let (cron, rrule) = (try row.decode(String?.self, "cron"), try row.decode(String?.self, "rrule"))
        return Schedule(
            tenant: try row.decode(String.self, "tenant"), name: try row.decode(String.self, "name"),
            type: try row.decode(String.self, "type"),
            payload: try row.json("payload"),
            priority: try row.decode(Int16.self, "priority"),
            rule: cron.map { .cron($0) } ?? .rrule(rrule ?? ""),
            timeZone: try row.decode(String.self, "time_zone"), startsAt: try row.decode(Date.self, "starts_at"),
            missed: Schedule.MissedRuns(rawValue: try row.decode(String.self, "missed")) ?? .one,
            missedWithin: .seconds(Int64(try row.decode(Double.self, "window"))),
            overlap: Schedule.Overlap(rawValue: try row.decode(String.self, "overlap")) ?? .skip,
            isOn: try row.decode(Bool.self, "is_on"), nextRunAt: try row.decode(Date?.self, "next_run_at"),
            trouble: try row.decode(String?.self, "trouble"), updatedAt: try row.decode(Date.self, "updated_at"))
    }

    private static let upsert = """
        insert into schedules (tenant, name, type, payload, priority, cron, rrule, time_zone, starts_at, missed, missed_within,
            overlap, is_on, next_run_at)
        values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9, $10, make_interval(secs => $11), $12, $13,
            case when $13 then $14::timestamptz end)
        on conflict (tenant, name) do update set type = excluded.type, payload = excluded.payload,
            priority = excluded.priority, cron = excluded.cron, rrule = excluded.rrule, time_zone = excluded.time_zone,
            starts_at = excluded.starts_at, missed = excluded.missed, missed_within = excluded.missed_within,
            overlap = excluded.overlap, is_on = excluded.is_on, next_run_at = excluded.next_run_at, trouble = null,
            updated_at = now()
        returning pg_notify('weir_schedules', '')
        """
}
