import Devnet
import FlowClient
import Signer

/// How a node is reached. Every one of them must say the same.
enum ConformanceTransport: String, CaseIterable, Sendable {
    case inProcess, grpc, http, pool

    /// What the HTTP API has no route for: there each of these is `unimplemented`. A pool asks whoever has it.
    static let missing: [ConformanceTransport: Set<String>] = [
        .http: [
            "results and events in CCF", "system transactions", "execution data", "a stream of execution data",
            "a stream of events in CCF",
        ]
    ]

    /// What a pool does otherwise on purpose: it waits for a block that no node has yet.
    static let waiting: [ConformanceTransport: Set<String>] = [.pool: ["a stream from a block that is not there"]]

    /// Whether answers come over HTTP, which tells less: see `Told`.
    var isNarrow: Bool { self == .http || self == .pool }
}

/// A chain with an account, a transaction that succeeded and one that failed, and empty blocks behind them.
struct ConformanceWorld: Sendable {
    let node: DevnetNode
    /// The node, as it is reached.
    let api: any AccessAPI
    let account: DevnetAccount
    let succeeded: TransactionResult
    let failed: TransactionResult
    let isNarrow: Bool

    static func with(
        _ transport: ConformanceTransport, _ body: @Sendable (ConformanceWorld) async throws -> Void
    ) async throws {
        var configuration = Keys.configuration
        configuration.style = .publicNode
        let devnet = try Devnet(configuration: configuration)
        let (port, httpPort) = (try devnet.start(), try await devnet.startHTTP())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            defer { group.cancelAll() }
            let (succeeded, failed, account) = try await transactions(on: devnet.node)
            devnet.node.makeBlocks(3)
            let grpc = GRPCAccessClient(target: "127.0.0.1:\(port)")
            let http = try HTTPAccessClient(url: "http://127.0.0.1:\(httpPort)")
            let api: any AccessAPI =
                switch transport {
                case .inProcess: devnet.node
                case .grpc: grpc
                case .http: http
                case .pool: NodePool([.init(name: "grpc", api: grpc), .init(name: "http", api: http)])
                }
            try await body(
                ConformanceWorld(
                    node: devnet.node, api: api, account: account, succeeded: succeeded, failed: failed,
                    isNarrow: transport.isNarrow))
        }
    }

    private static func transactions(
        on node: DevnetNode
    ) async throws -> (TransactionResult, TransactionResult, DevnetAccount) {
        let bootstrap = DevnetBootstrap(api: node, serviceSigner: Keys.service)
        let account = try await bootstrap.makeAccount(signer: Keys.user, flow: 5)
        let paid = try await bootstrap.client.succeed(
            "transfer_flow", [.ufix64(100_000_000), .address(account.address)], by: bootstrap.service)
        let panicking = try await bootstrap.client.transaction(
            script: "transaction { prepare(a: &Account) { panic(\"no\") } }", [], by: account)
        return (paid, try await bootstrap.client.run(panicking), account)
    }

    /// A transaction that this chain takes, signed.
    func transaction(_ change: (inout Transaction) -> Void = { _ in }) async throws -> Transaction {
        var transaction = try await DevnetClient(api: node).transaction(
            script: "transaction { prepare(a: &Account) { log(\"yes\") } }", [], by: account)
        change(&transaction)
        return transaction
    }
}

/// An answer in words, without what the HTTP API does not tell where it was asked over that.
struct Told: Sendable {
    let isNarrow: Bool

    func callAsFunction(_ header: BlockHeader) -> String {
        guard isNarrow else { return "\(header)" }
        var told = BlockHeader()
        (told.id, told.parentID, told.height, told.status) = (header.id, header.parentID, header.height, header.status)
        told.timestamp = milliseconds(header.timestamp)
        told.parentVoterSignature = header.parentVoterSignature
        return "\(told)"
    }

    func callAsFunction(_ block: Block) -> String {
        guard isNarrow else { return "\(block)" }
        var told = Block()
        (told.id, told.parentID, told.height, told.status) = (block.id, block.parentID, block.height, block.status)
        told.timestamp = milliseconds(block.timestamp)
        let collections = block.collectionGuarantees.map { "\($0.collectionID) \($0.referenceBlockID)" }
        return "\(told) \(collections) \(block.seals.map { [$0.blockID, $0.resultID] })"
    }

    func callAsFunction(_ result: ExecutionResult) -> String {
        "\(result.blockID) \(result.previousResultID) \(isNarrow ? [] : result.executionDataID)"
    }

    func callAsFunction(_ receipt: ExecutionReceipt) -> String {
        "\(receipt.meta) \(receipt.result.map { self($0) } ?? "without result")"
    }

    /// The API's headers have no more.
    private func milliseconds(_ time: Timestamp) -> Timestamp {
        Timestamp(seconds: time.seconds, nanoseconds: time.nanoseconds - time.nanoseconds % 1_000_000)
    }
}
