import Cadence
import Daemon
import FlowClient
import FoundationEssentials
import GRPC
import HTTP
import Indexer
import PlatformBridge
import Postgres
import Schema
import Signer
import Submitter

/// The daemon's services from a configuration, in dependency order. The one place where everything meets.
struct Wiring {
    let configuration: Configuration
    let logger: Logger
    let metrics = Metrics()
    let pool: PostgresPool
    /// For leases alone: no load on the other connections costs a process its place.
    let leases: PostgresPool
    /// For the submitter: its statements look rows up by their keys, whatever the statistics of the moment promise of joins.
    let submitting: PostgresPool
    /// For the indexer: the same.
    let indexing: PostgresPool
    /// For webhooks: queues that fill and empty within seconds, so each plan is made for what lies there at that moment.
    let telling: PostgresPool
    let api: any AccessAPI
    /// The first height of the history that the configuration names; nil where it names none.
    let historyStart: BlockHeight?
    /// Unless there is one node only, on loopback; it is `api` then.
    let nodePool: NodePool?
    /// Contract name to address, as the transactions import them.
    let addresses: [String: Address]
    let chain: ChainID

    init(_ configuration: Configuration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        let database = Weir.databaseConfiguration(of: configuration)
        pool = PostgresPool(database, logger: logger)
        var leasing = database
        (leasing.applicationName, leasing.maximumConnections) = ("weir leases", 1)
        leases = PostgresPool(leasing, logger: logger)
        var keyed = database
        keyed.applicationName = "weir submitter"
        keyed.settings["enable_hashjoin"] = "off"
        keyed.settings["enable_mergejoin"] = "off"
        var submitter = keyed
        // A plan that was made for a handful of rows, or while a table was small, is kept when they are thousands; and there are
        // few statements, each for many rows.
        submitter.settings["plan_cache_mode"] = "force_custom_plan"
        submitting = PostgresPool(submitter, logger: logger)
        var followed = keyed
        followed.applicationName = "weir indexer"
        followed.settings["enable_seqscan"] = "off"
        indexing = PostgresPool(followed, logger: logger)
        var planned = keyed
        (planned.applicationName, planned.maximumConnections) = ("weir webhooks", 4)
        planned.settings["plan_cache_mode"] = "force_custom_plan"
        // In the index's own order, until there are enough: not all that is due, to be sorted.
        planned.settings["enable_bitmapscan"] = "off"
        planned.settings["enable_sort"] = "off"
        telling = PostgresPool(planned, logger: logger)
        let network = configuration[Settings.network]
        addresses = try Self.addresses(configuration)
        chain = Self.chain(of: network)
        let nodes = try Self.allNodes(configuration, logger: logger)
        historyStart = nodes.filter { !$0.heights.isLive }.map(\.heights.first).min()
        // A node of others is spared by its budgets, alone or not.
        let needsPool = nodes.count > 1 || Self.isLimited(Self.nodeURLs(configuration)[0], configuration)
        nodePool = needsPool ? NodePool(nodes, policy: Self.poolPolicy(configuration), logger: logger) : nil
        api = nodePool ?? nodes[0].api
    }

    /// Those of flow.json, with the platform's contracts where the configuration says they are.
    static func addresses(_ configuration: Configuration) throws -> [String: Address] {
        let all = FlowJSON.project.addresses(
            network: configuration[Settings.network], overrides: addressOverrides(configuration))
        guard configuration[Settings.indexPlatform] else { return all }
        let missing = (Array(CadenceSources.contracts.keys) + ["NFTStorefrontV2"]).filter { all[$0] == nil }.sorted()
        guard missing.isEmpty else {
            throw ConfigurationError([
                ConfigurationMistake(
                    key: Settings.contracts.name,
                    "must be set: flow.json has no address for \(missing.joined(separator: ", ")) on \(configuration[Settings.network])"
                )
            ])
        }
        return all
    }

    /// What the configuration says of where contracts live.
    static func addressOverrides(_ configuration: Configuration) -> [String: Address] {
        var overrides: [String: Address] = [:]
        if let platform = configuration[Settings.contracts] ?? configuration[Settings.accountAddress] {
            for name in CadenceSources.contracts.keys { overrides[name] = platform }
        }
        if let storefront = configuration[Settings.storefront] { overrides["NFTStorefrontV2"] = storefront }
        return overrides
    }

    static func chain(of network: String) -> ChainID {
        switch network {
        case "mainnet": .mainnet
        case "testnet": .testnet
        default: .emulator
        }
    }

    /// Those of the configuration, or else the network's own; empty where that has none.
    static func nodeURLs(_ configuration: Configuration) -> [String] {
        let urls = configuration[Settings.nodes]
        guard urls.isEmpty, let host = FlowJSON.project.networks[configuration[Settings.network]] else { return urls }
        return ["grpc://\(host)"]
    }

    /// Those that serve the head: at least one, each under a name of its own.
    static func nodes(
        _ configuration: Configuration, from first: BlockHeight = 0, logger: Logger
    ) throws -> [NodePool.Node] {
        let urls = nodeURLs(configuration)
        guard !urls.isEmpty, Set(urls).count == urls.count else {
            throw ConfigurationError([
                ConfigurationMistake(
                    key: Settings.nodes.name,
                    urls.isEmpty ? "must name a node: flow.json knows none of this network" : "names a node twice")
            ])
        }
        var names: [String: Int] = [:]
        return try urls.map { url in
            let name = nodeName(url)
            names[name, default: 0] += 1
            let count = names[name] ?? 1
            return NodePool.Node(
                name: count == 1 ? name : "\(name) (\(count))",
                api: try client(for: url, configuration, logger: logger),
                heights: HeightRange(first: first), budgets: budgets(for: url, configuration))
        }
    }

    /// Scheme, host and port: providers put keys into paths, and names are logged.
    static func nodeName(_ url: String) -> String {
        let address = WebAddress(url, schemes: Settings.nodeSchemes)
        return address.map { "\($0.scheme)://\($0.authority)" } ?? "an address that is none"
    }

    /// Over gRPC or HTTP, as the scheme says.
    static func client(for url: String, _ configuration: Configuration, logger: Logger) throws -> any AccessAPI {
        let timeout = configuration[Settings.callTimeout]
        guard let address = WebAddress(url, schemes: Settings.nodeSchemes) else {
            throw ConfigurationError([
                ConfigurationMistake(
                    key: Settings.nodes.name, "\(nodeName(url)): expected grpc://HOST:PORT or https://HOST")
            ])
        }
        switch address.scheme {
        case "grpcs", "grpc":
            guard address.path == "/", !address.hasQuery, !address.hasUserInfo else {
                throw ConfigurationError([
                    ConfigurationMistake(
                        key: Settings.nodes.name, "\(nodeName(url)): gRPC takes a host and a port alone")
                ])
            }
            let tls: GRPCClientCredentials = address.scheme == "grpcs" ? .tls() : .cleartext
            return GRPCAccessClient(target: address.authority, tls: tls, deadline: timeout, logger: logger)
        default:
            do { return try HTTPAccessClient(url: url, deadline: timeout, logger: logger) } catch let error
                as AccessError
            {
                throw ConfigurationError([ConfigurationMistake(key: Settings.nodes.name, error.message)])
            }
        }
    }

    var contracts: TrackedContracts {
        get throws { try Self.contracts(configuration, addresses) }
    }
}

extension Wiring {
    /// Each depends on those before it.
    /// - Parameter signers: who signs for the account where this process submits: see `AccountSigners.open`.
    /// - Parameter receipts: who signs receipts; nil where nobody does.
    func services(
        signers: [AccountSigner], receipts: (any TransactionSigner)? = nil
    ) throws -> [ServiceGroup.Member] {
        let roles = Set(configuration[Settings.roles])
        let operations = OperationStore(pool: pool, logger: logger)
        var members: [ServiceGroup.Member] = [
            .service(PoolService(pool: pool)), .service(PoolService(pool: leases)),
            .service(PoolService(pool: submitting)), .service(PoolService(pool: telling)),
            .service(PoolService(pool: indexing)),
        ]
        if let nodePool { members.append(.service(nodePool)) }
        members.append(
            .service(
                StartCheck(
                    pool: pool, api: api, chain: chain,
                    account: roles.contains(.submit) ? accountCheck(signers) : nil, contracts: contractsCheck(roles),
                    logger: logger)))
        if roles.contains(.ingest) {
            var options = Self.indexerOptions(configuration)
            options.start = options.start ?? historyStart
            if configuration[Settings.indexPlatform], configuration[Settings.reconcileScripts] > 0 {
                options.reconciliation = ChainIndexer.Reconciliation(
                    scripts: try ReconciliationScripts(contractAddresses: addresses),
                    scriptsPerSecond: configuration[Settings.reconcileScripts])
            }
            options.holder = workerID
            let parts = PausedParts(pool: pool)
            options.isPaused = { try await parts.isPaused(.ingest) }
            members.append(
                .service(
                    ChainIndexer(
                        api: api, pool: indexing, contracts: try contracts, options: options, metrics: metrics,
                        logger: logger)))
        }
        if roles.contains(.submit), let account = configuration[Settings.accountAddress] {
            let scripts = try Recipe.scripts(network: configuration[Settings.network], contracts: addresses)
            var submitter = SubmitterConfiguration(
                account: account, signers: signers.map(\.signer), scripts: scripts, workerID: workerID)
            submitter.expiry = UInt64(configuration[Settings.expiry])
            members.append(
                .service(
                    LaneSubmitter(
                        configuration: submitter, pool: submitting, leases: leases, api: api,
                        outcomes: IndexedOutcomes(pool: submitting),
                        metrics: metrics, logger: logger)))
            members.append(
                .service(LaneKeeper(lanes: configuration[Settings.lanes], store: operations, logger: logger)))
        }
        if roles.contains(.bridge) {
            let planner = OperationPlanner(chain: chain)
            let scheduler = Scheduler(pool: pool, operations: operations, planner: planner, logger: logger)
            let sweeper = Sweeper(
                pool: pool, operations: operations, planner: planner, account: configuration[Settings.accountAddress],
                logger: logger)
            let webhooks = WebhookSender(
                pool: telling, allowsPrivate: configuration[Settings.privateWebhooks], metrics: metrics, logger: logger)
            let intake = Intake(pool: pool, operations: operations, planner: planner, logger: logger)
            let readiness =
                configuration[Settings.indexPlatform]
                ? try RecipientReadiness(api: api, contractAddresses: addresses) : nil
            let campaigns = CampaignRunner(pool: pool, operations: operations, readiness: readiness, logger: logger)
            members += [
                .service(scheduler.service()), .service(sweeper.service()), .service(intake.service()),
                .service(campaigns.service()), .service(webhooks),
                .service(EntityClock(pool: pool, logger: logger).service()),
            ]
        }
        if roles.contains(.serve) {
            metrics.addProcessMetrics()
            nodePool?.addMetrics(to: metrics)
            let outcomes = NotificationHub(channel: OperationStore.outcomeChannel, pool: pool, logger: logger)
            let tokens = TokenDirectory(
                pool: pool, ownerToken: configuration[Settings.controlToken].map { OwnerToken($0) }, logger: logger)
            let standbys = Self.standbys(configuration, primary: pool, logger: logger)
            let messages = NotificationHub(channel: WebhookStore.channel, pool: pool, logger: logger)
            var readiness = ControlPort.Readiness()
            readiness.maximumSilence = configuration[Settings.maximumSilence]
            // Public networks never cease to make blocks; an emulator may make them only when something is sent.
            if chain != .emulator { readiness.maximumBlockAge = .seconds(120) }
            let port = ControlPort(
                pool: pool, operations: operations, outcomes: outcomes, messages: messages,
                planner: OperationPlanner(chain: chain), contracts: try contracts, metrics: metrics,
                readiness: readiness, allowsPrivateWebhooks: configuration[Settings.privateWebhooks], tokens: tokens,
                wallets: try walletAccess(receipts), standbys: standbys, nodes: nodePool, logger: logger)
            if let standbys { members.append(.service(standbys)) }
            members += [.service(outcomes), .service(messages), .service(tokens)]
            members.append(
                .service(
                    HTTPServer(
                        address: configuration[Settings.controlAddress], name: "control port",
                        limits: Self.controlLimits, logger: logger, metrics: metrics, spools: Admission.spools,
                        admission: Admission(
                            token: configuration[Settings.controlToken].map { OwnerToken($0) },
                            hosts: configuration[Settings.controlHosts],
                            tokens: tokens
                        ).refusal,
                        handler: port.handler())))
        }
        return members
    }

    static func indexerOptions(_ configuration: Configuration) -> ChainIndexer.Options {
        var options = ChainIndexer.Options()
        options.start = configuration[Settings.startHeight].map { BlockHeight(UInt64($0)) }
        // Whoever names a height says that nothing came before it; where nodes begin says nothing of contracts.
        options.startIsOrigin = options.start != nil
        options.cadence1 = SporkTable.cadence1(on: chain(of: configuration[Settings.network]))
        return options
    }

    /// A hundred thousand recipients in one call take some eight million bytes.
    private static let controlLimits: HTTPServer.Limits = {
        var limits = HTTPServer.Limits()
        limits.bodyBytes = 16 << 20
        return limits
    }()

    private static func standbys(
        _ configuration: Configuration, primary: PostgresPool, logger: Logger
    ) -> StandbyReads? {
        let urls = configuration[Settings.readURLs]
        guard !urls.isEmpty else { return nil }
        let pools = urls.map { url in
            var database = Weir.databaseConfiguration(of: configuration)
            (database.connectionString, database.applicationName) = (url, "weir reads")
            return PostgresPool(database, logger: logger)
        }
        return StandbyReads(primary: primary, standbys: pools, logger: logger)
    }

    private func walletAccess(_ receipts: (any TransactionSigner)?) throws -> WalletAccess {
        var access = WalletAccess()
        // A revoked key counts at once, and one node alone is not believed where there is another.
        let urls = Self.nodeURLs(configuration)
        let witness = urls.count > 1 ? try Self.client(for: urls[1], configuration, logger: logger) : nil
        access.verifier = WalletVerifier(api: api, chain: chain, witness: witness)
        access.appIdentifier = configuration[Settings.appIdentifier]
        access.receipts = receipts
        return access
    }

    private func contractsCheck(_ roles: Set<Settings.Role>) -> StartCheck.ContractsCheck? {
        guard configuration[Settings.indexPlatform],
            let address = configuration[Settings.contracts] ?? configuration[Settings.accountAddress]
        else { return nil }
        return StartCheck.ContractsCheck(
            address: address, network: configuration[Settings.network],
            overrides: Self.addressOverrides(configuration), isRequired: roles.contains(.submit))
    }

    private func accountCheck(_ signers: [AccountSigner]) -> AccountCheck? {
        configuration[Settings.accountAddress].map {
            AccountCheck(
                account: $0, signers: signers,
                keyIndex: configuration[Settings.accountKeyIndex].map { KeyIndex(UInt32($0)) })
        }
    }

    /// Host and process where nothing else is said, and a number of its own: containers share names and process ids, and two
    /// processes are never one worker.
    var workerID: String { configuration[Settings.workerID] ?? Self.ownID }

    private static let ownID: String = {
        let process = ProcessInfo.processInfo
        let number = String(UInt32.random(in: 0 ... .max), radix: 16)
        return "\(process.hostName)-\(process.processIdentifier)-\(number)"
    }()
}

/// The pool's upkeep ends politely too: everything that borrows from it has stopped by then.
private struct PoolService: Service {
    let pool: PostgresPool
    var name: String { pool.name }

    func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { [pool] in try await pool.run() }
        } catch is CancellationError {
            pool.close()
        }
    }
}
