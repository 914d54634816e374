import Cadence
package import FlowClient
package import Postgres

/// Spans of ownership and the lockers, as `OwnershipReducer` works them out.
package struct OwnershipProjection: Projection {
    package static let name = "ownership"
    package static let version: Int32 = 2
    package init() {}

    private static let knownLockers = """
        select collection_uuid, holder from lockers where collection_uuid = any($1::numeric[])
        """
    private static let knownPlaces = """
        select distinct on (collection_uuid) collection_uuid, account from collection_places
        where collection_uuid = any($1::numeric[])
        order by collection_uuid, found_height desc, found_transaction_index desc
        """
    private static let groups = """
        select t.token_type, t.token_id, t.group_id
        from unnest($1::text[], $2::numeric[]) as touched (token_type, token_id)
        join tokens t on t.token_type = touched.token_type and t.token_id = touched.token_id
        where t.group_id is not null
        """
    private static let end = """
        update ownership_spans s
        set to_height = ended.height, to_transaction_index = ended.transaction_index, to_event_index = ended.event_index
        from unnest($1::text[], $2::numeric[], $3::bigint[], $4::integer[], $5::integer[])
            as ended (token_type, token_id, height, transaction_index, event_index)
        where s.token_type = ended.token_type and s.token_id = ended.token_id and s.to_height is null
        """
    private static let columns = [
        "token_type", "token_id", "owner_kind", "owner", "collection_uuid", "group_id", "from_height",
        "from_transaction_index", "from_event_index", "to_height", "to_transaction_index", "to_event_index",
    ]

    package func execute(_ batch: EventBatch, on connection: PostgresConnection) async throws {
        let collections = Self.collections(of: batch)
        var reducer = OwnershipReducer(
            lockers: try await lockers(collections, on: connection),
            places: try await places(collections, on: connection)
        )
        for event in batch.events { reducer.read(event) }
        try await add(reducer.lockersFound, on: connection)
        try await add(reducer.placesFound, on: connection)
        guard !reducer.changes.isEmpty else { return }

        // By token, each change ends the one before it: the first ends what is open in the table.
        var last: [TokenKey: Int] = [:]
        var first: [OwnershipChange] = []
        var ends: [EventPosition?] = Array(repeating: nil, count: reducer.changes.count)
        for (place, change) in reducer.changes.enumerated() {
            if let before = last.updateValue(place, forKey: change.token) {
                ends[before] = change.position
            } else {
                first.append(change)
            }
        }
        _ = try await connection.execute(
            Self.end,
            [
                .textArray(first.map(\.token.type)), .numericArray(first.map(\.token.id)),
                .int8Array(first.map { Int64($0.position.height.rawValue) }),
                .int4Array(first.map { Int32(bitPattern: $0.position.transactionIndex) }),
                .int4Array(first.map { Int32(bitPattern: $0.position.eventIndex) }),
            ])
        let groups = try await groups(of: Array(last.keys), on: connection)
        let rows = zip(reducer.changes, ends).compactMap { change, end -> [PostgresValue]? in
            guard let owner = change.owner else { return nil }
            return [
                .text(change.token.type), .numeric(change.token.id), .text(owner.kind.rawValue), .text(owner.text),
                .optional(change.collection, PostgresValue.numeric),
                .optional(groups[change.token], PostgresValue.text),
                .height(change.position.height), .index(change.position.transactionIndex),
                .index(change.position.eventIndex), .optional(end?.height, PostgresValue.height),
                .optional(end?.transactionIndex, PostgresValue.index), .optional(end?.eventIndex, PostgresValue.index),
            ]
        }
        if !rows.isEmpty { try await connection.write("ownership_spans", columns: Self.columns, rows: rows) }
    }

    private static func collections(of batch: EventBatch) -> Set<UInt64> {
        var collections: Set<UInt64> = []
        for event in batch.events {
            for case .deposited(_, _, _, let collection) in event.facts { collections.insert(collection) }
        }
        return collections
    }

    /// Bounded by the batch, however many lockers there are.
    private func lockers(_ collections: Set<UInt64>, on connection: PostgresConnection) async throws -> [UInt64: String]
    {
        guard !collections.isEmpty else { return [:] }
        let rows = try await connection.query(Self.knownLockers, [.numericArray(Array(collections))])
        var known: [UInt64: String] = [:]
        for row in rows { known[try row.decode(at: 0)] = try row.decode(String.self, at: 1) }
        return known
    }

    private func places(_ collections: Set<UInt64>, on connection: PostgresConnection) async throws -> [UInt64: Address]
    {
        guard !collections.isEmpty else { return [:] }
        let rows = try await connection.query(Self.knownPlaces, [.numericArray(Array(collections))])
        var known: [UInt64: Address] = [:]
        for row in rows { known[try row.decode(at: 0)] = Address(try row.decode(String.self, at: 1)) }
        return known
    }

    private func add(_ places: [PlaceFound], on connection: PostgresConnection) async throws {
        // The last of a transaction counts, as it does for owners.
        var last: [PlaceKey: PlaceFound] = [:]
        for place in places {
            last[PlaceKey(place.collection, place.position.height, place.position.transactionIndex)] = place
        }
        guard !last.isEmpty else { return }
        try await connection.write(
            "collection_places", columns: ["collection_uuid", "found_height", "found_transaction_index", "account"],
            rows: last.values.map {
                [
                    .numeric($0.collection), .height($0.position.height), .index($0.position.transactionIndex),
                    .text($0.account.hex),
                ]
            })
    }

    private struct PlaceKey: Hashable {
        var collection: UInt64
        var height: BlockHeight
        var index: UInt32
        init(_ collection: UInt64, _ height: BlockHeight, _ index: UInt32) {
            (self.collection, self.height, self.index) = (collection, height, index)
        }
    }

    private func add(_ lockers: [LockerFound], on connection: PostgresConnection) async throws {
        guard !lockers.isEmpty else { return }
        try await connection.write(
            "lockers", columns: ["collection_uuid", "token_type", "holder", "found_height"],
            rows: lockers.map {
                [.numeric($0.collection), .text($0.tokenType), .text($0.holder), .height($0.position.height)]
            })
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
    }

    package func clear(on connection: PostgresConnection) async throws {
        for table in ["ownership_spans", "lockers", "collection_places"] {
            _ = try await connection.execute("delete from \(table)", [])
        }
    }
}
