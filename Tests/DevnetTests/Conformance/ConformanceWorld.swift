import Cadence
import Devnet
import FlowClient
import Signer

/// A chain with an account, a transaction that succeeded and one that failed, and empty blocks behind them.
struct ConformanceWorld: Sendable {
    let node: DevnetNode
    /// The node, as it is reached.
    let api: any AccessAPI
    /// With contracts on it.
    let service: Address
    let account: DevnetAccount
    let succeeded: TransactionResult
    let failed: TransactionResult

    static func with(
        _ transport: ConformanceTransport, _ body: @Sendable (ConformanceWorld) async throws -> Void
    ) async throws {
        var configuration = Keys.configuration
        configuration.style = .publicNode
        let node = try DevnetNode(configuration: configuration)
        let bootstrap = DevnetBootstrap(api: node, serviceSigner: Keys.service)
        let account = try await bootstrap.makeAccount(signer: Keys.user, flow: 5)
        let succeeded = try await bootstrap.client.succeed(
            "transfer_flow", [.ufix64(100_000_000), .address(account.address)], by: bootstrap.service)
        let panicking = try await bootstrap.client.transaction(
            script: "transaction { prepare(a: &Account) { panic(\"no\") } }", [], by: account)
        let failed = try await bootstrap.client.run(panicking)
        node.makeBlocks(3)
        try await transport.reaching(node) { api in
            try await body(
                ConformanceWorld(
                    node: node, api: api, service: bootstrap.service.address, account: account, succeeded: succeeded,
                    failed: failed))
        }
    }

    /// A transaction that this chain takes, signed.
    func transaction(_ change: (inout Transaction) -> Void = { _ in }) async throws -> Transaction {
        var transaction = try await DevnetClient(api: node).transaction(
            script: "transaction { prepare(a: &Account) { log(\"yes\") } }", [], by: account)
        change(&transaction)
        return transaction
    }
}
