package import FlowClient
package import FoundationEssentials
package import Postgres

/// Where the chain and the index differ about a token. Nil: nobody has it.
package struct Drift: Hashable, Sendable {
    package enum State: String, Hashable, Sendable { case open, repaired, dismissed, gone }

    package var id: Int64 = 0
    package var token: TokenKey
    /// The block after which both were asked.
    package var height: BlockHeight
    package var indexed: Owner?
    package var onChain: Owner?
    package var cause = ""
    package var state = State.open
    package var foundAt = Date(timeIntervalSince1970: 0)
    package var decidedBy: String?
    package var reason: String?
    /// What an operation of the platform's last did with it: the operation, and who was to have it.
    package var asked: Asked?

    package struct Asked: Hashable, Sendable {
        package var operation: String
        package var owner: Owner?
    }

    package init(token: TokenKey, height: BlockHeight, indexed: Owner?, onChain: Owner?) {
        (self.token, self.height, self.indexed, self.onChain) = (token, height, indexed, onChain)
    }
}

/// How much of what the index says the chain has confirmed.
package struct ProofStatus: Hashable, Sendable {
    /// Tokens that somebody has.
    package var tokens: Int
    /// Of these, those that the chain was asked about within the last 24 hours, and said the same.
    package var provenWithinADay: Int
    package var openDrifts: Int
}

package struct DriftStore: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    private static let insert = """
        insert into drifts (token_type, token_id, height, indexed_kind, indexed_owner, chain_kind, chain_owner, cause)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (token_type, token_id) where state = 'open' do update set height = excluded.height,
            indexed_kind = excluded.indexed_kind, indexed_owner = excluded.indexed_owner, chain_kind = excluded.chain_kind,
            chain_owner = excluded.chain_owner, cause = excluded.cause
        """

    static func add(_ drift: Drift, on connection: PostgresConnection) async throws {
        _ = try await connection.execute(
            insert,
            [
                .text(drift.token.type), .numeric(drift.token.id), .height(drift.height),
                .optional(drift.indexed?.kind.rawValue, PostgresValue.text),
                .optional(drift.indexed?.text, PostgresValue.text),
                .optional(drift.onChain?.kind.rawValue, PostgresValue.text),
                .optional(drift.onChain?.text, PostgresValue.text), .text(drift.cause),
            ])
    }

    private static let columns = """
        d.id, d.token_type, d.token_id, d.height, d.indexed_kind, d.indexed_owner, d.chain_kind, d.chain_owner, d.cause, d.state,
        d.found_at, d.decided_by, d.reason, e.operation, e.asked_kind, e.asked_owner
        """
    private static let source = """
        drifts d left join lateral (
            select e.operation, case when e.holder is not null then 'locker' when e.recipient is not null then 'wallet' end as asked_kind,
                coalesce(e.holder, e.recipient) as asked_owner
            from operation_events e where e.token_type = d.token_type and e.token_id = d.token_id
            order by e.height desc, e.transaction_index desc, e.event_index desc limit 1) e on true
        """

    /// The latest first.
    package func all(state: Drift.State? = nil, limit: Int = 1000) async throws -> [Drift] {
        try await pool.query(
            "select \(Self.columns) from \(Self.source) where $1::text is null or d.state = $1 order by d.id desc limit $2",
            [.optional(state?.rawValue, PostgresValue.text), .int8(Int64(limit))]
        ).map(Self.drift)
    }

    package func drift(_ id: Int64) async throws -> Drift? {
        try await pool.query("select \(Self.columns) from \(Self.source) where d.id = $1", [.int8(id)]).first.map(
            Self.drift)
    }

    package func status() async throws -> ProofStatus {
        let row = try await pool.query(
            """
            select (select count(*) from token_owners where owner_kind <> 'limbo') as tokens,
                (select count(*) from token_proofs where proven_at > now() - interval '24 hours') as proven,
                (select count(*) from drifts where state = 'open') as drifts
            """
        ).one()
        return ProofStatus(
            tokens: try row.decode("tokens"), provenWithinADay: try row.decode("proven"),
            openDrifts: try row.decode("drifts"))
    }

    private static func drift(_ row: PostgresRow) throws -> Drift {
        var drift = Drift(
            token: try row.token(), height: try row.height("height"), indexed: try row.optionalOwner("indexed"),
            onChain: try row.optionalOwner("chain"))
        drift.id = try row.decode("id")
        drift.cause = try row.decode("cause")
        drift.state = Drift.State(rawValue: try row.decode("state")) ?? .open
        drift.foundAt = try row.decode("found_at")
        (drift.decidedBy, drift.reason) = (try row.decode("decided_by"), try row.decode("reason"))
        if let operation: String = try row.decode(String?.self, "operation") {
            drift.asked = Drift.Asked(operation: operation, owner: try row.optionalOwner("asked"))
        }
        return drift
    }

    private static let decide = """
        update drifts set state = $2, decided_at = now(), decided_by = $3, reason = $4 where id = $1 and state = 'open'
        """

    /// The index takes the chain's word, from its last block on; history says who had it until then.
    /// - Parameter audit: written in the same transaction.
    /// - Throws: `badRequest` where the drift is not open, or the token has moved since it was found.
    package func repair(
        _ id: Int64, by actor: String, reason: String,
        audit: @Sendable (PostgresConnection, Drift) async throws -> Void = { _, _ in }
    ) async throws -> Drift {
        guard let drift = try await drift(id), drift.state == .open else {
            throw IndexerError(.badRequest, "there is no open drift \(id)")
        }
        try await pool.withTransaction { connection in
            // The writer waits for this row: nothing is indexed meanwhile.
            let row = try await connection.query(
                "select height from ingest_cursors where name = $1 and height is not null for update",
                [.text(BatchWriter.cursorName)]
            ).one()
            let cursor = try row.height("height")
            let now = try await connection.query(
                """
                select owner_kind, owner, from_height from token_owners where token_type = $1 and token_id = $2
                """, [.text(drift.token.type), .id64(drift.token.id)]
            ).first
            let owner = try now?.optionalOwner()
            let movedAt = try now?.height("from_height") ?? 0
            guard owner == drift.indexed, movedAt <= drift.height else {
                throw IndexerError(
                    .badRequest, "\(drift.token) has moved since drift \(id) was found: weir reconcile looks again")
            }
            let event = Corrections.event(drift.token, drift.onChain, at: cursor, number: 0)
            for projection in [TokenProjection(), OwnershipProjection()] as [any Projection] {
                try await projection.execute(EventBatch(events: [event]), on: connection)
            }
            try await Corrections.write(drift.token, drift.onChain, at: cursor, drift: id, on: connection)
            try await Self.decide(id, .repaired, actor, reason, on: connection)
            try await audit(connection, drift)
        }
        return try await self.drift(id) ?? drift
    }

    /// A person says that it is none; found again it is open again.
    package func dismiss(
        _ id: Int64, by actor: String, reason: String,
        audit: @Sendable (PostgresConnection, Drift) async throws -> Void = { _, _ in }
    ) async throws -> Drift {
        guard let drift = try await drift(id), drift.state == .open else {
            throw IndexerError(.badRequest, "there is no open drift \(id)")
        }
        try await pool.withTransaction { connection in
            try await Self.decide(id, .dismissed, actor, reason, on: connection)
            try await audit(connection, drift)
        }
        return try await self.drift(id) ?? drift
    }

    private static func decide(
        _ id: Int64, _ state: Drift.State, _ actor: String, _ reason: String, on connection: PostgresConnection
    ) async throws {
        let touched = try await connection.execute(
            decide, [.int8(id), .text(state.rawValue), .text(actor), .text(reason)])
        guard touched == 1 else { throw IndexerError(.badRequest, "drift \(id) is no longer open") }
    }
}
