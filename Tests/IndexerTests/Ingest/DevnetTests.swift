import Cadence
import Daemon
import Devnet
import FlowClient
import Postgres
import Signer
import TestSupport
import Testing

@testable import Indexer

/// The indexer over real gRPC against a chain that runs the project's own transactions.
@Suite(.timeLimit(.minutes(2))) struct DevnetTests {
    private static func signer(_ scalar: UInt8) -> InMemorySigner {
        let bytes = [UInt8](repeating: 0, count: 31) + [scalar]
        return InMemorySigner(key: try! PrivateKey(algorithm: .ecdsaP256, scalar: bytes), hashAlgorithm: .sha3_256)
    }

    private struct Stage {
        var node: DevnetNode
        var api: GRPCAccessClient
        var setup: DevnetBootstrap
        var platform: DevnetAccount
        var contracts: TrackedContracts

        func run(_ template: String, _ arguments: [CadenceValue]) async throws {
            try await setup.client.succeed(template, arguments, by: platform)
        }

        func texts(_ all: [String]) -> CadenceValue { .array(CadenceArray(all.map { .string($0) })) }
        func texts(_ all: [String?]) -> CadenceValue {
            .array(CadenceArray(all.map { .optional($0.map { .string($0) }) }))
        }
        func addresses(_ all: [Address?]) -> CadenceValue {
            .array(CadenceArray(all.map { .optional($0.map { .address($0) }) }))
        }

        /// Brand, pass, release and collectible.
        func open(supply: UInt64) async throws {
            try await run("create_brands", [texts(["op-b"]), texts(["b"]), texts(["Brand"])])
            try await run(
                "create_passes",
                [
                    texts(["op-p"]), texts(["p"]), texts(["b"]), texts(["Pass"]), texts([""]), texts([""]),
                    .array(CadenceArray([.optional(nil)])),
                ])
            try await run(
                "schedule_release",
                [
                    .string("op-r"), .string("r"), .string("p"), .uint64(supply), .ufix64(1_000_000_000), .uint64(0),
                    .optional(nil),
                ])
            try await run(
                "create_collectibles",
                [
                    texts(["op-c"]), texts(["c"]), texts(["p"]), texts(["b"]), texts(["airdrop"]), texts(["Thing"]),
                    texts([""]), texts([""]), .array(CadenceArray([.optional(nil)])),
                ])
        }

        func airdrop(_ rows: Range<Int>, to wallet: (Int) -> Address?) async throws {
            let recipients = rows.map(wallet)
            try await run(
                "airdrop_passes",
                [
                    texts(rows.map { "op-a\($0)" }), texts(rows.map { _ in "r" }), texts(rows.map { "row-\($0)" }),
                    addresses(recipients), texts(zip(rows, recipients).map { $1 == nil ? "usr_\($0)" : nil }),
                ])
        }
    }

    private func stage(_ body: (Stage) async throws -> Void) async throws {
        let service = Self.signer(1)
        let devnet = try Devnet(configuration: DevnetConfiguration(servicePublicKey: service.publicKey))
        let port = try devnet.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            defer { group.cancelAll() }
            let api = GRPCAccessClient(target: "127.0.0.1:\(port)")
            let setup = DevnetBootstrap(api: api, serviceSigner: service)
            let platform = try await setup.platform(signer: Self.signer(2), proposalKeys: 1)
            try await body(
                Stage(
                    node: devnet.node, api: api, setup: setup, platform: platform,
                    contracts: TrackedContracts(byName: setup.client.contracts)))
        }
    }

    private func indexer(_ stage: Stage, _ pool: PostgresPool) -> ChainIndexer {
        ChainIndexer(
            api: stage.api, pool: pool, contracts: stage.contracts, options: .init(holder: "test"), logger: .silent)
    }

    @Test func `what the database says is what a script on the chain says, token by token`() async throws {
        try await stage { stage in
            let wallets = [
                try await stage.setup.wallet(signer: Self.signer(3)),
                try await stage.setup.wallet(signer: Self.signer(4)),
            ]
            try await stage.open(supply: 100)
            try await stage.run(
                "mint_and_list",
                [.string("op-m"), .string("r"), .string("op-m/0"), .int(BigInt(5)), .uint64(4_000_000_000)])
            try await stage.airdrop(0..<12) { $0 % 3 == 2 ? nil : wallets[$0 % 3].address }
            try await stage.run(
                "drop_collectibles",
                [
                    stage.texts(["op-d1", "op-d2"]), stage.texts(["c", "c"]), stage.texts(["d1", "d2"]),
                    stage.addresses([wallets[0].address, nil]), stage.texts([nil, "usr_2"]),
                ])
            try await TestPostgres.withDatabase { pool in
                try await indexer(stage, pool).ingestOnce()
                let reader = OwnershipReader(pool: pool)
                let given = try await reader.holdings(of: .wallet(wallets[0].address), type: stage.contracts.passType)
                    .value.items
                #expect(given.count == 4)
                try await stage.setup.client.succeed(
                    "transfer_pass", [.uint64(given[0].token.id), .address(wallets[1].address)], by: wallets[0])
                try await stage.setup.client.succeed("burn_pass", [.uint64(given[1].token.id)], by: wallets[0])
                try await stage.setup.client.succeed(
                    "transfer_pass", [.uint64(given[2].token.id), .address(stage.platform.address)], by: wallets[0])
                try await indexer(stage, pool).ingestOnce()

                var limits = Reconciler.Limits()
                (limits.accountsAtOnce, limits.holdersAtOnce, limits.idsAtOnce, limits.smallCollection) = (2, 2, 3, 4)
                let reconciler = Reconciler(
                    api: stage.api, pool: pool, contracts: stage.contracts,
                    scripts: try ReconciliationScripts(contractAddresses: stage.setup.client.contracts), limits: limits)
                let store = DriftStore(pool: pool)
                // Everything that is open, in rounds, each going on where the one before it ended.
                var asked = 0
                for _ in 0..<40 {
                    let round = try await reconciler.round(limit: 5)
                    #expect(round.drifts.isEmpty, "\(round.drifts)")
                    asked += round.asked
                }
                let status = try await store.status()
                // Some twice: minted, and moved later.
                #expect(asked >= 18, "\(asked)")
                #expect(status.tokens == 18 && status.provenWithinADay == 18 && status.openDrifts == 0, "\(status)")

                // Each way to differ is seen: another owner, none, and one that is nobody's here.
                let (stolen, lost) = (
                    given[3].token,
                    try #require(await reader.holdings(of: .treasury(stage.platform.address)).value.items.first?.token)
                )
                try await pool.execute(
                    "update token_owners set owner = 'usr_x', owner_kind = 'locker' where token_id = $1",
                    [.numeric(stolen.id)])
                try await pool.execute(
                    "delete from token_owners where token_id = $1", [.numeric(lost.id)])
                let moved = given[0].token
                try await pool.execute(
                    "update token_owners set owner = $2 where token_id = $1",
                    [.numeric(moved.id), .text(wallets[0].address.hex)])
                let whole = try await reconciler.all()
                #expect(Set(whole.drifts.map(\.token)) == [stolen, moved], "\(whole.drifts)")
                #expect(whole.proven == whole.asked - 2)
                let drifts = try await store.all(state: .open)
                let theft = try #require(drifts.first { $0.token == stolen })
                #expect(theft.indexed == .locker(holder: "usr_x") && theft.onChain == .wallet(wallets[0].address))
                #expect(theft.cause.contains("no event says so"))
                #expect(theft.asked?.owner == .wallet(wallets[0].address))
                // Looked at again it is the same drift, not another one.
                _ = try await reconciler.all()
                #expect(try await store.all(state: .open).map(\.id).sorted() == drifts.map(\.id).sorted())

                // Repaired, it is as on the chain, and so it is when everything is worked out anew.
                for drift in drifts {
                    #expect(try await store.repair(drift.id, by: "tester", reason: "seen").state == .repaired)
                    let again = await #expect(throws: IndexerError.self) {
                        try await store.repair(drift.id, by: "tester", reason: "twice")
                    }
                    #expect(again?.code == .badRequest)
                }
                #expect(try await reconciler.all().drifts.isEmpty)
                #expect(try await reader.owner(of: stolen).value?.owner == .wallet(wallets[0].address))
                let history = try #require(try await reader.history(of: stolen).value)
                #expect(
                    history.spans.suffix(2).map(\.owner) == [.locker(holder: "usr_x"), .wallet(wallets[0].address)])
                let indexer = indexer(stage, pool)
                _ = try await IndexJobStore(pool: pool).rebuild()
                try await indexer.performJobs()
                #expect(try await reconciler.all().drifts.isEmpty)
                #expect(try await reader.owner(of: lost).value?.owner == .treasury(stage.platform.address))
                #expect(try await pool.query("select count(*) from corrections").one(Int.self) == 2)

                // What moved since is not put where it was.
                try await pool.execute(
                    "update token_owners set owner = 'usr_x', owner_kind = 'locker' where token_id = $1",
                    [.numeric(stolen.id)])
                let late = try #require(try await reconciler.all().drifts.first)
                #expect(late.token == stolen)
                try await stage.setup.client.succeed(
                    "transfer_pass", [.uint64(stolen.id), .address(wallets[1].address)], by: wallets[0])
                try await indexer.ingestOnce()
                let open = try #require(try await store.all(state: .open).first)
                let refused = await #expect(throws: IndexerError.self) {
                    try await store.repair(open.id, by: "tester", reason: "late")
                }
                #expect(refused?.message.contains("has moved since") == true)
                _ = try await reconciler.all()
                #expect(try await store.drift(open.id)?.state == .gone)
            }
        }
    }

    @Test func `the storefront is compared whole, and what was planted on either side is found and forgotten again`()
        async throws
    {
        try await stage { stage in
            try await stage.open(supply: 100)
            try await stage.run(
                "mint_and_list",
                [.string("op-m"), .string("r"), .string("op-m/0"), .int(BigInt(6)), .uint64(4_000_000_000)])
            try await TestPostgres.withDatabase { pool in
                try await indexer(stage, pool).ingestOnce()
                let reconciler = Reconciler(
                    api: stage.api, pool: pool, contracts: stage.contracts,
                    scripts: try ReconciliationScripts(contractAddresses: stage.setup.client.contracts))
                let whole = try #require(try await reconciler.listings())
                #expect(whole.proven == 6 && whole.drifts.isEmpty, "\(whole)")
                let ids = try await pool.query("select id from listings order by id")
                    .map { try $0.decode(UInt64.self, "id") }
                // One that was never on the chain, one that is not known, one that is another token's.
                try await pool.execute(
                    """
                    insert into listings (id, storefront, token_type, token_id, price, payment_type, expires_at, from_height,
                        from_transaction_index, from_event_index)
                    select 18446744073709551615, storefront, token_type, 7, price, payment_type, expires_at, from_height, 0, 0
                    from listings limit 1
                    """)
                try await pool.execute("delete from listings where id = $1", [.numeric(ids[0])])
                let planted = try #require(try await reconciler.listings())
                #expect(planted.proven == 5)
                #expect(
                    planted.drifts.map(\.id) == [ids[0], .max] && planted.drifts.map(\.isIndexed) == [false, true])
                #expect(try await DriftStore(pool: pool).listings().count == 2)
                stage.node.misbehave { $0.unavailableCalls = 1 }
                await #expect(throws: (any Error).self) { try await reconciler.listings() }
                #expect(try await DriftStore(pool: pool).listings().count == 2, "could not look is not is not there")
                try await pool.execute("delete from listings where id = 18446744073709551615")
                _ = try await reconciler.listings()
                #expect(try await DriftStore(pool: pool).listings().map(\.id) == [ids[0]])
            }
        }
    }

    @Test func `what could not be looked at is neither proven nor a drift`() async throws {
        try await stage { stage in
            let wallet = try await stage.setup.wallet(signer: Self.signer(3))
            try await stage.open(supply: 100)
            try await stage.airdrop(0..<4) { _ in wallet.address }
            try await TestPostgres.withDatabase { pool in
                try await indexer(stage, pool).ingestOnce()
                let reconciler = Reconciler(
                    api: stage.api, pool: pool, contracts: stage.contracts,
                    scripts: try ReconciliationScripts(contractAddresses: stage.setup.client.contracts))
                stage.node.misbehave { $0.unavailableCalls = 1 }
                await #expect(throws: (any Error).self) { try await reconciler.all() }
                let status = try await DriftStore(pool: pool).status()
                #expect(status.provenWithinADay == 0 && status.openDrifts == 0)
                #expect(try await reconciler.all().proven == 4)
            }
        }
    }

    @Test func `a thousand airdrops are in the index a moment after they are on the chain`() async throws {
        try await stage { stage in
            let wallet = try await stage.setup.wallet(signer: Self.signer(3)).address
            try await stage.open(supply: 2_000)
            try await TestPostgres.withDatabase { pool in
                let indexer = indexer(stage, pool)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await indexer.run() }
                    defer { group.cancelAll() }
                    try await indexer.committed(through: stage.node.finalizedHeight)
                    for batch in 0..<4 {
                        try await stage.airdrop(batch * 250..<(batch + 1) * 250) { $0 % 2 == 0 ? wallet : nil }
                    }
                    let onChain = ContinuousClock.now
                    try await indexer.committed(through: stage.node.finalizedHeight)
                    let took = ContinuousClock.now - onChain
                    #expect(took < .seconds(5), "\(took)")
                    let held = try await pool.query(
                        "select count(*) from ownership_spans where owner_kind in ('wallet', 'locker')"
                    ).one(Int.self)
                    #expect(held == 1_000)
                    let said = try await pool.query(
                        "select count(distinct operation) from operation_events where operation like 'op-a%'"
                    )
                    .one(Int.self)
                    #expect(said == 1_000)
                }
            }
        }
    }

    @Test func `a node that fails, lags and repeats itself changes nothing, one that lies is stopped at`() async throws
    {
        try await stage { stage in
            let wallet = try await stage.setup.wallet(signer: Self.signer(3)).address
            try await stage.open(supply: 100)
            try await TestPostgres.withDatabase { pool in
                let indexer = indexer(stage, pool)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await indexer.run() }
                    defer { group.cancelAll() }
                    for batch in 0..<5 {
                        try await stage.airdrop(batch * 10..<(batch + 1) * 10) { _ in wallet }
                        stage.node.misbehave {
                            $0.unavailableCalls = 1
                            $0.rateLimitedCalls = 1
                            $0.headLag = UInt64(batch)
                        }
                        stage.node.makeBlocks(3)
                        stage.node.misbehave { $0.headLag = 0 }
                        try await indexer.committed(through: stage.node.finalizedHeight)
                    }
                    let held = try await OwnershipReader(pool: pool).holdings(of: .wallet(wallet)).value.items
                    #expect(held.count == 50)
                }
                let height = stage.node.finalizedHeight.advanced(by: 2)
                stage.node.misbehave { $0.liesAboutParentsOf = [height] }
                stage.node.makeBlocks(4)
                let error = await #expect(throws: IndexerError.self) {
                    try await self.indexer(stage, pool).ingestOnce()
                }
                #expect(error?.code == .fork)
                #expect(error?.height == height)
                #expect(try await SyncStatus.read(from: pool).height == height.advanced(by: -1))
            }
        }
    }
}
