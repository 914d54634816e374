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

                let reconciler = Reconciler(
                    api: stage.api, pool: pool, contracts: stage.contracts,
                    scripts: try ReconciliationScripts(contractAddresses: stage.setup.client.contracts), batch: 3)
                for height in [HeightQuestion.latest, .at(stage.node.finalizedHeight.advanced(by: -2))] {
                    let report = try await reconciler.compare(at: height, also: [.locker(holder: "usr_nobody")])
                    #expect(report.agrees, "\(report)")
                    #expect(report.tokensCompared >= 18)
                    #expect(report.listingsCompared == 5)
                }

                // Each way to differ is seen.
                let stolen = given[3].token
                try await pool.execute(
                    "update ownership_spans set owner = 'usr_x', owner_kind = 'locker' where token_id = $1 and to_height is null",
                    [.numeric(stolen.id)])
                try await pool.execute("delete from listings where id = (select min(id) from listings)")
                let report = try await reconciler.compare(
                    asked: [
                        given[0].token: .wallet(wallets[0].address), given[2].token: .treasury(stage.platform.address),
                    ])
                #expect(
                    Set(report.owners) == [
                        OwnerDrift(
                            token: stolen, asked: nil, indexed: .locker(holder: "usr_x"),
                            onChain: .wallet(wallets[0].address)),
                        OwnerDrift(
                            token: given[0].token, asked: .wallet(wallets[0].address),
                            indexed: .wallet(wallets[1].address),
                            onChain: .wallet(wallets[1].address)),
                    ])
                #expect(report.listings.count == 1)
                #expect(report.listings.first?.indexed == nil)
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
