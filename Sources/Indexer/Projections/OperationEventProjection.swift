import Cadence
package import FlowClient
package import Postgres

/// The events that name an operation: what the platform's side reads to finish operations, and reads first after a
/// restore from an old backup.
package struct OperationEventProjection: Projection {
    package static let name = "operation_events"
    package static let version: Int32 = 1
    package static let tables = ["operation_events"]
    package init() {}

    private static let columns = [
        "height", "transaction_index", "event_index", "transaction_id", "operation", "contract", "kind", "item",
        "reason",
        "token_type", "token_id", "recipient", "holder", "serial",
    ]

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        let rows = batch.events.compactMap { event -> [PostgresValue]? in
            guard let mention = event.mention else { return nil }
            return [
                .height(event.position.height), .index(event.position.transactionIndex),
                .index(event.position.eventIndex), .id(event.transactionID), .text(mention.operation),
                .text(mention.contract), .text(mention.kind.rawValue), .text(mention.item),
                .optional(mention.reason, PostgresValue.text), .optional(mention.token?.type, PostgresValue.text),
                .optional(mention.token?.id, PostgresValue.numeric), .optional(mention.to?.hex, PostgresValue.text),
                .optional(mention.holder, PostgresValue.text), .optional(mention.serial, PostgresValue.numeric),
            ]
        }
        guard !rows.isEmpty else { return }
        try await connection.write("operation_events", columns: Self.columns, rows: rows)
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from operation_events where height > $1", [.height(height)])
    }
}
