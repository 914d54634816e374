package import Daemon
package import Postgres

/// Takes operations in and says what became of them. Every call is one transaction of its own, or joins the caller's
/// where it takes a connection; nothing here talks to the chain.
package struct OperationStore: Sendable {
    let pool: PostgresPool
    let logger: Logger

    package init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// The channel that carries the id of each operation that is finished.
    package static let outcomeChannel = "weir_outcomes"
    /// The channel that says that there are items to carry out.
    package static let workChannel = "weir_work"

    /// Wakes the submitters, when the transaction is committed.
    static func tellOfWork(on connection: PostgresConnection) async throws {
        _ = try await connection.query("select pg_notify($1, '')", [.text(workChannel)])
    }
}
