package import Daemon
package import FlowClient
package import HTTP
package import Indexer
package import Postgres
package import Submitter

/// The HTTP door of the platform and of ops. It reads and writes Postgres, and nothing else: any number of processes can
/// serve it, and none of them needs a node to answer.
package struct ControlPort: Sendable {
    let pool: PostgresPool
    let operations: OperationStore
    let enqueuing: EnqueueGate
    let ownership: OwnershipReader
    let schedules: ScheduleStore
    let campaigns: CampaignStore
    let pausedParts: PausedParts
    let records: PlatformRecords
    let webhooks: WebhookStore
    /// Nil where the only tenant is the default one.
    let tokens: TokenDirectory?
    let allowsPrivateWebhooks: Bool
    let walletLinks: WalletLinks
    let wallets: WalletAccess
    let outcomes: NotificationHub
    let messages: NotificationHub
    let planner: OperationPlanner
    let contracts: TrackedContracts
    let metrics: Metrics
    let logger: Logger
    /// A lag above this, or a tip that was last seen longer ago, is "not ready".
    let readiness: Readiness
    /// Nil where this process asks no node, or one of its own alone.
    let nodes: NodePool?

    package struct Readiness: Sendable {
        package var maximumLagHeights: UInt64 = 20
        package var maximumSilence: Duration = .seconds(60)
        /// A last block that is older than this is "not ready". Nil where blocks are made only when somebody sends something.
        package var maximumBlockAge: Duration?
        package init() {}
    }

    package init(
        pool: PostgresPool, operations: OperationStore, outcomes: NotificationHub, messages: NotificationHub,
        planner: OperationPlanner, contracts: TrackedContracts, metrics: Metrics, readiness: Readiness = Readiness(),
        allowsPrivateWebhooks: Bool = false, tokens: TokenDirectory? = nil,
        wallets: WalletAccess = WalletAccess(), standbys: StandbyReads? = nil, nodes: NodePool? = nil,
        logger: Logger
    ) {
        self.nodes = nodes
        self.pool = pool
        self.operations = operations
        enqueuing = EnqueueGate(operations: operations)
        ownership = OwnershipReader(pool: pool, standbys: standbys)
        schedules = ScheduleStore(pool: pool)
        campaigns = CampaignStore(pool: pool, operations: operations)
        pausedParts = PausedParts(pool: pool)
        records = PlatformRecords(pool: pool)
        webhooks = WebhookStore(pool: pool)
        self.allowsPrivateWebhooks = allowsPrivateWebhooks
        self.tokens = tokens
        self.wallets = wallets
        walletLinks = WalletLinks(pool: pool, operations: operations)
        self.outcomes = outcomes
        self.messages = messages
        self.planner = planner
        self.contracts = contracts
        self.metrics = metrics
        self.readiness = readiness
        self.logger = logger
    }

    /// What the HTTP server calls for a request that its `Admission` let in.
    package func handler() -> @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse {
        var router = Router()
        addOperationRoutes(to: &router)
        addScheduleRoutes(to: &router)
        addCampaignRoutes(to: &router)
        addRecordRoutes(to: &router)
        addWebhookRoutes(to: &router)
        addFeedRoutes(to: &router)
        addTokenRoutes(to: &router)
        addEntityRoutes(to: &router)
        addWalletRoutes(to: &router)
        addOwnershipRoutes(to: &router)
        addIndexRoutes(to: &router)
        addSummaryRoutes(to: &router)
        addSnapshotRoutes(to: &router)
        addPartRoutes(to: &router)
        addHealthRoutes(to: &router)
        let routes = router
        return { [self] request in
            let id = TraceContext.requestID(of: request)
            do {
                // Whatever a route forgets, a tenant's request sees no other tenant's rows.
                var response = try await SessionScope.$current.withValue(
                    tokens?.scope(of: Admission.token(in: request.headers))
                ) { try await routes.respond(to: request) }
                response.headers["X-Request-Id"] = id
                return response
            } catch {
                let error = problem(of: error, request, id)
                guard var problem = error as? ProblemDocument else { throw error }
                problem.headers["X-Request-Id"] = id
                throw problem
            }
        }
    }

    /// "Could not look" is 503, never an empty answer; what is our own fault is logged with the caller's path.
    private func problem(of error: any Error, _ request: HTTPServerRequest, _ id: String) -> any Error {
        switch error {
        case is ProblemDocument, is CancellationError: return error
        case let error as SubmitterError:
            let problem = Problems.of(error)
            if problem.status >= 500 {
                logger.error("a request failed", ["path": request.path, "request": id, "error": "\(error)"])
            }
            return problem
        case let error as IndexerError:
            return Problems.of(error)
        case let error as PostgresError:
            // What Postgres says may quote values: it is for the log, and the id finds it there.
            let instance = HTTPServer.makeInstance()
            logger.error(
                "a request could not be answered",
                ["path": request.path, "request": id, "instance": instance, "error": "\(error)"])
            var problem = Problems.unavailable("the database did not answer")
            problem.instance = instance
            return problem
        default:
            return error
        }
    }
}
