import FlowClient
import Postgres

/// Raw events as rows, of the table `events` or of one of its shape.
enum EventRows {
    private static let columns = [
        "height", "transaction_index", "event_index", "transaction_id", "type", "payload",
    ]

    /// By far the most rows there are: without an array for each, but for a few.
    static func write(
        _ events: [(height: BlockHeight, event: Event)], to table: String, on connection: PostgresConnection
    ) async throws {
        guard !events.isEmpty else { return }
        guard events.count > PostgresConnection.few else {
            return try await connection.write(table, columns: columns, rows: events.map { values($0.height, $0.event) })
        }
        try await connection.copyIn(table, columns: columns) { writer in
            for (height, event) in events {
                try await writer.row { (row) throws(PostgresError) in
                    try row.append(.height(height))
                    try row.append(.index(event.transactionIndex))
                    try row.append(.index(event.eventIndex))
                    try row.append(.id(event.transactionID))
                    try row.append(.text(event.type))
                    try row.append(.bytea(event.payload))
                }
            }
        }
    }

    private static func values(_ height: BlockHeight, _ event: Event) -> [PostgresValue] {
        [
            .height(height), .index(event.transactionIndex), .index(event.eventIndex), .id(event.transactionID),
            .text(event.type), .bytea(event.payload),
        ]
    }
}
