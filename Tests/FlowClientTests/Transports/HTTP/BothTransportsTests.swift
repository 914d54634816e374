import Devnet
import HTTP
import Signer
import Testing

@testable import FlowClient

/// One devnet, asked over gRPC and over HTTP. What the HTTP API does not tell is blanked in gRPC's answer, by name.
@Suite(.timeLimit(.minutes(1)))
struct BothTransportsTests {
    private static let service = InMemorySigner(
        key: try! PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 0, count: 31) + [1]),
        hashAlgorithm: .sha3_256)

    private struct Network: Sendable {
        let node: DevnetNode
        let grpc: GRPCAccessClient
        let http: HTTPAccessClient
        let account: Address
        let transaction: Transaction
    }

    /// A chain with an account, and empty blocks behind it.
    private func withNetwork(_ body: (Network) async throws -> Void) async throws {
        let devnet = try Devnet(configuration: DevnetConfiguration(servicePublicKey: Self.service.publicKey))
        let (port, httpPort) = (try devnet.start(), try await devnet.startHTTP())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            defer { group.cancelAll() }
            let grpc = GRPCAccessClient(target: "127.0.0.1:\(port)")
            let bootstrap = DevnetBootstrap(api: grpc, serviceSigner: Self.service)
            let account = try await bootstrap.makeAccount(signer: Self.service, flow: 5).address
            let block = try await grpc.block(.latestSealed, full: false).value
            let sent = try await grpc.fullCollection(try #require(block.collectionGuarantees.first).collectionID).value
            devnet.node.makeBlocks(3)
            try await body(
                Network(
                    node: devnet.node, grpc: grpc, http: try HTTPAccessClient(url: "http://127.0.0.1:\(httpPort)"),
                    account: account, transaction: try #require(sent.first)))
        }
    }

    private func told(_ header: BlockHeader) -> BlockHeader {
        var told = BlockHeader()
        (told.id, told.parentID, told.height, told.status) = (header.id, header.parentID, header.height, header.status)
        (told.timestamp, told.parentVoterSignature) = (header.timestamp, header.parentVoterSignature)
        // The API's headers have milliseconds.
        told.timestamp.nanoseconds -= told.timestamp.nanoseconds % 1_000_000
        return told
    }

    private func told(_ block: Block) -> Block {
        var told = block
        told.timestamp.nanoseconds -= told.timestamp.nanoseconds % 1_000_000
        told.header = block.header.map(self.told)
        told.header?.status = .unknown
        for at in told.collectionGuarantees.indices { told.collectionGuarantees[at].signatures = [] }
        (told.signatures, told.executionReceiptMetas, told.executionResults, told.protocolStateID) = ([], [], [], [])
        return told
    }

    @Test func `blocks, headers and collections are the same`() async throws {
        try await withNetwork { (network) async throws in
            let (grpc, http) = (network.grpc, network.http)
            #expect(try await http.networkParameters().value == grpc.networkParameters().value)
            #expect(try await http.nodeVersionInfo().value == grpc.nodeVersionInfo().value)
            let head = try await grpc.blockHeader(.latestSealed).value
            let references: [BlockReference] = [.latestSealed, .latestFinalized, .height(0), .height(1), .id(head.id)]
            for reference in references {
                #expect(try await http.blockHeader(reference).value == told(grpc.blockHeader(reference).value))
                for full in [true, false] {
                    let (one, other) = (
                        try await http.block(reference, full: full).value,
                        told(try await grpc.block(reference, full: full).value)
                    )
                    #expect(one == other, "\(reference) \(full)")
                }
            }
            let block = try await grpc.block(.height(1), full: false).value
            let id = try #require(block.collectionGuarantees.first).collectionID
            #expect(try await http.collection(id).value == grpc.collection(id).value)
            #expect(try await http.fullCollection(id).value == grpc.fullCollection(id).value)
        }
    }

    @Test func `transactions, results and events are the same`() async throws {
        try await withNetwork { (network) async throws in
            let (grpc, http, id) = (network.grpc, network.http, network.transaction.id)
            #expect(try await http.transaction(id, blockID: nil, collectionID: nil).value == network.transaction)
            let result = try await grpc.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            #expect(
                try await http.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
                    == result)
            #expect(!result.events.isEmpty)
            let block = result.blockID
            #expect(try await http.transactions(inBlock: block).value == grpc.transactions(inBlock: block).value)
            let all = try await grpc.transactionResults(inBlock: block, encoding: .jsonCDC).value
            #expect(try await http.transactionResults(inBlock: block, encoding: .jsonCDC).value == all)
            for index in all.indices {
                #expect(
                    try await http.transactionResult(inBlock: block, index: UInt32(index), encoding: .jsonCDC).value
                        == grpc.transactionResult(inBlock: block, index: UInt32(index), encoding: .jsonCDC).value)
            }
            let type = "flow.AccountCreated"
            #expect(
                try await http.events(ofType: type, heights: 0...4, encoding: .jsonCDC).value
                    == grpc.events(ofType: type, heights: 0...4, encoding: .jsonCDC).value)
            #expect(
                try await http.events(ofType: type, blockIDs: [block], encoding: .jsonCDC).value
                    == grpc.events(ofType: type, blockIDs: [block], encoding: .jsonCDC).value)
            let unknown = TransactionID.number(1)
            #expect(
                try await http.transactionResult(unknown, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
                    .status
                    == .unknown)
        }
    }

    @Test func `accounts, keys and scripts are the same`() async throws {
        try await withNetwork { (network) async throws in
            let (grpc, http, address) = (network.grpc, network.http, network.account)
            for state in [StateReference.latest, .height(2)] {
                #expect(try await http.account(address, at: state).value == grpc.account(address, at: state).value)
                #expect(
                    try await http.accountBalance(address, at: state).value
                        == grpc.accountBalance(address, at: state).value)
                #expect(
                    try await http.accountKeys(address, at: state).value == grpc.accountKeys(address, at: state).value)
                #expect(
                    try await http.accountKey(address, index: 0, at: state).value
                        == grpc.accountKey(address, index: 0, at: state).value)
            }
        }
    }

    @Test func `refusals are the same, in code and words`() async throws {
        try await withNetwork { (network) async throws in
            func refusal(_ body: () async throws -> some Any) async -> String {
                do { _ = try await body() } catch {
                    return (error as? AccessError).map { "\($0.code): \($0.message)" } ?? "\(error)"
                }
                return "none"
            }
            let calls: [@Sendable (any AccessAPI) async throws -> Void] = [
                { _ = try await $0.transaction(.number(1), blockID: nil, collectionID: nil) },
                { _ = try await $0.collection(CollectionID(raw: BlockID.number(1).raw)) },
                { _ = try await $0.account(Address(rawValue: 0x1654_6533_9904_0A61), at: .latest) },
                { _ = try await $0.executeScript(Array("nonsense".utf8), arguments: [], at: .latestSealed) },
                { _ = try await $0.executeScript([], arguments: [], at: .latestFinalized) },
            ]
            for call in calls {
                let (one, other) = (
                    await refusal { try await call(network.http) }, await refusal { try await call(network.grpc) }
                )
                #expect(one == other && one != "none")
            }
            for reference in [BlockReference.height(999), .id(.number(1))] {
                #expect(await refusal { try await network.http.blockHeader(reference) }.hasPrefix("notFound: "))
            }
        }
    }

    @Test func `streams are the same`() async throws {
        try await withNetwork { (network) async throws in
            func first<Element>(_ count: Int, _ stream: AccessStream<Element>) async throws -> [Element] {
                var all: [Element] = []
                for try await element in stream {
                    all.append(element)
                    if all.count == count { break }
                }
                return all
            }
            let (grpc, http) = (network.grpc, network.http)
            for full in [true, false] {
                let blocks = try await first(4, grpc.subscribeBlocks(from: .height(1), status: .sealed, full: full))
                #expect(
                    try await first(4, http.subscribeBlocks(from: .height(1), status: .sealed, full: full))
                        == blocks.map(told))
            }
            #expect(
                try await first(4, http.subscribeBlockHeaders(from: .height(0), status: .finalized))
                    == first(4, grpc.subscribeBlockHeaders(from: .height(0), status: .finalized)).map(told))
            #expect(
                try await first(3, http.subscribeBlockDigests(from: .height(1), status: .sealed))
                    == first(3, grpc.subscribeBlockDigests(from: .height(1), status: .sealed)))
            let filter = EventFilter(eventTypes: ["flow.AccountCreated"])
            #expect(
                try await first(
                    4, http.subscribeEvents(from: .height(0), filter: filter, heartbeat: 1, encoding: .jsonCDC))
                    == first(
                        4, grpc.subscribeEvents(from: .height(0), filter: filter, heartbeat: 1, encoding: .jsonCDC)))
            let accounts = AccountStatusFilter(eventTypes: ["flow.AccountCreated"])
            #expect(
                try await first(
                    4,
                    http.subscribeAccountStatuses(from: .height(0), filter: accounts, heartbeat: 1, encoding: .jsonCDC))
                    == first(
                        4,
                        grpc.subscribeAccountStatuses(
                            from: .height(0), filter: accounts, heartbeat: 1, encoding: .jsonCDC)))
            let statuses = try await first(9, http.subscribeStatuses(of: network.transaction.id))
            #expect(statuses.map(\.status) == [.pending, .finalized, .executed, .sealed])
            let id = network.transaction.id
            let result = try await grpc.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC).value
            #expect(statuses.last == result)
        }
    }
}
