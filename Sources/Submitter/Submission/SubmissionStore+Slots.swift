import FlowClient
import Postgres

/// What a slot holds, and its end.
extension SubmissionStore {
    func setInDoubt(slot: Int64, _ inDoubt: Bool, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            Self.doubtItems,
            [
                .int8(slot), .text(inDoubt ? "in_doubt" : "batched"), .text(inDoubt ? "batched" : "in_doubt"),
            ])
    }

    /// Nothing more is to be learned of the slots' content.
    func close(_ all: [(slot: Int64, attempt: Int64)], on connection: PostgresConnection) async throws {
        let (slots, attempts) = (PostgresValue.int8Array(all.map(\.slot)), PostgresValue.int8Array(all.map(\.attempt)))
        try await connection.pipeline([
            ("update slot_items set open = false where slot_id = any($1) and open", [slots]),
            ("update slots set finished_at = now() where id = any($1) and finished_at is null", [slots]),
            ("update attempts set finished_at = now() where id = any($1) and finished_at is null", [attempts]),
        ])
    }

    private static let doubtItems = """
        update operation_items i set state = $2, updated_at = now() from slot_items s
        where s.slot_id = $1 and s.open and i.operation_id = s.operation_id and i.ordinal = s.ordinal and i.state || '' = $3
        """
}
