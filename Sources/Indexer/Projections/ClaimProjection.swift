package import FlowClient
package import Postgres

/// Tokens that have been claimed, and by which operation.
package struct ClaimProjection: Projection {
    package static let name = "claims"
    package static let version: Int32 = 1
    package static let tables = ["claims"]
    package init() {}

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        var rows: [[PostgresValue]] = []
        for event in batch.events {
            for case .claimed(let token, let group, let operation) in event.facts {
                rows.append([
                    .text(token.type), .numeric(token.id), .text(group), .text(operation),
                    .height(event.position.height), .index(event.position.transactionIndex),
                    .index(event.position.eventIndex),
                ])
            }
        }
        guard !rows.isEmpty else { return }
        try await connection.write(
            "claims",
            columns: ["token_type", "token_id", "group_id", "operation", "height", "transaction_index", "event_index"],
            rows: rows)
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from claims where height > $1", [.height(height)])
    }
}
