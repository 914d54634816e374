import Cadence
import FlowClient
import Postgres

/// What a person has put right, as events of their own: behind everything that the chain said in their block.
enum Corrections {
    /// Behind any transaction that a block can have.
    private static let place = UInt32(Int32.max)

    static func event(_ token: TokenKey, _ owner: Owner?, at height: BlockHeight, number: Int) -> ReadEvent {
        ReadEvent(
            position: EventPosition(height: height, transactionIndex: place, eventIndex: UInt32(number)),
            transactionID: .zero, facts: [.corrected(token, owner)])
    }

    private static let all = """
        select height, token_type, token_id, owner_kind, owner from corrections
        where height > $1 and height <= $2 order by height, token_type, token_id
        """

    /// The events of some heights with the corrections of these heights among them, in order.
    static func merge(
        into events: [ReadEvent], after: BlockHeight?, to end: BlockHeight, on connection: PostgresConnection
    ) async throws -> [ReadEvent] {
        let rows = try await connection.query(all, [.int8(after?.signed ?? -1), .int8(end.signed)])
        guard !rows.isEmpty else { return events }
        let corrections = try rows.enumerated().map { number, row in
            event(try row.token(), try row.optionalOwner(), at: try row.height("height"), number: number)
        }
        return (events + corrections).sorted { $0.position < $1.position }
    }

    private static let insert = """
        insert into corrections (height, token_type, token_id, owner_kind, owner, drift_id) values ($1, $2, $3, $4, $5, $6)
        on conflict (height, token_type, token_id) do update
            set owner_kind = excluded.owner_kind, owner = excluded.owner, drift_id = excluded.drift_id
        """

    static func write(
        _ token: TokenKey, _ owner: Owner?, at height: BlockHeight, drift: Int64, on connection: PostgresConnection
    ) async throws {
        _ = try await connection.execute(
            insert,
            [
                .height(height), .text(token.type), .numeric(token.id),
                .optional(owner?.kind.rawValue, PostgresValue.text), .optional(owner?.text, PostgresValue.text),
                .int8(drift),
            ])
    }
}

extension PostgresRow {
    /// Nil where nobody has it.
    func optionalOwner(_ prefix: String = "") throws -> Owner? {
        let kindColumn = prefix.isEmpty ? "owner_kind" : prefix + "_kind"
        let ownerColumn = prefix.isEmpty ? "owner" : prefix + "_owner"
        guard let kind: String = try decode(String?.self, kindColumn) else { return nil }
        let text: String = try decode(String?.self, ownerColumn) ?? ""
        guard let known = Owner.Kind(rawValue: kind), let owner = Owner(kind: known, text: text) else {
            throw IndexerError(.badAnswer, "\(kind) \(text) is no owner")
        }
        return owner
    }
}
