import Cadence
package import FlowClient
package import Postgres

/// Who has each token, who had it before, and the lockers, as `OwnershipReducer` works them out.
package struct OwnershipProjection: Projection {
    package static let name = "ownership"
    package static let version: Int32 = 4
    package static let tables = ["token_owners", "ownership_history", "lockers", "collection_places"]
    package init() {}

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        let known = try await KnownCollections(of: batch, on: connection)
        var reducer = known.reducer
        for event in batch.events { reducer.read(event) }
        guard try await known.isFollowed(by: reducer, on: connection) else {
            try await write(reducer, minted: batch.groups, on: connection)
            batch.collections?.learn(reducer.lockersFound, reducer.placesFound)
            return
        }
        // Tokens move along with their collections: one transaction after the other, each seeing what the one before it left.
        for events in batch.byTransaction {
            let transaction = EventBatch(events: events)
            var reducer = try await KnownCollections(of: transaction, on: connection).reducer
            for event in events { reducer.read(event) }
            try await write(reducer, minted: transaction.groups, on: connection)
            try await follow(reducer.placesFound, on: connection)
            batch.collections?.learn(reducer.lockersFound, reducer.placesFound)
        }
    }

    private func write(
        _ reducer: OwnershipReducer, minted: [TokenKey: String], on connection: PostgresConnection
    ) async throws {
        try await FoundCollections.write(reducer.lockersFound, reducer.placesFound, on: connection)
        try await OwnershipWriter(reducer.changes, minted: minted).write(on: connection)
    }

    private static let inCollection = """
        select token_type, token_id, owner_kind, owner from token_owners
        where collection_uuid = $1 and (from_height, from_transaction_index) < ($2, $3)
            and (owner_kind = 'limbo' or owner_kind in ('wallet', 'treasury') and owner = $4)
        """

    /// What lay in a collection that is now in another account is that account's.
    private func follow(_ moves: [PlaceFound], on connection: PostgresConnection) async throws {
        for move in moves {
            let rows = try await connection.query(Self.inCollection, move.parameters)
            let changes = try move.changes(of: rows)
            try await OwnershipWriter(changes, minted: [:]).write(on: connection)
        }
    }

    // In this order: what began above the height was not there, and what ended above it is open again.
    private static let reopened = """
        insert into token_owners (token_type, token_id, owner_kind, owner, collection_uuid, group_id, from_height,
            from_transaction_index, from_event_index)
        select token_type, token_id, owner_kind, owner, collection_uuid, group_id, from_height, from_transaction_index,
            from_event_index
        from ownership_history where to_height > $1 and from_height <= $1
        """

    package func unwind(to height: BlockHeight, on connection: PostgresConnection) async throws {
        let height = [PostgresValue.height(height)]
        _ = try await connection.execute("delete from token_owners where from_height > $1", height)
        _ = try await connection.execute(Self.reopened, height)
        _ = try await connection.execute("delete from ownership_history where to_height > $1", height)
        for table in ["lockers", "collection_places"] {
            _ = try await connection.execute("delete from \(table) where found_height > $1", height)
        }
    }
}

extension EventBatch {
    /// The pass or collectible of each token that is minted here.
    var groups: [TokenKey: String] {
        var groups: [TokenKey: String] = [:]
        for event in events {
            for case .minted(let mint) in event.facts where groups[mint.token] == nil {
                groups[mint.token] = mint.group
            }
        }
        return groups
    }
}
