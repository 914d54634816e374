package import Cadence
import FlowClient
import FoundationEssentials
package import Postgres

/// Who owns what, now or at a past height, from the index. Every answer says as of which height it holds; a height that
/// the index has not reached is an error, never an empty answer.
package struct OwnershipReader: Sendable {
    let pool: PostgresPool

    package init(pool: PostgresPool) {
        self.pool = pool
    }

    // A span counts at H where it begins at or before H and ends after it. `coalesce` is the indexes' own expression.
    private static let covers = "s.from_height <= $1 and coalesce(s.to_height, 9223372036854775807) > $1"
    private static let columns = """
        s.token_type, s.token_id, s.owner_kind, s.owner, s.group_id, t.release_id, t.serial,
        s.from_height, s.from_transaction_index, s.from_event_index, s.to_height, s.to_transaction_index, s.to_event_index
        """
    private static let source = """
        ownership_spans s left join tokens t on t.token_type = s.token_type and t.token_id = s.token_id
        """

    private static let byToken = """
        select \(columns) from \(source) where \(covers) and s.token_type = $2 and s.token_id = $3
        """
    private static let byOwner = """
        select \(columns) from \(source)
        where \(covers) and s.owner_kind = $2 and s.owner = $3 and ($4::text is null or s.token_type = $4)
            and ($5::text is null or (s.token_type, s.token_id) > ($5, $6::numeric))
        order by s.token_type, s.token_id limit $7
        """
    /// The same at the cursor's own height, where nothing has ended later: it runs on the index of what is open.
    private static let byOwnerNow = byOwner.replacing(covers, with: "s.to_height is null and $1::bigint is not null")
    private static let byGroup = """
        select s.owner_kind, s.owner, array_agg(s.token_id order by s.token_id) as tokens from ownership_spans s
        where \(covers) and s.group_id = $2 and s.owner_kind = any($3::text[])
            and ($4::text is null or (s.owner_kind, s.owner) > ($4, $5::text))
        group by s.owner_kind, s.owner order by s.owner_kind, s.owner limit $6
        """
    private static let byGroupNow = byGroup.replacing(covers, with: "s.to_height is null and $1::bigint is not null")

    /// Nil where nobody has it: it was not yet minted, or is destroyed.
    package func owner(of token: TokenKey, at height: HeightQuestion = .latest) async throws -> AsOf<OwnedToken?> {
        try await ask(height) { connection, at, _ in
            let rows = try await connection.query(
                Self.byToken, [.height(at), .text(token.type), .numeric(token.id)])
            return try rows.first.map(Self.ownedToken)
        }
    }

    /// By token type, then id. An empty page of an owner that was never seen is an answer: it holds nothing.
    package func holdings(
        of owner: Owner, type: String? = nil, at height: HeightQuestion = .latest, page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<OwnedToken>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 2, numbers: [1]) }
        return try await ask(cursor.map { .at($0.height) } ?? height) { connection, at, isLatest in
            let rows = try await connection.query(
                isLatest ? Self.byOwnerNow : Self.byOwner,
                [
                    .height(at), .text(owner.kind.rawValue), .text(owner.text), .optional(type, PostgresValue.text),
                    .optional(cursor?.key[0], PostgresValue.text), .optional(cursor?.key[1], PostgresValue.decimal),
                    .int8(Int64(page.limit + 1)),
                ])
            return try Self.page(rows, page.limit, at, Self.ownedToken) { [$0.token.type, String($0.token.id)] }
        }
    }

    /// How many tokens of a pass or a collectible somebody has.
    package func count(
        of group: String, ownedBy owner: Owner, at height: HeightQuestion = .latest
    ) async throws -> AsOf<Int> {
        try await ask(height) { connection, at, isLatest in
            try await connection.query(
                isLatest ? Self.countNow : Self.count,
                [.height(at), .text(owner.kind.rawValue), .text(owner.text), .text(group)]
            ).one().decode(Int.self, "count")
        }
    }

    private static let count = """
        select count(*) as count from ownership_spans s
        where \(covers) and s.owner_kind = $2 and s.owner = $3 and s.group_id = $4
        """
    private static let countNow = count.replacing(covers, with: "s.to_height is null and $1::bigint is not null")

    /// Who holds tokens of a pass or a collectible: wallets and lockers, unless other kinds are asked for.
    package func holders(
        of group: String, kinds: Set<Owner.Kind> = [.wallet, .locker], at height: HeightQuestion = .latest,
        page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<GroupHolder>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 2) }
        return try await ask(cursor.map { .at($0.height) } ?? height) { connection, at, isLatest in
            let rows = try await connection.query(
                isLatest ? Self.byGroupNow : Self.byGroup,
                [
                    .height(at), .text(group), .textArray(kinds.map(\.rawValue).sorted()),
                    .optional(cursor?.key[0], PostgresValue.text), .optional(cursor?.key[1], PostgresValue.text),
                    .int8(Int64(page.limit + 1)),
                ])
            return try Self.page(rows, page.limit, at) { row in
                GroupHolder(owner: try row.owner(), tokens: try row.decode("tokens"))
            } key: {
                [$0.owner.kind.rawValue, $0.owner.text]
            }
        }
    }

    /// Nil for a token that was never seen.
    package func history(of token: TokenKey) async throws -> AsOf<TokenHistory?> {
        try await ask(.latest) { connection, _, _ in
            let known = try await connection.query(
                "select minted_height, destroyed_height from tokens where token_type = $1 and token_id = $2",
                [.text(token.type), .numeric(token.id)])
            guard let row = known.first else { return nil }
            let spans = try await connection.query(
                """
                select \(Self.columns) from \(Self.source) where s.token_type = $1 and s.token_id = $2
                order by s.from_height, s.from_transaction_index
                """, [.text(token.type), .numeric(token.id)])
            return TokenHistory(
                token: token, mintedHeight: try row.height("minted_height"),
                destroyedHeight: try row.optionalHeight("destroyed_height"), spans: try spans.map(Self.ownedToken))
        }
    }

    /// Listings that are neither bought nor removed, ghosts and expired ones among them, as on the chain.
    package func openListings(
        storefront: Address? = nil, at height: HeightQuestion = .latest, page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<OpenListing>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 1, numbers: [0]) }
        return try await ask(cursor.map { .at($0.height) } ?? height) { connection, at, _ in
            let rows = try await connection.query(
                """
                select id, storefront, token_type, token_id, price, custom_id, expires_at, from_height,
                    from_transaction_index, from_event_index
                from listings
                where from_height <= $1 and coalesce(to_height, 9223372036854775807) > $1
                    and ($2::text is null or storefront = $2) and ($3::numeric is null or id > $3)
                order by id limit $4
                """,
                [
                    .height(at), .optional(storefront?.hex, PostgresValue.text),
                    .optional(cursor?.key[0], PostgresValue.decimal), .int8(Int64(page.limit + 1)),
                ])
            return try Self.page(rows, page.limit, at, Self.openListing) { [String($0.id)] }
        }
    }

    /// Whole pages' worth: everything that anyone holds at a height, for comparisons.
    package func everything(at height: HeightQuestion) async throws -> AsOf<[OwnedToken]> {
        try await ask(height) { connection, at, _ in
            try await connection.query(
                "select \(Self.columns) from \(Self.source) where \(Self.covers) order by s.token_type, s.token_id",
                [.height(at)]
            ).map(Self.ownedToken)
        }
    }
}

extension OwnershipReader {
    private static let cursorQuery = """
        select c.start_height, c.height as indexed, b.height, b.id, b.produced_at
        from ingest_cursors c left join blocks b on b.height = coalesce($2::bigint, c.height) where c.name = $1
        """

    /// Question and cursor see one snapshot: no block is committed in between.
    private func ask<Value: Sendable>(
        _ question: HeightQuestion,
        _ answer: (PostgresConnection, BlockHeight, _ isLatest: Bool) async throws -> Value
    ) async throws -> AsOf<Value> {
        var asked: BlockHeight?
        if case .at(let height) = question { asked = height }
        guard (asked?.rawValue ?? 0) <= UInt64(Int64.max) else {
            throw IndexerError(.notIndexedYet, "no chain is that high", height: asked)
        }
        return try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            let rows = try await connection.query(
                Self.cursorQuery, [.text(BatchWriter.cursorName), .optional(asked, PostgresValue.height)])
            guard let row = rows.first, let indexed = try row.optionalHeight("indexed") else {
                throw IndexerError(.notIndexedYet, "nothing has been indexed yet", height: asked)
            }
            if let asked, asked > indexed {
                throw IndexerError(.notIndexedYet, "the index stands at \(indexed)", height: asked)
            }
            let start = try row.height("start_height")
            if let asked, asked < start {
                throw IndexerError(.beforeHistory, "the index begins at \(start)", height: asked)
            }
            guard let height = try row.optionalHeight("height") else {
                throw IndexerError(.beforeHistory, "this block is not in the index", height: asked)
            }
            return AsOf(
                try await answer(connection, height, height == indexed), height: height, blockID: try row.blockID("id"),
                producedAt: try row.decode("produced_at"))
        }
    }

    /// One row more than the limit was asked for: it says whether there is a next page.
    private static func page<Element>(
        _ rows: PostgresRows, _ limit: Int, _ height: BlockHeight, _ read: (PostgresRow) throws -> Element,
        key: (Element) -> [String]
    ) throws -> Page<Element> {
        let items = try rows.prefix(limit).map(read)
        guard rows.count > limit, let last = items.last else { return Page(items: items, next: nil) }
        return Page(items: items, next: PageCursor(height: height, key: key(last)).text)
    }

    private static func ownedToken(_ row: PostgresRow) throws -> OwnedToken {
        var to: EventPosition?
        if let height = try row.optionalHeight("to_height") {
            to = EventPosition(
                height: height, transactionIndex: try row.decode("to_transaction_index"),
                eventIndex: try row.decode("to_event_index"))
        }
        return OwnedToken(
            token: try row.token(), owner: try row.owner(), group: try row.decode("group_id"),
            release: try row.decode("release_id"), serial: try row.decode("serial"), from: try row.from(), to: to)
    }

    private static func openListing(_ row: PostgresRow) throws -> OpenListing {
        let storefront: String = try row.decode("storefront")
        return OpenListing(
            id: try row.decode("id"), storefront: Address(storefront) ?? Address(rawValue: 0), token: try row.token(),
            price: try row.decode("price"), customID: try row.decode("custom_id"),
            expiresAt: try row.decode("expires_at"),
            from: try row.from())
    }
}

extension PostgresRow {
    func from() throws -> EventPosition {
        EventPosition(
            height: try height("from_height"), transactionIndex: try decode("from_transaction_index"),
            eventIndex: try decode("from_event_index"))
    }
}
