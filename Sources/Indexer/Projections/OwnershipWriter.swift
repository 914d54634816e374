import Cadence
import FlowClient
import Postgres

/// Changes of ownership into rows: what ends goes to the history, once; who has a token now is one row.
struct OwnershipWriter {
    /// The first change of each token: it ends what the table has.
    private var first: [OwnershipChange] = []
    /// Spans that begin and end among these changes, in the order of their ends.
    private var between: [(change: OwnershipChange, end: EventPosition)] = []
    /// The last change of each token: who has it now, or nobody.
    private var last: [OwnershipChange] = []
    /// The pass or collectible of tokens that were minted just now.
    private let minted: [TokenKey: String]

    init(_ changes: [OwnershipChange], minted: [TokenKey: String]) {
        self.minted = minted
        var latest: [TokenKey: Int] = [:]
        for (place, change) in changes.enumerated() {
            if let before = latest.updateValue(place, forKey: change.token) {
                if changes[before].owner != nil { between.append((changes[before], change.position)) }
            } else {
                first.append(change)
            }
        }
        last = latest.values.sorted().map { changes[$0] }
    }

    private static let end = """
        insert into ownership_history (token_type, token_id, owner_kind, owner, collection_uuid, group_id, from_height,
            from_transaction_index, from_event_index, to_height, to_transaction_index, to_event_index)
        select o.token_type, o.token_id, o.owner_kind, o.owner, o.collection_uuid, o.group_id, o.from_height,
            o.from_transaction_index, o.from_event_index, e.height, e.transaction_index, e.event_index
        from unnest($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::integer[])
            as e (token_id, token_type, height, transaction_index, event_index)
        join token_owners o on o.token_id = e.token_id and o.token_type = e.token_type
        """
    private static let move = """
        update token_owners o set owner_kind = n.owner_kind, owner = n.owner, collection_uuid = n.collection_uuid,
            from_height = n.height, from_transaction_index = n.transaction_index, from_event_index = n.event_index
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[], $8::integer[])
            as n (token_id, token_type, owner_kind, owner, collection_uuid, height, transaction_index, event_index)
        where o.token_id = n.token_id and o.token_type = n.token_type
        """
    /// Those that have no row yet: not minted just now, or of contracts that do not announce their mints.
    private static let appear = """
        insert into token_owners (token_type, token_id, owner_kind, owner, collection_uuid, group_id, from_height,
            from_transaction_index, from_event_index)
        select n.token_type, n.token_id, n.owner_kind, n.owner, n.collection_uuid,
            (select t.group_id from tokens t where t.token_type = n.token_type and t.token_id = uint64(n.token_id)),
            n.height, n.transaction_index, n.event_index
        from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[], $8::integer[])
            as n (token_id, token_type, owner_kind, owner, collection_uuid, height, transaction_index, event_index)
        where not exists (select from token_owners o where o.token_id = n.token_id and o.token_type = n.token_type)
        """
    private static let leave = """
        delete from token_owners o using unnest($1::bigint[], $2::text[]) as gone (token_id, token_type)
        where o.token_id = gone.token_id and o.token_type = gone.token_type
        """
    /// What nobody has is not to be proven.
    private static let unprove = """
        delete from token_proofs p using unnest($1::bigint[], $2::text[]) as gone (token_id, token_type)
        where p.token_type = gone.token_type and p.token_id = uint64(gone.token_id)
        """
    private static let groups = """
        select t.token_type, t.token_id, t.group_id from unnest($1::text[], $2::numeric[]) as touched (token_type, token_id)
        join tokens t on t.token_type = touched.token_type and t.token_id = touched.token_id where t.group_id is not null
        """
    static let columns = [
        "token_type", "token_id", "owner_kind", "owner", "collection_uuid", "group_id", "from_height",
        "from_transaction_index", "from_event_index",
    ]
    static let historyColumns = columns + ["to_height", "to_transaction_index", "to_event_index"]

    func write(on connection: PostgresConnection) async throws {
        // A token that is minted here has no row to end: its id was never used before.
        let ended = first.filter { minted[$0.token] == nil }
        if !ended.isEmpty { _ = try await connection.execute(Self.end, Self.ends(ended)) }
        try await writeBetween(on: connection)

        let new = last.filter { minted[$0.token] != nil && $0.owner != nil }
        let moved = last.filter { minted[$0.token] == nil && $0.owner != nil }
        let gone = last.filter { $0.owner == nil }
        if !moved.isEmpty {
            let values = Self.values(moved)
            let touched = try await connection.execute(Self.move, values)
            if touched < moved.count { _ = try await connection.execute(Self.appear, values) }
        }
        if !new.isEmpty {
            try await connection.write(
                "token_owners", columns: Self.columns, rows: new.map { Self.row($0, group: minted[$0.token]) })
        }
        if !gone.isEmpty {
            let keys: [PostgresValue] = [.id64Array(gone.map(\.token.id)), .textArray(gone.map(\.token.type))]
            _ = try await connection.execute(Self.leave, keys)
            _ = try await connection.execute(Self.unprove, keys)
        }
    }

    private func writeBetween(on connection: PostgresConnection) async throws {
        guard !between.isEmpty else { return }
        let others = Set(between.map(\.change.token)).filter { minted[$0] == nil }
        var groups = minted
        if !others.isEmpty {
            let tokens = Array(others)
            let rows = try await connection.query(
                Self.groups, [.textArray(tokens.map(\.type)), .numericArray(tokens.map(\.id))])
            for row in rows {
                groups[TokenKey(type: try row.decode(at: 0), id: try row.decode(at: 1))] = try row.decode(
                    String.self, at: 2)
            }
        }
        let rows = between.map { change, end in
            Self.row(change, group: groups[change.token])
                + [.height(end.height), .index(end.transactionIndex), .index(end.eventIndex)]
        }
        try await connection.write("ownership_history", columns: Self.historyColumns, rows: rows)
    }

    private static func ends(_ changes: [OwnershipChange]) -> [PostgresValue] {
        [
            .id64Array(changes.map(\.token.id)), .textArray(changes.map(\.token.type)),
            .int8Array(changes.map(\.position.height.signed)),
            .int4Array(changes.map { Int32(bitPattern: $0.position.transactionIndex) }),
            .int4Array(changes.map { Int32(bitPattern: $0.position.eventIndex) }),
        ]
    }

    private static func values(_ changes: [OwnershipChange]) -> [PostgresValue] {
        [
            .id64Array(changes.map(\.token.id)), .textArray(changes.map(\.token.type)),
            .textArray(changes.map { $0.owner?.kind.rawValue ?? "" }), .textArray(changes.map { $0.owner?.text ?? "" }),
            .array(of: .int8, changes.map { .optional($0.collection, PostgresValue.id64) }),
            .int8Array(changes.map(\.position.height.signed)),
            .int4Array(changes.map { Int32(bitPattern: $0.position.transactionIndex) }),
            .int4Array(changes.map { Int32(bitPattern: $0.position.eventIndex) }),
        ]
    }

    /// Of a change that left the token with somebody.
    private static func row(_ change: OwnershipChange, group: String?) -> [PostgresValue] {
        [
            .text(change.token.type), .id64(change.token.id), .text(change.owner?.kind.rawValue ?? ""),
            .text(change.owner?.text ?? ""), .optional(change.collection, PostgresValue.id64),
            .optional(group, PostgresValue.text), .height(change.position.height),
            .index(change.position.transactionIndex), .index(change.position.eventIndex),
        ]
    }
}
