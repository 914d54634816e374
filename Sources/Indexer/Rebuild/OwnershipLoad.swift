import Cadence
import FlowClient
import Postgres

/// Spans of ownership from a long run of events, by sorting: each change of a token ends where the next one begins. The rules
/// are `OwnershipReducer`'s as everywhere; what differs is that no row is ever looked up or changed.
struct OwnershipLoad: Sendable {
    private var reducer = OwnershipReducer()
    /// Collections that came to be elsewhere, or known, when tokens may have lain in them.
    private var moves: [PlaceFound] = []

    static let make = """
        create unlogged table ownership_changes (
            token_type text collate "C" not null, token_id bigint not null, owner_kind text, owner text, collection_uuid bigint,
            height bigint not null, transaction_index integer not null, event_index integer not null, uuid numeric(20, 0))
        """
    private static let columns = [
        "token_type", "token_id", "owner_kind", "owner", "collection_uuid", "height", "transaction_index",
        "event_index",
        "uuid",
    ]

    /// Events in the chain's order. `uuids` are tokens that these events destroy under the interface's name.
    mutating func add(_ events: [ReadEvent], on connection: PostgresConnection) async throws {
        let known = try await KnownCollections(destroyedBy: events, on: connection)
        reducer.learn(known)
        for event in events { reducer.read(event) }
        let found = reducer.takeFound()
        try await FoundCollections.write(found.lockers, found.places, on: connection)
        moves += found.places.filter { $0.before != nil }
        try await OwnershipLoad.write(found.changes, on: connection)
    }

    private static func write(_ changes: [OwnershipChange], on connection: PostgresConnection) async throws {
        guard !changes.isEmpty else { return }
        try await connection.copyIn("ownership_changes", columns: columns) { writer in
            for change in changes {
                try await writer.row { (row) throws(PostgresError) in
                    try row.append(.text(change.token.type))
                    try row.append(.id64(change.token.id))
                    try row.append(.optional(change.owner?.kind.rawValue, PostgresValue.text))
                    try row.append(.optional(change.owner?.text, PostgresValue.text))
                    try row.append(.optional(change.collection, PostgresValue.id64))
                    try row.append(.height(change.position.height))
                    try row.append(.index(change.position.transactionIndex))
                    try row.append(.index(change.position.eventIndex))
                    try row.append(.optional(change.uuid, PostgresValue.numeric))
                }
            }
        }
    }

    // The last change of each token before the move, where that put it into the collection.
    private static let inCollection = """
        select token_type, token_id, owner_kind, owner from (
            select distinct on (c.token_type, c.token_id) c.* from ownership_changes c
            where (c.height, c.transaction_index) < ($2, $3) and exists (
                select from ownership_changes o where o.token_type = c.token_type and o.token_id = c.token_id
                    and o.collection_uuid = $1)
            order by c.token_type, c.token_id, c.height desc, c.transaction_index desc) last
        where collection_uuid = $1 and (owner_kind = 'limbo' or owner_kind in ('wallet', 'treasury') and owner = $4)
            and not exists (select from ownership_changes n where n.token_type = last.token_type and n.token_id = last.token_id
                and (n.height, n.transaction_index) = ($2, $3))
        """
    private static let waiting = """
        select p.collection_uuid, p.account, p.found_height, p.found_transaction_index
        from (select distinct on (collection_uuid) * from collection_places
            order by collection_uuid, found_height, found_transaction_index) p
        where int64(p.collection_uuid) in (select collection_uuid from ownership_changes where owner_kind = 'limbo' and collection_uuid is not null)
        """
    private static let ends = """
        create unlogged table ownership_ends as
        select c.*, lead(height) over w as to_height, lead(transaction_index) over w as to_transaction_index,
            lead(event_index) over w as to_event_index
        from ownership_changes c window w as (partition by token_id, token_type order by height, transaction_index)
        """
    /// Tokens that nobody minted, as far as events tell: there since they were first seen.
    private static let appeared = """
        insert into tokens (token_type, token_id, minted_height, uuid)
        select token_type, uint64(token_id), min(height), min(uuid) from ownership_changes
        where owner_kind is not null group by token_type, token_id
        on conflict (token_type, token_id) do update set uuid = excluded.uuid
        where tokens.uuid is null and excluded.uuid is not null
        """
    private static let destroyed = """
        update tokens t set destroyed_height = gone.height
        from (select token_type, token_id, max(height) as height from ownership_changes where owner_kind is null
            group by token_type, token_id) gone
        where t.token_type = gone.token_type and t.token_id = uint64(gone.token_id) and t.destroyed_height is null
        """
    private static let columns64 = """
        (token_type, token_id, owner_kind, owner, collection_uuid, group_id, from_height, from_transaction_index, from_event_index
        """
    private static let row = """
        select c.token_type, c.token_id, c.owner_kind, c.owner, c.collection_uuid, t.group_id, c.height, c.transaction_index,
            c.event_index
        """
    private static let groups = "left join tokens t on t.token_type = c.token_type and t.token_id = uint64(c.token_id)"
    // In the order of their ends, which is what finds them again.
    private static let history = """
        insert into ownership_history \(columns64), to_height, to_transaction_index, to_event_index)
        \(row), c.to_height, c.to_transaction_index, c.to_event_index from ownership_ends c \(groups)
        where c.owner_kind is not null and c.to_height is not null order by c.to_height
        """
    private static let owners = """
        insert into token_owners \(columns64))
        \(row) from ownership_ends c \(groups) where c.owner_kind is not null and c.to_height is null
        """

    /// Sorts what was added into spans.
    /// - Parameter buildsTokens: whether the tokens are built along with them.
    func finish(buildsTokens: Bool, on connection: PostgresConnection) async throws {
        // Collections that became known only after tokens had been put into them.
        var all = moves
        for row in try await connection.query(Self.waiting) {
            let position = EventPosition(
                height: try row.height("found_height"), transactionIndex: try row.decode("found_transaction_index"),
                eventIndex: 0)
            guard let account = Address(try row.decode(String.self, "account")) else { continue }
            all.append(
                PlaceFound(collection: try row.decode("collection_uuid"), account: account, position: position))
        }
        if !all.isEmpty {
            try await connection.script(
                """
                create index on ownership_changes (token_type, token_id, height, transaction_index);
                create index on ownership_changes (collection_uuid);
                analyze ownership_changes;
                """)
        }
        for move in all.sorted(by: { $0.position < $1.position }) { try await follow(move, on: connection) }
        // Sorting everything takes longer than any statement of the daily work may.
        // And it joins everything with everything: the writer's own sessions look rows up one by one.
        try await connection.script(
            """
            set local work_mem = '128MB'; set local statement_timeout = 0;
            set local enable_hashjoin = on; set local enable_mergejoin = on; set local enable_seqscan = on
            """)
        if buildsTokens {
            _ = try await connection.execute(Self.appeared, [])
            _ = try await connection.execute(Self.destroyed, [])
        }
        _ = try await connection.execute(Self.ends, [])
        _ = try await connection.execute(Self.history, [])
        _ = try await connection.execute(Self.owners, [])
        try await connection.script("drop table ownership_changes, ownership_ends")
    }

    private func follow(_ move: PlaceFound, on connection: PostgresConnection) async throws {
        let rows = try await connection.query(Self.inCollection, move.parameters)
        try await Self.write(move.changes(of: rows), on: connection)
    }
}
