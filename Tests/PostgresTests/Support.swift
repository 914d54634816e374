import Postgres
import Synchronization
import TestSupport

/// Asks until the answer is yes: the database's own word that something has come about.
func until(_ pool: PostgresPool, _ sql: String, _ parameters: [PostgresValue] = []) async throws {
    while try await !pool.query(sql, parameters).one(Bool.self) { try Task.checkCancellation() }
}

/// Until a session runs a statement that contains this text.
func untilRunning(_ pool: PostgresPool, _ text: String) async throws {
    try await until(
        pool,
        """
        select exists (select from pg_stat_activity
            where datname = current_database() and state = 'active' and strpos(query, $1) > 0 and pid <> pg_backend_pid())
        """, [.text(text)])
}

struct Stop: Error, Equatable {}

/// What happened, in order, told by several tasks.
final class Recorder<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}
