import Cadence
import Daemon
import Devnet
import FlowClient
import Retelling
import Signer
import Testing

/// The devnet as the daemon meets it: over gRPC on loopback.
@Suite(.timeLimit(.minutes(2)))
struct DevnetServerTests {
    @Test func `a platform is set up and drops to a wallet over the wire, and scripts agree at every height`()
        async throws
    {
        try await withServer { setup, client, _ in
            let platform = try await setup.platform(signer: Keys.platform, proposalKeys: 3)
            #expect(platform.address == Address(rawValue: 0x179b_6b1c_b675_5e31))
            #expect(try await client.accountKeys(platform.address, at: .latest).value.count == 4)
            let wallet = try await setup.wallet(signer: Keys.user)

            let calls = setup.client
            try await calls.succeed("create_brands", Arguments.brand("b"), by: platform)
            try await calls.succeed("create_passes", Arguments.pass("p", brand: "b"), by: platform)
            try await calls.succeed("schedule_release", Arguments.release("r", pass: "p", supply: 10), by: platform)
            let before = try await client.block(.latestSealed, full: false).value.height
            let drop = try await calls.succeed(
                "airdrop_passes", Arguments.airdrop([("row", wallet.address, nil)], release: "r"), by: platform)
            #expect(
                drop.events.map { $0.type.split(separator: ".").last! } == ["Minted", "Delivered", "Deposited"])

            func held(at block: BlockReference) async throws -> Int? {
                let holdings = try await calls.script("holdings", [Arguments.addresses([wallet.address])], at: block)
                return holdings.asArray?.first?.asComposite?["passes"]?.asOptional??.asArray?.count
            }
            #expect(try await held(at: .height(before)) == 0)
            #expect(try await held(at: .latestSealed) == 1)
            #expect(try await held(at: .height(drop.blockHeight)) == 1)
        }
    }

    @Test func `setting up again changes nothing`() async throws {
        try await withServer { setup, client, node in
            _ = try await setup.platform(signer: Keys.platform, proposalKeys: 2)
            let height = node.finalizedHeight
            _ = try await setup.platform(signer: Keys.platform, proposalKeys: 2)
            #expect(node.finalizedHeight == height)
        }
    }

    @Test func `what the node refuses reaches the client with its code and its words`() async throws {
        try await withServer { setup, client, _ in
            let error = await #expect(throws: AccessError.self) { try await client.block(.height(99), full: true) }
            #expect(error?.code == .notFound)
            #expect(error?.message == "could not find block at height 99")
            let transaction = try await setup.client.transaction(script: TestChain.nothing, [], by: setup.service)
            let bad = transaction.with {
                $0.computationLimit = 10_000
                $0.payer = Address(rawValue: 0xee82_856b_f20e_2aa6)
            }
            let refused = await #expect(throws: AccessError.self) { try await client.send(bad) }
            #expect(refused?.code == .internal)
            #expect(refused?.message == "transaction compute limit (10000) exceeds the maximum compute limit (9999)")
        }
    }

    @Test func `a stream of events goes on across transactions, in order and with indices`() async throws {
        try await withServer { setup, client, node in
            let stream = client.subscribeEvents(
                from: .height(0), filter: EventFilter(eventTypes: ["flow.AccountCreated"]), heartbeat: 1, encoding: .ccf
            )
            var messages = stream.makeAsyncIterator()
            _ = try await messages.next()
            _ = try await setup.makeAccount(signer: Keys.user, flow: 0)
            node.makeBlocks(2)
            for index in 1...3 {
                let message = try #require(try await messages.next())
                #expect(message.messageIndex == UInt64(index))
                #expect(message.blockHeight == BlockHeight(UInt64(index)))
                #expect(message.events.count == (index == 1 ? 1 : 0))
                if index == 1 { #expect(message.events[0].payload.first == 0xd8) }
            }
        }
    }

    @Test func `blocks are made at their pace, link up, and the server stops when it is asked to`() async throws {
        var configuration = Keys.configuration
        configuration.blockMaking = .paced(.milliseconds(5))
        let devnet = try Devnet(configuration: configuration)
        let port = try devnet.start()
        let shutdown = GracefulShutdown()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await GracefulShutdown.$current.withValue(shutdown) { try await devnet.run() } }
            let client = GRPCAccessClient(target: "127.0.0.1:\(port)")
            var parent: BlockID?
            var seen = 0
            for try await header in client.subscribeBlockHeaders(from: .height(0), status: .sealed) {
                if let parent { #expect(header.parentID == parent) }
                parent = header.id
                seen += 1
                if seen == 10 { break }
            }
            shutdown.request()
            try await group.waitForAll()
        }
        #expect(devnet.port == nil)
    }

    private func withServer(
        _ body: (DevnetBootstrap, GRPCAccessClient, DevnetNode) async throws -> Void
    ) async throws {
        let devnet = try Devnet(configuration: Keys.configuration)
        let port = try devnet.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            let client = GRPCAccessClient(target: "127.0.0.1:\(port)")
            defer { group.cancelAll() }
            try await body(DevnetBootstrap(api: client, serviceSigner: Keys.service), client, devnet.node)
        }
    }
}

/// Keys of tests, worth nothing.
enum Keys {
    static let service = signer(.ecdsaP256, 1, .sha3_256)
    static let platform = signer(.ecdsaSecp256k1, 2, .sha2_256)
    static let user = signer(.ecdsaP256, 3, .sha3_256)

    /// An address that is somebody's on the emulator, and nobody's here.
    static let stranger = Address(rawValue: 0x0ae5_3cb6_e3f4_2a79)
    static let anySignature = [UInt8](repeating: 7, count: 64)

    static var configuration: DevnetConfiguration {
        var configuration = DevnetConfiguration(servicePublicKey: service.publicKey)
        configuration.programs = RecordedPrograms.all
        return configuration
    }

    static func signer(_ algorithm: SignatureAlgorithm, _ scalar: UInt8, _ hash: HashAlgorithm) -> InMemorySigner {
        let bytes = [UInt8](repeating: 0, count: 31) + [scalar]
        return InMemorySigner(key: try! PrivateKey(algorithm: algorithm, scalar: bytes), hashAlgorithm: hash)
    }
}

/// Arguments of the project's transactions.
enum Arguments {
    static func strings(_ values: [String]) -> CadenceValue { .array(CadenceArray(values.map { .string($0) })) }
    static func addresses(_ values: [Address]) -> CadenceValue { .array(CadenceArray(values.map { .address($0) })) }

    static func brand(_ id: String) -> [CadenceValue] {
        [strings(["op-\(id)"]), strings([id]), strings(["Brand \(id)"])]
    }

    static func pass(_ id: String, brand: String) -> [CadenceValue] {
        [strings(["op-\(id)"]), strings([id]), strings([brand]), strings(["Pass"]), strings([""]), strings([""])]
            + [.array(CadenceArray([.optional(nil)]))]
    }

    static func release(_ id: String, pass: String, supply: UInt64, price: UInt64 = 0) -> [CadenceValue] {
        [.string("op-\(id)"), .string(id), .string(pass), .uint64(supply), .ufix64(price), .uint64(0), .optional(nil)]
    }

    static func airdrop(_ rows: [(id: String, to: Address?, holder: String?)], release: String) -> [CadenceValue] {
        [
            strings(rows.map { "op-\($0.id)" }), strings(rows.map { _ in release }), strings(rows.map(\.id)),
            .array(CadenceArray(rows.map { .optional($0.to.map { .address($0) }) })),
            .array(CadenceArray(rows.map { .optional($0.holder.map { .string($0) }) })),
        ]
    }
}
