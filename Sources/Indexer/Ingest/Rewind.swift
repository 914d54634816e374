package import FlowClient
package import Postgres

/// Undoes everything above a height: rows, projections and cursor, in one transaction under the writer's epoch.
package struct Rewind: Sendable {
    package var height: BlockHeight

    package init(to height: BlockHeight) {
        self.height = height
    }

    private static let moveCursor = """
        update ingest_cursors set height = b.height, block_id = b.id, block_produced_at = b.produced_at, error = null,
            error_at = null
        from (select 1) one left join blocks b on b.height = $2
        where name = $1
        """

    /// Takes the lease, so that a writer that is running notices and starts again from the new cursor.
    package func run(on pool: PostgresPool, projections: [any Projection] = allProjections) async throws {
        let height = height
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                """
                update ingest_cursors set epoch = epoch + 1, lease_until_at = '-infinity' where name = $1
                returning start_height, height
                """, [.text(BatchWriter.cursorName)])
            guard let row = rows.first else { return }
            if let cursor = try row.optionalHeight("height"), height > cursor {
                throw IndexerError(.notIndexedYet, "the index stands at \(cursor)", height: height)
            }
            for projection in projections.reversed() { try await projection.unwind(to: height, on: connection) }
            for table in ["corrections", "poison_events", "events", "transactions", "blocks"] {
                _ = try await connection.execute("delete from \(table) where height > $1", [.height(height)])
            }
            _ = try await connection.execute(ProjectionProgress.rewind, [.height(height)])
            _ = try await connection.execute(Coverage.rewind, [.height(height)])
            _ = try await connection.execute("delete from token_proofs where proven_height > $1", [.height(height)])
            _ = try await connection.execute(
                "update reconciliations set touched_height = least(touched_height, $1)", [.height(height)])
            _ = try await connection.execute(Self.moveCursor, [.text(BatchWriter.cursorName), .height(height)])
        }
    }
}
