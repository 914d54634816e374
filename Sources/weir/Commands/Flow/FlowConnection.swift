import Daemon
import FlowClient

/// A network as a command sees it: its nodes behind one pool, and which chain they say they are.
struct FlowConnection: Sendable {
    let api: NodePool
    let chain: ChainID
    /// Of flow.json: decides where contracts live.
    let network: String
    let settings: Configuration

    /// Asks the nodes for their chain, so that whatever is wrong with the connection is said before anything else.
    static func make(_ settings: Configuration) async throws -> FlowConnection {
        let logger = Logger(sink: StandardErrorLogSink(), level: .error)
        var policy = Wiring.poolPolicy(settings)
        // Somebody is waiting at a terminal.
        policy.attempts = min(policy.attempts, 4)
        policy.longestPause = min(policy.longestPause, .seconds(1))
        let api = NodePool(try nodes(settings, logger), policy: policy, logger: logger)
        let chain = try await api.networkParameters().value
        return FlowConnection(api: api, chain: chain, network: network(of: chain, settings), settings: settings)
    }

    /// Of the configured network and no other: for keys and signatures, which count on one network only.
    static func makeConfigured(_ settings: Configuration) async throws -> FlowConnection {
        let flow = try await make(settings)
        let configured = Wiring.chain(of: settings[Settings.network])
        guard flow.chain == configured else {
            throw FlowFailure(
                "the access node answers for \(flow.chain), the configuration says \(configured) (flow.network)")
        }
        return flow
    }

    /// Those of the configuration; of a public network that is only named, those of its whole history.
    private static func nodes(_ settings: Configuration, _ logger: Logger) throws -> [NodePool.Node] {
        guard settings[Settings.nodes].isEmpty, settings[Settings.historyNodes].isEmpty,
            let table = SporkTable.published(for: Wiring.chain(of: settings[Settings.network]))
        else { return try Wiring.allNodes(settings, logger: logger) }
        return try table.nodes { try Wiring.client(for: "grpc://\($0)", settings, logger: logger) }.map { node in
            var node = node
            node.budgets = Wiring.budgets(for: "grpc://\(node.name)", settings)
            return node
        }
    }

    /// A node that is named by its address may be of any network: the chain's own word counts.
    private static func network(of chain: ChainID, _ settings: Configuration) -> String {
        let configured = settings[Settings.network]
        if Wiring.chain(of: configured) == chain { return configured }
        return ["mainnet", "testnet", "emulator"].first { Wiring.chain(of: $0) == chain } ?? configured
    }
}

extension Weir {
    /// Runs a command against a network, the one that its options say.
    static func withFlow(_ context: CommandContext, _ body: (FlowConnection) async throws -> Void) async throws {
        let timeout = try context.option("timeout", as: .duration(.milliseconds(1) ... .seconds(3600))) ?? .seconds(10)
        try await askingNodes(timeout: timeout) {
            try await body(try await FlowConnection.make(try FlowOptions.configuration(context)))
        }
    }

    /// Errors of nodes are told in words for people, with what to do about them.
    /// - Parameter timeout: how long a node may take for an answer.
    static func askingNodes<R>(timeout: Duration = .seconds(10), _ body: () async throws -> R) async throws -> R {
        do { return try await CallDeadline.$current.withValue(timeout) { try await body() } } catch let error
            as AccessError
        {
            throw FlowFailure(error)
        }
    }
}
