package import Cadence
import FlowClient
import FoundationEssentials
package import Postgres

/// Who owns what, now or at a past height, from the index: each question one round trip, and one snapshot. Every answer says
/// as of which height it holds and what it does not know of; a height that the index has not reached is an error, never an
/// empty answer.
package struct OwnershipReader: Sendable {
    let pool: PostgresPool
    /// Where they are near enough, they answer in the primary's place.
    let standbys: StandbyReads?

    package init(pool: PostgresPool, standbys: StandbyReads? = nil) {
        self.pool = pool
        self.standbys = standbys
    }

    private static let columns = """
        s.token_type, s.token_id, s.owner_kind, s.owner, s.group_id, t.release_id, t.serial,
        s.from_height, s.from_transaction_index, s.from_event_index, s.to_height, s.to_transaction_index, s.to_event_index
        """
    private static let own = """
        token_type, token_id, owner_kind, owner, group_id, from_height, from_transaction_index, from_event_index
        """
    private static let current = """
        (select \(own), null::bigint as to_height, null::integer as to_transaction_index, null::integer as to_event_index
            from token_owners)
        """
    private static let ended = "(select \(own), to_height, to_transaction_index, to_event_index from ownership_history)"
    private static let spans = "(select * from \(current) o union all select * from \(ended) h)"
    private static let withTokens =
        "left join tokens t on t.token_type = s.token_type and t.token_id = uint64(s.token_id)"
    private static let source = "\(spans) s \(withTokens)"
    /// A span counts at a height where it begins at or before it and ends after it.
    private static let covers = "s.from_height <= q.at and (s.to_height is null or s.to_height > q.at)"

    private static let byToken = """
        select \(columns) from \(source) where \(covers) and s.token_type = $3 and s.token_id = $4
        """

    /// Nil where nobody has it: it was not yet minted, or is destroyed.
    /// - Throws: `notCovered` where that can't be known.
    package func owner(of token: TokenKey, at height: HeightQuestion = .latest) async throws -> AsOf<OwnedToken?> {
        let answer = try await ask(height, Self.byToken, [.text(token.type), .id64(token.id)], about: [token.type])
        let owned = try answer.value.first.map(Self.ownedToken)
        if owned == nil { try answer.checkAbsence(of: "\(token)", type: token.type) }
        return answer.map { _ in owned }
    }

    /// By token type, then id, beginning behind a key: what is open, and at an earlier height what has ended since.
    private enum Holdings {
        static let match = """
            s.owner_kind = $3 and s.owner = $4 and ($5::text is null or s.token_type = $5)
                and ($6::text is null or (s.token_type, s.token_id) > ($6, $7::bigint))
            """
        static let order = "order by s.token_type, s.token_id limit $8"
        /// At the cursor nothing has ended later.
        static let now = "select \(columns) from \(current) s \(withTokens) where \(match) \(order)"
        static let past = "select \(columns) from \(source) where \(covers) and \(match) \(order)"
        /// Shortly below the cursor: what is current, and the little that has ended since.
        static let recent = """
            select \(columns) from (
                (select * from \(current) s where s.from_height <= q.at and \(match) \(order))
                union all
                (select * from \(ended) s where s.to_height > q.at and s.from_height <= q.at and \(match))
            ) s \(withTokens) \(order)
            """
    }

    /// An empty page of an owner that was never seen is an answer: it holds nothing.
    package func holdings(
        of owner: Owner, type: String? = nil, at height: HeightQuestion = .latest, page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<OwnedToken>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 2, numbers: [1]) }
        let answer = try await ask(
            cursor.map { .at($0.height) } ?? height,
            cursor.map { $0.wasLatest ? Holdings.recent : Holdings.past }
                ?? (height == .latest ? Holdings.now : Holdings.past),
            [
                .text(owner.kind.rawValue), .text(owner.text), .optional(type, PostgresValue.text),
                .optional(cursor?.key[0], PostgresValue.text),
                .optional(cursor.flatMap { Int64($0.key[1]) }, PostgresValue.int8), .int8(Int64(page.limit + 1)),
            ], about: type.map { [$0] })
        if let type { try answer.checkReach(of: type) }
        return try Self.page(answer, page, cursor, height, Self.ownedToken) {
            [$0.token.type, String(Int64(bitPattern: $0.token.id))]
        }
    }

    /// The group's token type, where a token of it was ever seen: of interest only where something is not known.
    private static let typeOfGroup = """
        case when q.gaps is not null then (select t.token_type from tokens t where t.group_id = $5 limit 1) end as type
        """
    private static let count = """
        select count(*) as count, \(typeOfGroup) from \(spans) s
        where \(covers) and s.owner_kind = $3 and s.owner = $4 and coalesce(s.group_id, s.token_type) = $5
        """
    private static let countNow = """
        select count(*) as count, \(typeOfGroup) from token_owners s
        where s.owner_kind = $3 and s.owner = $4 and coalesce(s.group_id, s.token_type) = $5
        """

    /// How many tokens of a pass, a collectible, or a contract without such, somebody has.
    package func count(
        of group: String, ownedBy owner: Owner, at height: HeightQuestion = .latest
    ) async throws -> AsOf<Int> {
        let answer = try await ask(
            height, height == .latest ? Self.countNow : Self.count,
            [.text(owner.kind.rawValue), .text(owner.text), .text(group)])
        let type = try answer.value.first?.decode(String?.self, "type") ?? group
        var count = try answer.map { try $0.first?.decode(Int.self, "count") ?? 0 }
        // Of a group that was never seen nobody knows the contract: it may be any that is not wholly known.
        let own = count.gaps.filter { $0.track == type }
        count.gaps = own.isEmpty && type == group && !group.hasPrefix("A.") ? count.gaps.filter(\.isOfTokens) : own
        return count
    }

    /// Whether somebody has at least so many.
    /// - Throws: `notCovered` where what is known is too little, and not all there is.
    package func gate(
        _ group: String, minimum: Int, _ owner: Owner, at height: HeightQuestion = .latest
    ) async throws -> AsOf<(isOpen: Bool, count: Int)> {
        let count = try await count(of: group, ownedBy: owner, at: height)
        if count.value < minimum, let gap = count.gaps.first {
            throw IndexerError(
                .notCovered,
                "\(count.value) of \(group) are known, and \(gap.track) is indexed from height \(gap.from) on: weir backfill fills in what came before",
                height: count.height)
        }
        return count.map { ($0 >= minimum, $0) }
    }

    /// In the index's order, one kind after the other: a page reads what stands on it, and no more.
    /// - Parameter kinds: in order; of the first one only owners behind $5 are told, where there is one.
    private static func holders(
        _ kinds: [Owner.Kind], from source: String, at covers: String, _ columns: String
    ) -> String {
        let each = kinds.map { kind in
            """
            (select s.owner_kind, s.owner, count(*) as count\(columns) from \(source) s
            where \(covers) and coalesce(s.group_id, s.token_type) = $3 and s.owner_kind = '\(kind.rawValue)'
                \(kind == kinds.first ? "and ($5::text is null or s.owner > $5)" : "")
            group by s.owner_kind, s.owner having count(*) >= $4 order by s.owner_kind, s.owner limit $6)
            """
        }
        return "select * from (\(each.joined(separator: " union all "))) kinds limit $6"
    }

    /// Who holds at least `minimum` tokens of a pass, a collectible, or a contract without such: wallets and lockers,
    /// unless other kinds are asked for.
    package func holders(
        of group: String, kinds: Set<Owner.Kind> = [.wallet, .locker], minimum: Int = 1,
        at height: HeightQuestion = .latest, page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<GroupHolder>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 2) }
        let isNow = cursor == nil && height == .latest
        let left = kinds.filter { kind in cursor.map { $0.key[0] <= kind.rawValue } ?? true }
            .sorted { $0.rawValue < $1.rawValue }
        // Behind the last owner of the last kind that is asked about there is nothing.
        let isWithin = cursor.map { $0.key[0] == left.first?.rawValue } ?? false
        let answer = try await ask(
            cursor.map { .at($0.height) } ?? height,
            left.isEmpty
                ? "select null::text as owner_kind where $3::text is null and $4::bigint is null and $5::text is null and $6::bigint is null"
                : Self.holders(
                    left, from: isNow ? "token_owners" : Self.spans, at: isNow ? "true" : Self.covers,
                    ", array_agg(s.token_id order by s.token_id) as tokens"),
            [
                .text(group), .int8(Int64(max(1, minimum))),
                .optional(isWithin ? cursor?.key[1] : nil, PostgresValue.text), .int8(Int64(page.limit + 1)),
            ])
        return try Self.page(answer, page, cursor, height) { row in
            GroupHolder(
                owner: try row.owner(), count: try row.decode("count"),
                tokens: try row.decode([Int64]?.self, "tokens").map { $0.map { UInt64(bitPattern: $0) } } ?? [])
        } key: {
            [$0.owner.kind.rawValue, $0.owner.text]
        }
    }

    /// Every wallet and locker that holds at least `minimum`, by kind and owner, after one block: page by page, whatever is
    /// committed meanwhile.
    /// - Throws: `notCovered` where not all of them are known.
    package func forEachHolder(
        of group: String, minimum: Int = 1, at height: HeightQuestion = .latest,
        _ body: (Owner, Int) throws -> Void
    ) async throws -> AsOf<Void> {
        let size = 5_000
        var last: Owner?
        var block: AsOf<[PostgresRow]>?
        while true {
            let kinds = [Owner.Kind.locker, .wallet].filter { kind in
                last.map { $0.kind.rawValue <= kind.rawValue } ?? true
            }
            let answer = try await ask(
                block.map { .at($0.height) } ?? height,
                Self.holders(kinds, from: Self.spans, at: Self.covers, ", min(s.token_type) as type"),
                [
                    .text(group), .int8(Int64(max(1, minimum))),
                    .optional(last?.kind == kinds.first ? last?.text : nil, PostgresValue.text), .int8(Int64(size)),
                ])
            if block == nil { try Self.checkHolders(answer) }
            block = answer
            for row in answer.value {
                let owner = try row.owner()
                try body(owner, try row.decode("count"))
                last = owner
            }
            if answer.value.count < size { return answer.map { _ in } }
        }
    }

    private static func checkHolders(_ answer: AsOf<[PostgresRow]>) throws {
        let type = try answer.value.first?.decode(String.self, "type")
        guard let gap = answer.gaps.first(where: { type == nil ? $0.isOfTokens : $0.track == type }) else { return }
        throw IndexerError(
            .notCovered,
            "\(gap.track) is indexed from height \(gap.from) on, and who held it before may still: weir backfill fills it in",
            height: answer.height)
    }

    /// Which of these types have had a token with this id.
    package func types(_ types: [String], havingToken id: UInt64) async throws -> [String] {
        try await pool.query(
            "select token_type from tokens where token_type = any($1::text[]) and token_id = $2 order by token_type",
            [.textArray(types), .numeric(id)]
        ).map { try $0.decode("token_type") }
    }

    private static let story = """
        select \(columns), t.minted_height, t.destroyed_height, t.token_type as known
        from tokens t left join \(spans) s on s.token_type = $3 and s.token_id = $4
        where t.token_type = $3 and t.token_id = uint64($4) order by s.from_height, s.from_transaction_index
        """

    /// Nil for a token that was never seen.
    /// - Throws: `notCovered` where it may have been before what is covered.
    package func history(of token: TokenKey) async throws -> AsOf<TokenHistory?> {
        let answer = try await ask(
            .latest, Self.story, [.text(token.type), .id64(token.id)], about: [token.type])
        guard let row = answer.value.first else {
            try answer.checkAbsence(of: "\(token)", type: token.type)
            return answer.map { _ in nil }
        }
        return try answer.map { rows in
            TokenHistory(
                token: token, mintedHeight: try row.height("minted_height"),
                destroyedHeight: try row.optionalHeight("destroyed_height"),
                spans: try rows.filter { try $0.decode(Int64?.self, "from_height") != nil }.map(Self.ownedToken))
        }
    }

    private static let listings = """
        select id, storefront, token_type, token_id, price, custom_id, expires_at, from_height,
            from_transaction_index, from_event_index
        from listings
        where from_height <= q.at and (to_height is null or to_height > q.at)
            and ($3::text is null or storefront = $3) and ($4::numeric is null or id > $4)
        order by id limit $5
        """

    /// Listings that are neither bought nor removed, ghosts and expired ones among them, as on the chain.
    package func openListings(
        storefront: Address? = nil, at height: HeightQuestion = .latest, page: PageRequest = PageRequest()
    ) async throws -> AsOf<Page<OpenListing>> {
        let cursor = try page.cursor.map { try PageCursor($0, parts: 1, numbers: [0]) }
        let answer = try await ask(
            cursor.map { .at($0.height) } ?? height, Self.listings,
            [
                .optional(storefront?.hex, PostgresValue.text), .optional(cursor?.key[0], PostgresValue.decimal),
                .int8(Int64(page.limit + 1)),
            ])
        return try Self.page(answer, page, cursor, height, Self.openListing) { [String($0.id)] }
    }

    private static let everything = "select \(columns) from \(source) where \(covers) order by s.token_type, s.token_id"

    /// Everything that anyone holds at a height, whole: for comparisons of small indexes.
    package func everything(at height: HeightQuestion) async throws -> AsOf<[OwnedToken]> {
        try await ask(height, Self.everything, []).map { try $0.map(Self.ownedToken) }
    }

    private static let balances = """
        select s.token_type, sum(s.balance)::numeric(20, 8) as balance, count(*) as vaults, bool_or(s.disagrees) as disagrees
        from vault_spans s where \(covers) and s.account = $3 group by s.token_type order by s.token_type
        """

    /// What lies in an account's vaults of the tokens that are followed.
    package func balances(of account: Address, at height: HeightQuestion = .latest) async throws -> AsOf<[VaultBalance]>
    {
        try await ask(height, Self.balances, [.text(account.hex)]).map { rows in
            try rows.map {
                VaultBalance(
                    type: try $0.decode("token_type"), balance: try $0.decode("balance"),
                    vaults: try $0.decode("vaults"),
                    disagrees: try $0.decode("disagrees"))
            }
        }
    }

    private static let links = """
        select s.child, s.parent from account_links s
        where \(covers) and (s.parent = $3 or s.child = $3) order by s.parent, s.child
        """

    /// Accounts that are linked with this one, as child or as parent.
    package func links(of account: Address, at height: HeightQuestion = .latest) async throws -> AsOf<[AccountLink]> {
        try await ask(height, Self.links, [.text(account.hex)]).map { rows in
            try rows.map {
                AccountLink(
                    child: Address(try $0.decode(String.self, "child")) ?? account,
                    parent: Address(try $0.decode(String.self, "parent")) ?? account)
            }
        }
    }
}

extension OwnershipReader {
    /// The block that is asked about, what is covered there, and the answer, one row each.
    private static func statement(_ answer: String) -> String {
        """
        select q.start_height, q.indexed, q.at, q.block_id, q.produced_at, q.gaps, a.*
        from (select c.start_height, c.height as indexed, b.height as at, b.id as block_id, b.produced_at,
                (select array_agg(v.track || ' ' || v.from_height || ' ' || coalesce(v.until_height::text, '') || ' '
                        || coalesce(v.since_height::text, ''))
                    from coverage v where v.since_height is null or v.from_height > v.since_height or v.until_height < b.height) as gaps
            from ingest_cursors c left join blocks b on b.height = coalesce($2::bigint, c.height)
            where c.name = $1) q
        left join lateral (select true as is_there, x.* from (\(answer)) x) a on true
        """
    }

    /// By a standby where there is one near enough; what it can't answer, or not yet, is the primary's.
    private func ask(
        _ question: HeightQuestion, _ answer: String, _ parameters: [PostgresValue], about: [String]? = nil
    ) async throws -> AsOf<[PostgresRow]> {
        if let standbys, let standby = standbys.next() {
            do {
                var told = try await ask(question, answer, parameters, about: about, of: standby.pool)
                told.standbyLag = standby.lag
                return told
            } catch let error as PostgresError {
                standbys.failed(standby, error)
            } catch let error as IndexerError where error.code == .notIndexedYet {}
        }
        return try await ask(question, answer, parameters, about: about, of: pool)
    }

    /// Question, coverage and cursor see one snapshot: they are one statement.
    /// - Parameter about: the token types that the answer is about; nil: all.
    private func ask(
        _ question: HeightQuestion, _ answer: String, _ parameters: [PostgresValue], about: [String]?,
        of pool: PostgresPool
    ) async throws -> AsOf<[PostgresRow]> {
        var asked: BlockHeight?
        if case .at(let height) = question { asked = height }
        guard (asked?.rawValue ?? 0) <= UInt64(Int64.max) else {
            throw IndexerError(.notIndexedYet, "no chain is that high", height: asked)
        }
        let rows = try await pool.query(
            Self.statement(answer),
            [.text(BatchWriter.cursorName), .optional(asked, PostgresValue.height)] + parameters)
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
        guard let height = try row.optionalHeight("at") else {
            throw IndexerError(.beforeHistory, "this block is not in the index", height: asked)
        }
        var answer = AsOf(
            Array(rows), height: height, blockID: try row.blockID("block_id"), producedAt: try row.decode("produced_at")
        )
        answer.gaps = try Self.gaps(row).filter { about?.contains($0.track) ?? true }
        // Where there is no answer there is one row with nothing in it.
        if try row.isNull("is_there") { answer.value = [] }
        return answer
    }

    private static func gaps(_ row: PostgresRow) throws -> [Coverage] {
        try (row.decode([String]?.self, "gaps") ?? []).map { text in
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            // A track's name may have spaces, the numbers behind it have none.
            let name = parts.dropLast(3).joined(separator: " ")
            let numbers = parts.suffix(3).map { UInt64($0).map { BlockHeight($0) } }
            return Coverage(track: name, from: numbers[0] ?? 0, until: numbers[1], since: numbers[2])
        }
    }

    /// One row more than the limit was asked for: it says whether there is a next page.
    private static func page<Element>(
        _ answer: AsOf<[PostgresRow]>, _ request: PageRequest, _ cursor: PageCursor?, _ question: HeightQuestion,
        _ read: (PostgresRow) throws -> Element, key: (Element) -> [String]
    ) throws -> AsOf<Page<Element>> {
        try answer.map { rows in
            let items = try rows.prefix(request.limit).map(read)
            guard rows.count > request.limit, let last = items.last else { return Page(items: items, next: nil) }
            let next = PageCursor(
                height: answer.height, wasLatest: cursor?.wasLatest ?? (question == .latest), key: key(last))
            return Page(items: items, next: next.text)
        }
    }

    private static func ownedToken(_ row: PostgresRow) throws -> OwnedToken {
        var to: EventPosition?
        if let height = try row.optionalHeight("to_height") {
            to = EventPosition(
                height: height, transactionIndex: try row.decode("to_transaction_index"),
                eventIndex: try row.decode("to_event_index"))
        }
        return OwnedToken(
            token: try row.token64(), owner: try row.owner(), group: try row.decode("group_id"),
            release: try row.decode("release_id"), serial: try row.decode("serial"), from: try row.from(), to: to)
    }

    private static func openListing(_ row: PostgresRow) throws -> OpenListing {
        let storefront: String = try row.decode("storefront")
        return OpenListing(
            id: try row.decode("id"), storefront: Address(storefront) ?? Address(rawValue: 0), token: try row.token(),
            price: try row.decode("price"), customID: try row.decode("custom_id"),
            expiresAt: try row.decode("expires_at"), from: try row.from())
    }
}

extension AsOf {
    /// That what was not found is not there, and not merely unknown.
    fileprivate func checkAbsence(of what: String, type: String) throws {
        guard let gap = gaps.first(where: { $0.track == type }) else { return }
        try checkReach(of: type)
        throw IndexerError(
            .notCovered,
            "\(what) was not seen from height \(gap.from) on, and what came before is not indexed: weir backfill fills it in",
            height: height)
    }

    /// That anything is known of a type at this height.
    fileprivate func checkReach(of type: String) throws {
        guard let gap = gaps.first(where: { $0.track == type }), !gap.reaches(height) else { return }
        let range = "\(gap.from)" + (gap.until.map { " to \($0)" } ?? " on")
        throw IndexerError(.notCovered, "\(type) is indexed from height \(range)", height: height)
    }
}

extension PostgresRow {
    func from() throws -> EventPosition {
        EventPosition(
            height: try height("from_height"), transactionIndex: try decode("from_transaction_index"),
            eventIndex: try decode("from_event_index"))
    }
}
