package import FoundationEssentials
package import Postgres

/// Parts of the daemon that rest until a person lets them go on, in every process that has them. What is under way when a
/// part is paused goes on to its end.
package enum Part: String, CaseIterable, Sendable {
    /// The chain is not followed, and nothing in the index is asked about or filled in: answers stand where they are, and what is
    /// under way waits for its outcome.
    case ingest
    /// Nothing new is signed; what is signed is watched to its outcome.
    case submit
    /// Nothing is enqueued by the clock: it is made up for, or not, as each schedule says of missed runs.
    case schedules
    /// Operations that look up what there is to do stay accepted.
    case sweeps
    /// What SQL asked for is not taken in.
    case inbox
    /// No campaign is planned or sent on.
    case campaigns
    /// Nobody is told; messages wait.
    case webhooks
}

package struct PausedParts: Sendable {
    let pool: PostgresPool

    /// Told of each change.
    package static let channel = "weir_parts"

    package init(pool: PostgresPool) { self.pool = pool }

    package struct Pause: Hashable, Sendable {
        package var part: String
        package var reason: String
        package var by: String
        package var since: Date
    }

    package func all() async throws -> [Pause] {
        try await pool.query("select part, reason, paused_by, since_at from paused_parts order by part").map {
            Pause(
                part: try $0.decode("part"), reason: try $0.decode("reason"), by: try $0.decode("paused_by"),
                since: try $0.decode(Date.self, "since_at"))
        }
    }

    package func isPaused(_ part: Part) async throws -> Bool {
        try await !pool.query("select from paused_parts where part = $1", [.text(part.rawValue)]).isEmpty
    }

    /// Paused again, it keeps its first reason.
    package func pause(_ part: Part, because reason: String, by actor: String) async throws {
        try await change(
            "insert into paused_parts (part, reason, paused_by) values ($1, $2, $3) on conflict do nothing",
            [.text(part.rawValue), .text(reason), .text(actor)])
    }

    /// False where it was not paused.
    @discardableResult
    package func resume(_ part: Part) async throws -> Bool {
        try await change("delete from paused_parts where part = $1", [.text(part.rawValue)])
    }

    @discardableResult
    private func change(_ sql: String, _ parameters: [PostgresValue]) async throws -> Bool {
        try await pool.withTransaction { connection in
            let count = try await connection.execute(sql, parameters)
            _ = try await connection.execute("select pg_notify('\(Self.channel)', '')")
            try await OperationStore.tellOfWork(on: connection)
            return count > 0
        }
    }
}
