import Cadence
import FlowClient
import Postgres

/// Which tokens the chain is asked about next. It lies in the database: whoever leads goes on with it.
enum ProofQueue {
    struct Pick: Sendable {
        /// The index's height when they were picked: it is what the chain is asked about.
        var height: BlockHeight
        var tokens: [HeldToken]
        /// Everything that was moved up to here is among them.
        var touchedTo: BlockHeight?
    }

    private static let cursor = """
        select c.height, coalesce((select r.touched_height from reconciliations r where r.name = $1), -1) as touched
        from ingest_cursors c where c.name = $1 and c.height is not null
        """
    /// Heights at which tokens changed hands, or came to be: what ended at one is held by somebody else since.
    private static let changes = """
        select to_height as height from ownership_history where to_height > $1 and to_height <= $2
        union all select minted_height from tokens where minted_height > $1 and minted_height <= $2
        """
    /// Whole heights, so that the queue can be told by one: at most about so many tokens.
    private static let touchedEnd = "select max(height), count(*) from (\(changes) order by height limit $3) c"
    private static let touched = """
        select o.token_type, o.token_id, o.owner_kind, o.owner from (
            select token_id, token_type from ownership_history where to_height > $1 and to_height <= $2
            union select int64(token_id), token_type from tokens where minted_height > $1 and minted_height <= $2) c
        join token_owners o on o.token_id = c.token_id and o.token_type = c.token_type
        where o.token_type = any($3::text[])
        """
    private static let oldest = """
        select o.token_type, o.token_id, o.owner_kind, o.owner
        from (select token_type, token_id from token_proofs
            where proven_at < now() - interval '6 hours' order by proven_at limit $1) p
        join token_owners o on o.token_type = p.token_type and o.token_id = int64(p.token_id)
        """

    /// Nil where nothing is indexed, or nobody has anything.
    static func next(_ limit: Int, types: [String], from pool: PostgresPool) async throws -> Pick? {
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            guard let row = try await connection.query(cursor, [.text(BatchWriter.cursorName)]).first else {
                return nil
            }
            let height = try row.height("height")
            let from: Int64 = try row.decode("touched")
            let bounds = try await connection.query(
                touchedEnd, [.int8(from), .int8(height.signed), .int8(Int64(limit))]
            ).one()
            var pick = Pick(height: height, tokens: [], touchedTo: height)
            if let end: Int64 = try bounds.decode(Int64?.self, at: 0) {
                pick.tokens = try await connection.query(touched, [.int8(from), .int8(end), .textArray(types)]).map(
                    held)
                // Fewer than asked for: there is nothing above.
                if try bounds.decode(Int64.self, at: 1) == Int64(limit) { pick.touchedTo = BlockHeight(UInt64(end)) }
            }
            if pick.tokens.count < limit {
                let known = Set(pick.tokens.map(\.token))
                let old = try await connection.query(oldest, [.int8(Int64(limit - pick.tokens.count))]).map(held)
                pick.tokens += old.filter { !known.contains($0.token) && types.contains($0.token.type) }
            }
            return pick
        }
    }

    static func everything(types: [String], from pool: PostgresPool) async throws -> Pick? {
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            guard let row = try await connection.query(cursor, [.text(BatchWriter.cursorName)]).first else {
                return nil
            }
            let tokens = try await connection.query(
                """
                select token_type, token_id, owner_kind, owner from token_owners
                where token_type = any($1::text[]) order by owner_kind, owner, token_type, token_id
                """, [.textArray(types)]
            ).map(held)
            return Pick(height: try row.height("height"), tokens: tokens, touchedTo: nil)
        }
    }

    /// Who has these at a height, as the index has it; those that nobody has are told without an owner.
    static func owners(
        of tokens: [TokenKey], at height: BlockHeight, from pool: PostgresPool
    ) async throws -> [(token: TokenKey, owner: Owner?)] {
        guard !tokens.isEmpty else { return [] }
        return try await pool.query(
            """
            select x.token_type, x.token_id, s.owner_kind, s.owner from unnest($1::text[], $2::bigint[]) as x (token_type, token_id)
            left join lateral (
                select o.owner_kind, o.owner from token_owners o
                where o.token_id = x.token_id and o.token_type = x.token_type and o.from_height <= $3
                union all
                select h.owner_kind, h.owner from ownership_history h
                where h.token_id = x.token_id and h.token_type = x.token_type and h.from_height <= $3 and h.to_height > $3) s on true
            """, [.textArray(tokens.map(\.type)), .id64Array(tokens.map(\.id)), .height(height)]
        ).map { (try $0.token64(), try $0.optionalOwner()) }
    }

    /// Wherever they have ever been, or were to go.
    static func places(of tokens: [TokenKey], from pool: PostgresPool) async throws -> [HeldToken] {
        try await pool.query(
            """
            select distinct token_type, token_id, owner_kind, owner from (
                select o.token_type, o.token_id, o.owner_kind, o.owner
                from unnest($1::text[], $2::bigint[]) as x (token_type, token_id)
                join token_owners o on o.token_id = x.token_id and o.token_type = x.token_type
                union all
                select h.token_type, h.token_id, h.owner_kind, h.owner
                from unnest($1::text[], $2::bigint[]) as x (token_type, token_id)
                join ownership_history h on h.token_id = x.token_id and h.token_type = x.token_type
                union all
                select e.token_type, int64(e.token_id), case when e.holder is null then 'wallet' else 'locker' end,
                    coalesce(e.holder, e.recipient)
                from unnest($1::text[], $2::bigint[]) as x (token_type, token_id)
                join operation_events e on e.token_type = x.token_type and e.token_id = uint64(x.token_id)
                where coalesce(e.holder, e.recipient) is not null) places
            where owner_kind <> 'limbo'
            """, [.textArray(tokens.map(\.type)), .id64Array(tokens.map(\.id))]
        ).map(held)
    }

    private static let proof = """
        insert into token_proofs (token_type, token_id, proven_height, proven_at)
        select t, i, $3, now() from unnest($1::text[], $2::numeric[]) as x (t, i)
        on conflict (token_type, token_id) do update set proven_height = excluded.proven_height, proven_at = excluded.proven_at
        """
    private static let reached = """
        insert into reconciliations (name, touched_height) values ($1, $2)
        on conflict (name) do update set touched_height = excluded.touched_height
        where reconciliations.touched_height < excluded.touched_height
        """
    private static let healed = """
        update drifts d set state = 'gone', decided_at = now() from unnest($1::text[], $2::numeric[]) as x (t, i)
        where d.token_type = x.t and d.token_id = x.i and d.state = 'open'
        """

    static func prove(
        _ tokens: [TokenKey], at height: BlockHeight, touchedTo: BlockHeight?, on connection: PostgresConnection
    ) async throws {
        let columns: [PostgresValue] = [.textArray(tokens.map(\.type)), .numericArray(tokens.map(\.id))]
        if !tokens.isEmpty {
            _ = try await connection.execute(proof, columns + [.height(height)])
            _ = try await connection.execute(healed, columns)
        }
        if let touchedTo {
            _ = try await connection.execute(reached, [.text(BatchWriter.cursorName), .height(touchedTo)])
        }
    }

    private static func held(_ row: PostgresRow) throws -> HeldToken {
        HeldToken(token: try row.token64(), owner: try row.owner())
    }
}
