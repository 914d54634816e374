package import FoundationEssentials
package import Postgres

/// Ingest that has stopped because the chain contradicts what was indexed: nobody indexes, and nobody signs, until a person
/// has looked. It stands at the cursor, so that it outlives the process that found it.
package struct IngestStop: Sendable {
    package var code: IndexerError.Code
    package var reason: String
    package var at: Date?

    /// As it is thrown where ingest is asked for while it is stopped.
    var error: IndexerError { IndexerError(code, "ingest has stopped before, and waits for a person: \(reason)") }

    /// Nil where ingest has not stopped.
    package static func read(from pool: PostgresPool) async throws -> IngestStop? {
        let rows = try await pool.query(
            "select stopped_by, error, error_at from ingest_cursors where name = $1 and stopped_by is not null",
            [.text(BatchWriter.cursorName)])
        guard let row = rows.first else { return nil }
        let code = IndexerError.Code(rawValue: try row.decode("stopped_by"))
        return IngestStop(
            code: code, reason: try row.decode(String?.self, "error") ?? code.rawValue, at: try row.decode("error_at"))
    }

    static func record(_ error: IndexerError, on pool: PostgresPool) async throws {
        _ = try await pool.query(
            "update ingest_cursors set stopped_by = $2, error = $3, error_at = now() where name = $1",
            [.text(BatchWriter.cursorName), .text(error.code.rawValue), .text(error.description)])
    }

    /// A person has looked: ingest goes on from the cursor, and stops again where the contradiction is still there. Returns
    /// what was cleared, nil where nothing had stopped.
    package static func clear(on pool: PostgresPool) async throws -> IngestStop? {
        guard let stop = try await read(from: pool) else { return nil }
        _ = try await pool.query(
            """
            update ingest_cursors set stopped_by = null, error = null, error_at = null, lease_until_at = '-infinity'
            where name = $1
            """, [.text(BatchWriter.cursorName)])
        return stop
    }
}
