import Cadence
import FlowClient
import Postgres
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(1))) struct OwnershipReaderTests {
    private func indexed(
        seed: UInt64 = 11, blocks: Int = 60, root: BlockHeight = 0,
        _ body: (OwnershipReader, RandomChain, PostgresPool) async throws -> Void
    ) async throws {
        let chain = RandomChain(seed: seed, blocks: blocks, root: root)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool, window: 64).ingestOnce()
            try await body(OwnershipReader(pool: pool), chain, pool)
        }
    }

    @Test func `each question has the model's answer, at each height, in one page or in many`() async throws {
        try await indexed { reader, chain, _ in
            for height in [10, 31, 60] as [BlockHeight] {
                let owners = try #require(chain.owners[height])
                for owner in Set(owners.values).union([.wallet(Nova.wallet(99)), .locker(holder: "nobody")]) {
                    let expected = owners.filter { $0.value == owner }.keys.sorted()
                    for limit in [1, 3, 1000] {
                        var found: [TokenKey] = []
                        var page = PageRequest(limit: limit)
                        repeat {
                            let answer = try await reader.holdings(of: owner, at: .at(height), page: page)
                            #expect(answer.height == height)
                            #expect(answer.value.items.count <= limit)
                            found += answer.value.items.map(\.token)
                            page.cursor = answer.value.next
                        } while page.cursor != nil
                        #expect(found == expected, "\(owner) at \(height), \(limit) a page")
                    }
                }
                for (token, owner) in owners {
                    #expect(try await reader.owner(of: token, at: .at(height)).value?.owner == owner)
                }
            }
        }
    }

    @Test func `holders of a pass are its wallets and lockers, each once`() async throws {
        try await indexed { reader, chain, pool in
            for height in [BlockHeight(25), 60] {
                let everything = try await reader.everything(at: .at(height)).value
                for group in ["pass-1", "pass-2", "coll-1", "none"] {
                    let expected = Dictionary(
                        grouping: everything.filter {
                            $0.group == group && ($0.owner.kind == .wallet || $0.owner.kind == .locker)
                        },
                        by: \.owner
                    ).mapValues { $0.map(\.token.id).sorted() }
                    var found: [Owner: [UInt64]] = [:]
                    var page = PageRequest(limit: 2)
                    repeat {
                        let answer = try await reader.holders(of: group, at: .at(height), page: page).value
                        for holder in answer.items {
                            #expect(found.updateValue(holder.tokens, forKey: holder.owner) == nil)
                        }
                        page.cursor = answer.next
                    } while page.cursor != nil
                    #expect(found == expected, "\(group) at \(height)")
                }
                let treasury = try await reader.holders(of: "pass-1", kinds: [.treasury], at: .at(height)).value.items
                #expect(treasury.allSatisfy { $0.owner == .treasury(Nova.platform) })
            }
        }
    }

    @Test func `who holds now is counted beside the spans, and agrees with them`() async throws {
        try await indexed(blocks: 120) { reader, chain, pool in
            let everything = try await reader.everything(at: .latest).value
            for group in ["pass-1", "coll-1", Nova.kitty, Nova.moment] {
                for minimum in [1, 2, 3] {
                    let expected = Dictionary(
                        grouping: everything.filter {
                            ($0.group ?? $0.token.type) == group
                                && ($0.owner.kind == .wallet || $0.owner.kind == .locker)
                        }, by: \.owner
                    ).mapValues { $0.map(\.token.id).sorted() }.filter { $0.value.count >= minimum }
                    let now = try await reader.holders(of: group, minimum: minimum).value.items
                    #expect(Dictionary(uniqueKeysWithValues: now.map { ($0.owner, $0.tokens) }) == expected, "\(group)")
                    #expect(now.allSatisfy { $0.count == $0.tokens.count })
                    let then = try await reader.holders(of: group, minimum: minimum, at: .at(120)).value.items
                    #expect(now == then)
                    var paged: [GroupHolder] = []
                    var page = PageRequest(limit: 1)
                    repeat {
                        let answer = try await reader.holders(of: group, minimum: minimum, page: page).value
                        paged += answer.items
                        page.cursor = answer.next
                    } while page.cursor != nil
                    #expect(paged == now)
                }
                for owner in Set(everything.map(\.owner)) {
                    let expected = everything.count { $0.owner == owner && ($0.group ?? $0.token.type) == group }
                    guard owner != .limbo else { continue }
                    #expect(try await reader.count(of: group, ownedBy: owner).value == expected)
                    #expect(try await reader.count(of: group, ownedBy: owner, at: .at(120)).value == expected)
                }
            }
        }
    }

    @Test func `asked in SQL, each question has the same answer`() async throws {
        try await indexed(blocks: 80) { reader, chain, pool in
            for height in [20, 55, 80] as [BlockHeight] {
                for (token, owner) in try #require(chain.owners[height]) {
                    let row = try await pool.query(
                        "select owner_kind, owner, height, block_id from weir_api.owner_of($1, $2::numeric, $3)",
                        [.text(token.type), .numeric(token.id), .height(height)]
                    ).one()
                    #expect(try row.optionalOwner() == owner)
                    #expect(try row.height("height") == height)
                }
                let wallet = Nova.wallet(2)
                let tokens = try await pool.query(
                    "select token_type, token_id from weir_api.tokens_of($1, $2)", [.text(wallet.hex), .height(height)]
                ).map { try $0.token() }
                let page = PageRequest(limit: 10_000)
                #expect(
                    try await tokens
                        == reader.holdings(of: .wallet(wallet), at: .at(height), page: page).value.items.map(\.token))
                for group in ["pass-1", "coll-1", Nova.kitty] {
                    let holders = try await pool.query(
                        "select owner_kind, owner, tokens from weir_api.holders_of($1, 2, $2)",
                        [.text(group), .height(height)])
                    let told = try await reader.holders(of: group, minimum: 2, at: .at(height), page: page).value.items
                    #expect(try holders.map { try $0.owner() } == told.map(\.owner))
                    #expect(try holders.map { try $0.decode(Int.self, "tokens") } == told.map(\.count))
                    let gate = try await pool.query(
                        "select open, tokens from weir_api.gate($1, $2, 2, $3)",
                        [.text(group), .text("0x" + wallet.hex), .height(height)]
                    ).one()
                    let count = try await reader.count(of: group, ownedBy: .wallet(wallet), at: .at(height)).value
                    #expect(try gate.decode(Int.self, "tokens") == count)
                    #expect(try gate.decode(Bool.self, "open") == (count >= 2))
                }
            }
            let now = try await pool.query("select open, height from weir_api.gate('pass-1', '0x1001')").one()
            #expect(try now.height("height") == 80)
            for wrong in ["owner_of('A.x', 1, 81)", "gate('pass-1', 'zz')", "tokens_of('1', -1)"] {
                await #expect(throws: PostgresError.self) { try await pool.query("select * from weir_api.\(wrong)") }
            }
            // What is not wholly known is no "nobody".
            try await pool.execute("update coverage set since_height = null")
            for unknown in ["owner_of('\(Nova.pass)', 1)", "gate('pass-9', '1')", "holders_of('pass-1')"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query("select * from weir_api.\(unknown)")
                }
                #expect(error?.message.contains("is indexed from height") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test func `balances and linked accounts are the model's, at every height`() async throws {
        try await indexed(blocks: 120) { reader, chain, pool in
            for height in [17, 55, 120] as [BlockHeight] {
                for (account, balance) in try #require(chain.balances[height]) {
                    let answer = try await reader.balances(of: account, at: .at(height)).value
                    #expect(answer.map(\.balance) == [UFix64(rawValue: balance).description])
                    #expect(answer.allSatisfy { !$0.disagrees && $0.type == Nova.flow })
                }
                for parent in (1...5).map({ Nova.wallet(UInt64($0)) }) {
                    let links = try await reader.links(of: parent, at: .at(height)).value
                    #expect(
                        Set(links.map { [$0.child, $0.parent] }) == chain.links[height]!.filter { $0[1] == parent })
                }
            }
            #expect(try await reader.balances(of: Nova.wallet(99)).value.isEmpty)
            let changes = try await pool.query("select distinct contract, change from contract_changes")
            #expect(changes.count == 1)
            #expect(try changes[0].decode(String.self, "contract") == "A.\(Nova.platform.hex).NovaPass")
        }
    }

    @Test func `the latest height and that height by number have one answer`() async throws {
        try await indexed { reader, chain, _ in
            let (now, then) = (
                try await reader.owners(at: .latest), try await reader.owners(at: .at(chain.node.last))
            )
            #expect(now == then)
            let owner = Owner.treasury(Nova.platform)
            #expect(
                try await reader.holdings(of: owner).value.items
                    == (try await reader.holdings(of: owner, at: .at(60)).value.items))
        }
    }

    @Test func `a height that is not indexed yet is an error, never an empty answer`() async throws {
        try await indexed(root: 100) { reader, chain, _ in
            for height in [161, 1_000_000, BlockHeight(UInt64.max)] {
                let error = await #expect(throws: IndexerError.self) {
                    try await reader.holdings(of: .wallet(Nova.wallet(1)), at: .at(height))
                }
                #expect(error?.code == .notIndexedYet, "\(height)")
            }
            let error = await #expect(throws: IndexerError.self) {
                try await reader.owner(of: Nova.pass(1), at: .at(99))
            }
            #expect(error?.code == .beforeHistory)
        }
    }

    @Test func `an index that is empty has no answer`() async throws {
        try await TestPostgres.withDatabase { pool in
            let error = await #expect(throws: IndexerError.self) {
                try await OwnershipReader(pool: pool).holdings(of: .wallet(Nova.wallet(1)))
            }
            #expect(error?.code == .notIndexedYet)
            let status = try await SyncStatus.read(from: pool)
            #expect(status.height == nil)
            #expect(!status.isCurrent(lag: 1_000))
        }
    }

    @Test func `the pages of one question speak of one block, whatever is committed meanwhile`() async throws {
        var chain = RandomChain(seed: 12, blocks: 60)
        try await TestPostgres.withDatabase { pool in
            try await ChainIndexer(chain.node, pool).ingestOnce()
            let reader = OwnershipReader(pool: pool)
            let owner = Owner.treasury(Nova.platform)
            let first = try await reader.holdings(of: owner, page: PageRequest(limit: 2))
            chain.grow(by: 40)
            try await ChainIndexer(chain.node, pool).ingestOnce()
            var found = first.value.items.map(\.token)
            var next = first.value.next
            while let cursor = next {
                let page = try await reader.holdings(of: owner, page: PageRequest(limit: 2, after: cursor))
                #expect(page.height == first.height)
                found += page.value.items.map(\.token)
                next = page.value.next
            }
            #expect(found == chain.owners[60]!.filter { $0.value == owner }.keys.sorted())
        }
    }

    @Test(arguments: ["", "x", "AAAA", "%%%", "MTIz", "////", "OTk5OTk5OTk5OTk5OTk5OTk5OTkfYR9i", "NR9UH2FiYw"])
    func `a page cursor that was never given out is refused`(_ cursor: String) async throws {
        try await indexed(blocks: 5) { reader, _, _ in
            let error = await #expect(throws: IndexerError.self) {
                try await reader.holdings(of: .limbo, page: PageRequest(limit: 2, after: cursor))
            }
            #expect(error?.code == .badRequest)
        }
    }

    @Test func `a token's history is all its owners, without a hole between them`() async throws {
        try await indexed(blocks: 100) { reader, chain, _ in
            var transfers = 0
            for token in Set(chain.owners.values.flatMap(\.keys)) {
                let history = try #require(try await reader.history(of: token).value)
                for (earlier, later) in zip(history.spans, history.spans.dropFirst()) {
                    #expect(earlier.to == later.from)
                    transfers += 1
                }
                #expect((history.spans.last?.to == nil) == (history.destroyedHeight == nil))
                #expect(history.spans.first?.from.height == history.mintedHeight)
            }
            #expect(transfers > 10)
            #expect(try await reader.history(of: Nova.pass(1)).value == nil)
        }
    }

    @Test func `the look-ups run on indexes`() async throws {
        try await indexed { _, _, pool in
            try await pool.withTransaction { connection in
                try await connection.query("set local enable_seqscan = off")
                for (table, condition, index) in [
                    ("token_owners", "token_type = 'a' and token_id = 1", "a_token_has_one_owner_at_a_time"),
                    ("token_owners", "owner_kind = 'wallet' and owner = 'a'", "token_owners_by_owner"),
                    ("token_owners", "coalesce(group_id, token_type) = 'p'", "token_owners_by_group"),
                    (
                        "token_owners", "collection_uuid = 7 and collection_uuid is not null and owner_kind = 'limbo'",
                        "token_owners_in_limbo"
                    ),
                    (
                        "ownership_history", "token_type = 'a' and token_id = 1",
                        "a_token_changes_hands_once_a_transaction"
                    ),
                    ("ownership_history", "owner_kind = 'wallet' and owner = 'a'", "ownership_history_by_owner"),
                    ("ownership_history", "coalesce(group_id, token_type) = 'p'", "ownership_history_by_group"),
                    ("ownership_history", "to_height > 50", "ownership_history_by_end"),
                ] {
                    let plan = try await connection.query(
                        "explain select * from \(table) where \(condition)"
                    ).map { try $0.decode(String.self, at: 0) }.joined()
                    #expect(plan.contains(index), "\(plan)")
                }
            }
        }
    }
}
