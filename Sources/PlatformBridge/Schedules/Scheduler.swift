package import Daemon
import Encoding
package import FoundationEssentials
package import Postgres
import Recurrence
package import Submitter

/// Enqueues what schedules say, at their time. Any number of processes may run one: each nominal time is decided in one
/// transaction, once, with the operation that it comes to.
package struct Scheduler: Sendable {
    let store: ScheduleStore
    let operations: OperationStore
    let planner: OperationPlanner
    let logger: Logger

    private static let runsAreKept: Duration = .seconds(90 * 86_400)

    package init(pool: PostgresPool, operations: OperationStore, planner: OperationPlanner, logger: Logger) {
        store = ScheduleStore(pool: pool)
        self.operations = operations
        self.planner = planner
        self.logger = logger
    }

    package func service() -> RecurringWork {
        RecurringWork(
            name: "schedules", pool: store.pool, channels: [ScheduleStore.channel], part: .schedules, logger: logger
        ) {
            let now = try await self.store.now()
            try await self.runDue(at: now)
            return try await self.pause(after: now)
        }
    }

    /// Until the next is due, half a minute at most: what is due is one look at an index.
    private func pause(after now: Date) async throws -> Duration {
        let next = try await store.pool.query(
            "select min(next_run_at) as next from schedules where is_on and next_run_at is not null"
        ).first?.decode(Date?.self, "next")
        guard let next else { return .seconds(30) }
        return .seconds(min(max(next.timeIntervalSince(now), 0.01), 30))
    }

    /// Decides everything that has come by then.
    package func runDue(at now: Date) async throws {
        while try await runOne(at: now) {}
    }

    /// Whether there was one.
    private func runOne(at now: Date) async throws -> Bool {
        try await store.pool.withTransaction { connection in
            guard
                let row = try await connection.query(
                    ScheduleStore.select + """
                         where is_on and next_run_at <= $1 order by next_run_at limit 1 for update skip locked
                        """, [.timestamptz(now)]
                ).first
            else { return false }
            let schedule = try ScheduleStore.schedule(row)
            guard let first = schedule.nextRunAt else { return false }
            let timing: ScheduleTiming
            do { timing = try schedule.timing() } catch let error as RecurrenceError {
                // The system's time-zone data changed under it: a person looks; the others go on.
                try await switchOff(schedule, because: "\(error)", on: connection)
                return true
            }
            let due = DueRuns(
                first: first, now: now, timing: timing, missed: schedule.missed, within: schedule.missedWithin.seconds,
                punctual: Schedule.punctual.seconds)
            for stretch in due.skipped {
                try await record(
                    schedule, stretch.from, through: stretch.through, because: stretch.because, on: connection)
            }
            for nominal in due.runs { try await run(schedule, nominal, on: connection) }
            // What ran is told for three months.
            try await connection.execute(
                "delete from schedule_runs where tenant = $1 and name = $2 and nominal_at < $3",
                [
                    .text(schedule.tenant), .text(schedule.name),
                    .timestamptz(now.addingTimeInterval(-Self.runsAreKept.seconds)),
                ])
            try await connection.execute(
                "update schedules set next_run_at = $3 where tenant = $1 and name = $2",
                [.text(schedule.tenant), .text(schedule.name), .optional(due.next, PostgresValue.timestamptz)])
            return true
        }
    }

    private func run(_ schedule: Schedule, _ nominal: Date, on connection: PostgresConnection) async throws {
        if schedule.overlap == .skip, let running = try await unfinished(schedule, on: connection) {
            return try await record(
                schedule, nominal, because: "the run before is not finished: operation \(running)", on: connection)
        }
        var items: [NewItem]?
        if let type = OperationType(rawValue: schedule.type) {
            switch planner.plan(type, payload: schedule.payload) {
            case .items(let planned): items = planned
            case .sweep: items = nil
            case .invalid(let violations):
                let why = violations.first.map { "\($0.field) \($0.rule)" } ?? ""
                return try await record(schedule, nominal, because: "its payload is not valid: \(why)", on: connection)
            }
        }
        let operation = NewOperation(
            type: schedule.type, tenant: schedule.tenant, payload: schedule.payload.text,
            idempotencyKey: "schedule:\(schedule.name):\(RFC3339.format(nominal))", priority: schedule.priority,
            items: items)
        do {
            // A savepoint: one schedule's trouble rolls back nothing but its own run.
            let id = try await connection.withSavepoint { try await operations.enqueue([operation], on: $0)[0].id }
            try await record(schedule, nominal, operation: id, on: connection)
        } catch let error as SubmitterError {
            try await record(schedule, nominal, because: error.message, on: connection)
        }
    }

    private func unfinished(_ schedule: Schedule, on connection: PostgresConnection) async throws -> String? {
        try await connection.query(
            """
            select o.id from (
                select operation_id from schedule_runs where tenant = $1 and name = $2 and operation_id is not null
                order by nominal_at desc limit 1) as latest
            join operations o on o.id = latest.operation_id and o.state <> 'finished'
            """, [.text(schedule.tenant), .text(schedule.name)]
        ).first?.decode(String.self, "id")
    }

    private func record(
        _ schedule: Schedule, _ nominal: Date, through: Date? = nil, operation: OperationID? = nil,
        because: String? = nil, on connection: PostgresConnection
    ) async throws {
        try await connection.execute(
            """
            insert into schedule_runs (tenant, name, nominal_at, through_at, operation_id, skipped_because)
            values ($1, $2, $3, $4, $5, $6) on conflict do nothing
            """,
            [
                .text(schedule.tenant), .text(schedule.name), .timestamptz(nominal),
                .optional(through, PostgresValue.timestamptz), .optional(operation?.rawValue, PostgresValue.text),
                .optional(because, PostgresValue.text),
            ])
        if let because {
            logger.info(
                "a run was left out",
                ["weir.schedule": schedule.name, "nominal": RFC3339.format(nominal), "because": because])
        }
    }

    private func switchOff(_ schedule: Schedule, because: String, on connection: PostgresConnection) async throws {
        try await connection.execute(
            """
            update schedules set is_on = false, trouble = $3, next_run_at = null, updated_at = now()
            where tenant = $1 and name = $2
            """, [.text(schedule.tenant), .text(schedule.name), .text(because)])
        logger.error("a schedule was switched off", ["weir.schedule": schedule.name, "because": because])
    }
}
