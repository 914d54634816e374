package import FlowClient
package import Postgres

/// When the code of followed contracts changed: what their events say may have changed with it.
package struct ContractChangeProjection: Projection {
    package static let name = "contract_changes"
    package static let version: Int32 = 1
    package static let tables = ["contract_changes"]
    package init() {}

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        var rows: [[PostgresValue]] = []
        for event in batch.events {
            for case .contractChanged(let change) in event.facts {
                rows.append([
                    .height(event.position.height), .index(event.position.transactionIndex),
                    .index(event.position.eventIndex), .text(change.contract), .text(change.kind.word),
                    .bytea(change.codeHash),
                ])
            }
        }
        guard !rows.isEmpty else { return }
        try await connection.write(
            "contract_changes",
            columns: ["height", "transaction_index", "event_index", "contract", "change", "code_hash"], rows: rows)
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from contract_changes where height > $1", [.height(height)])
    }
}

extension ContractChange.Kind {
    package var word: String {
        switch self {
        case .added: "added"
        case .updated: "updated"
        case .removed: "removed"
        }
    }
}
