import Cadence
package import FlowClient
package import Postgres

/// Spans of ownership, who has how many, and the lockers, as `OwnershipReducer` works them out.
package struct OwnershipProjection: Projection {
    package static let name = "ownership"
    package static let version: Int32 = 3
    package static let tables = ["ownership_spans", "holder_counts", "lockers", "collection_places"]
    package init() {}

    private static let end = """
        update ownership_spans s
        set to_height = ended.height, to_transaction_index = ended.transaction_index, to_event_index = ended.event_index
        from unnest($1::text[], $2::numeric[], $3::bigint[], $4::integer[], $5::integer[])
            as ended (token_type, token_id, height, transaction_index, event_index)
        where s.token_type = ended.token_type and s.token_id = ended.token_id and s.to_height is null
        returning s.token_type, s.owner_kind, s.owner, coalesce(s.group_id, '') as group_id
        """
    /// What nobody has is not to be proven.
    private static let unprove = """
        delete from token_proofs p using unnest($1::text[], $2::numeric[]) as gone (token_type, token_id)
        where p.token_type = gone.token_type and p.token_id = gone.token_id
        """
    static let columns = [
        "token_type", "token_id", "owner_kind", "owner", "collection_uuid", "group_id", "from_height",
        "from_transaction_index", "from_event_index", "to_height", "to_transaction_index", "to_event_index",
    ]
    private static let groups = """
        select t.token_type, t.token_id, t.group_id
        from unnest($1::text[], $2::numeric[]) as touched (token_type, token_id)
        join tokens t on t.token_type = touched.token_type and t.token_id = touched.token_id
        where t.group_id is not null
        """

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        let known = try await KnownCollections(of: batch, on: connection)
        var reducer = known.reducer
        for event in batch.events { reducer.read(event) }
        guard try await known.isFollowed(by: reducer, on: connection) else {
            return try await write(reducer, on: connection)
        }
        // Tokens move along with their collections: one transaction after the other, each seeing what the one before it left.
        for events in batch.byTransaction {
            let transaction = EventBatch(events: events)
            var reducer = try await KnownCollections(of: transaction, on: connection).reducer
            for event in events { reducer.read(event) }
            try await write(reducer, on: connection)
            try await follow(reducer.placesFound, on: connection)
        }
    }

    private func write(_ reducer: OwnershipReducer, on connection: PostgresConnection) async throws {
        try await FoundCollections.write(reducer.lockersFound, reducer.placesFound, on: connection)
        try await write(reducer.changes, on: connection)
    }

    private func write(_ changes: [OwnershipChange], on connection: PostgresConnection) async throws {
        guard !changes.isEmpty else { return }
        // By token, each change ends the one before it: the first ends what is open in the table.
        var last: [TokenKey: Int] = [:]
        var first: [OwnershipChange] = []
        var ends: [EventPosition?] = Array(repeating: nil, count: changes.count)
        for (place, change) in changes.enumerated() {
            if let before = last.updateValue(place, forKey: change.token) {
                ends[before] = change.position
            } else {
                first.append(change)
            }
        }
        var counts = HolderCounts()
        let ended = try await connection.query(
            Self.end,
            [
                .textArray(first.map(\.token.type)), .numericArray(first.map(\.token.id)),
                .int8Array(first.map { Int64($0.position.height.rawValue) }),
                .int4Array(first.map { Int32(bitPattern: $0.position.transactionIndex) }),
                .int4Array(first.map { Int32(bitPattern: $0.position.eventIndex) }),
            ])
        for row in ended { try counts.remove(row) }
        let groups = try await groups(of: Array(last.keys), on: connection)
        let rows = zip(changes, ends).compactMap { change, end -> [PostgresValue]? in
            guard let owner = change.owner else { return nil }
            let group = groups[change.token]
            if end == nil { counts.add(change.token.type, owner, group: group) }
            return [
                .text(change.token.type), .numeric(change.token.id), .text(owner.kind.rawValue), .text(owner.text),
                .optional(change.collection, PostgresValue.numeric), .optional(group, PostgresValue.text),
                .height(change.position.height), .index(change.position.transactionIndex),
                .index(change.position.eventIndex), .optional(end?.height, PostgresValue.height),
                .optional(end?.transactionIndex, PostgresValue.index), .optional(end?.eventIndex, PostgresValue.index),
            ]
        }
        if !rows.isEmpty { try await connection.write("ownership_spans", columns: Self.columns, rows: rows) }
        try await counts.write(on: connection)
        let gone = changes.filter { $0.owner == nil }.map(\.token)
        if !gone.isEmpty {
            _ = try await connection.execute(
                Self.unprove, [.textArray(gone.map(\.type)), .numericArray(gone.map(\.id))])
        }
    }

    private static let inCollection = """
        select token_type, token_id, owner_kind, owner from ownership_spans
        where to_height is null and collection_uuid = $1 and (from_height, from_transaction_index) < ($2, $3)
            and (owner_kind = 'limbo' or owner_kind in ('wallet', 'treasury') and owner = $4)
        """

    /// What lay in a collection that is now in another account is that account's.
    private func follow(_ moves: [PlaceFound], on connection: PostgresConnection) async throws {
        for move in moves {
            let rows = try await connection.query(
                Self.inCollection,
                [
                    .numeric(move.collection), .height(move.position.height), .index(move.position.transactionIndex),
                    .optional(move.before?.hex, PostgresValue.text),
                ])
            let changes = try rows.compactMap { row -> OwnershipChange? in
                let (token, before) = (try row.token(), try row.owner())
                guard let owner = before.moved(to: move.account, contract: token.contractAccount), owner != before
                else { return nil }
                return OwnershipChange(
                    token: token, owner: owner, collection: move.collection, position: move.position)
            }
            try await write(changes, on: connection)
        }
    }

    private func groups(
        of tokens: [TokenKey], on connection: PostgresConnection
    ) async throws -> [TokenKey: String] {
        let rows = try await connection.query(
            Self.groups, [.textArray(tokens.map(\.type)), .numericArray(tokens.map(\.id))])
        var groups: [TokenKey: String] = [:]
        for row in rows {
            groups[TokenKey(type: try row.decode(at: 0), id: try row.decode(at: 1))] = try row.decode(
                String.self, at: 2)
        }
        return groups
    }

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        _ = try await connection.execute("delete from ownership_spans where from_height > $1", [.height(height)])
        _ = try await connection.execute(
            """
            update ownership_spans set to_height = null, to_transaction_index = null, to_event_index = null
            where to_height > $1
            """, [.height(height)])
        for table in ["lockers", "collection_places"] {
            _ = try await connection.execute("delete from \(table) where found_height > $1", [.height(height)])
        }
        try await HolderCounts.count(on: connection)
    }
}
