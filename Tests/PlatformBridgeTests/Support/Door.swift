import Cadence
import Daemon
import Encoding
import FlowClient
import HTTP
import Indexer
import PlatformBridge
import Postgres
import Submitter
import TestSupport

/// The control port on a database of its own, without a socket.
struct Door: Sendable {
    let pool: PostgresPool
    let operations: OperationStore
    let messages: NotificationHub
    let planner = OperationPlanner(chain: .emulator)
    let handler: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse

    static func with<R>(_ body: (Door) async throws -> R) async throws -> R {
        try await TestPostgres.withDatabase { try await body(Door(pool: $0)) }
    }

    init(
        pool: PostgresPool, allowsPrivateWebhooks: Bool = false, tokens: TokenDirectory? = nil,
        wallets: WalletAccess = WalletAccess()
    ) {
        self.pool = pool
        operations = OperationStore(pool: pool, logger: .silent)
        messages = NotificationHub(channel: WebhookStore.channel, pool: pool, logger: .silent)
        let port = ControlPort(
            pool: pool, operations: operations,
            outcomes: NotificationHub(channel: OperationStore.outcomeChannel, pool: pool, logger: .silent),
            messages: messages, planner: planner,
            contracts: TrackedContracts(nonFungibleToken: Address(rawValue: 0xf8d6_e058_6b0a_20c7)),
            metrics: Metrics(), allowsPrivateWebhooks: allowsPrivateWebhooks, tokens: tokens, wallets: wallets,
            logger: .silent)
        handler = port.handler()
    }

    struct Answer: Sendable {
        var status: Int
        var json: JSON
        var headers: HTTPFields
        /// The rule that was broken first: `field rule`.
        var detail: String { json["detail"]?.string ?? "" }
    }

    func send(
        _ method: String, _ target: String, _ body: JSON? = nil, _ headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await answer(
            HTTPServerRequest(
                method: method, target: target, headers: headers, body: body.map { Array($0.text.utf8) } ?? []))
    }

    func send(lines: String, to target: String) async throws -> Answer {
        try await answer(
            HTTPServerRequest(
                method: "POST", target: target, headers: ["Content-Type": "application/x-ndjson"],
                body: Array(lines.utf8)))
    }

    private func answer(_ request: HTTPServerRequest) async throws -> Answer {
        do {
            let response = try await handler(request)
            guard case .bytes(let bytes) = response.body else {
                return Answer(status: response.status, json: .null, headers: response.headers)
            }
            return Answer(
                status: response.status, json: (try? JSON(parsing: bytes)) ?? .null, headers: response.headers)
        } catch let problem as ProblemDocument {
            return Answer(status: problem.status, json: problem.json, headers: problem.headers)
        }
    }
}
