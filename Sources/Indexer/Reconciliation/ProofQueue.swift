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
    /// Whole heights, so that the queue can be told by one: at most about so many tokens.
    private static let touchedEnd = """
        select max(from_height) from (select from_height from ownership_spans
            where from_height > $1 and from_height <= $2 order by from_height limit $3) s
        """
    private static let touched = """
        select s.token_type, s.token_id, s.owner_kind, s.owner from ownership_spans s
        where s.to_height is null and s.from_height > $1 and s.from_height <= $2 and s.token_type = any($3::text[])
        """
    private static let oldest = """
        select s.token_type, s.token_id, s.owner_kind, s.owner
        from (select token_type, token_id from token_proofs
            where proven_at < now() - interval '6 hours' order by proven_at limit $1) p
        join ownership_spans s on s.token_type = p.token_type and s.token_id = p.token_id and s.to_height is null
        """

    /// Nil where nothing is indexed, or nobody has anything.
    static func next(_ limit: Int, types: [String], from pool: PostgresPool) async throws -> Pick? {
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            guard let row = try await connection.query(cursor, [.text(BatchWriter.cursorName)]).first else {
                return nil
            }
            let height = try row.height("height")
            let from: Int64 = try row.decode("touched")
            let end: Int64? = try await connection.query(
                touchedEnd, [.int8(from), .int8(height.signed), .int8(Int64(limit))]
            ).one()
            var pick = Pick(height: height, tokens: [], touchedTo: nil)
            if let end {
                pick.tokens = try await connection.query(touched, [.int8(from), .int8(end), .textArray(types)])
                    .map(held)
                // Fewer than asked for: there is nothing above.
                let count = try await connection.query(
                    "select count(*) from ownership_spans where from_height > $1 and from_height <= $2",
                    [.int8(from), .int8(end)]
                ).one(Int.self)
                pick.touchedTo = count < limit ? height : BlockHeight(UInt64(end))
            } else {
                pick.touchedTo = height
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
                select token_type, token_id, owner_kind, owner from ownership_spans
                where to_height is null and token_type = any($1::text[]) order by owner_kind, owner, token_type, token_id
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
            select x.token_type, x.token_id, s.owner_kind, s.owner from unnest($1::text[], $2::numeric[]) as x (token_type, token_id)
            left join ownership_spans s on s.token_type = x.token_type and s.token_id = x.token_id
                and s.from_height <= $3 and (s.to_height is null or s.to_height > $3)
            """, [.textArray(tokens.map(\.type)), .numericArray(tokens.map(\.id)), .height(height)]
        ).map { (try $0.token(), try $0.optionalOwner()) }
    }

    /// Wherever they have ever been, or were to go.
    static func places(of tokens: [TokenKey], from pool: PostgresPool) async throws -> [HeldToken] {
        try await pool.query(
            """
            select distinct token_type, token_id, owner_kind, owner from (
                select s.token_type, s.token_id, s.owner_kind, s.owner
                from unnest($1::text[], $2::numeric[]) as x (token_type, token_id)
                join ownership_spans s on s.token_type = x.token_type and s.token_id = x.token_id where s.owner_kind <> 'limbo'
                union all
                select e.token_type, e.token_id, case when e.holder is null then 'wallet' else 'locker' end,
                    coalesce(e.holder, e.recipient)
                from unnest($1::text[], $2::numeric[]) as x (token_type, token_id)
                join operation_events e on e.token_type = x.token_type and e.token_id = x.token_id
                where coalesce(e.holder, e.recipient) is not null) places
            """, [.textArray(tokens.map(\.type)), .numericArray(tokens.map(\.id))]
        ).map(held)
    }

    private static let proof = """
        insert into token_proofs (token_type, token_id, proven_height, proven_at)
        select t, i, $3, now() from unnest($1::text[], $2::numeric[]) as x (t, i)
        on conflict (token_type, token_id) do update set proven_height = excluded.proven_height, proven_at = excluded.proven_at
        """
    private static let reached = """
        insert into reconciliations (name, touched_height) values ($1, $2)
        on conflict (name) do update set touched_height = greatest(reconciliations.touched_height, excluded.touched_height)
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
        HeldToken(token: try row.token(), owner: try row.owner())
    }
}
