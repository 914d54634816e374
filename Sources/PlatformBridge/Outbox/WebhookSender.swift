package import Daemon
import Encoding
import FoundationEssentials
package import HTTP
package import Postgres
import Submitter
import Synchronization

/// Tells endpoints what has happened, each by a task of its own: a receiver that hangs delays nobody else. Messages of one
/// key go one after another, in order, however often the first has to be tried.
package final class WebhookSender: Service {
    package let name = "webhooks"
    private let store: WebhookStore
    private let client: HTTPClient
    private let logger: Logger
    private let delivered: Counter
    private let failed: Counter
    private let active = Mutex<Set<String>>([])
    private let waker = WakeUp()

    /// In one batch, of two that are under way to one endpoint.
    private static let atOnce = 32
    private static let timeout: Duration = .seconds(15)
    /// Longer than any attempt takes: what a process that died had taken is taken again after it.
    private static let lease: Duration = .seconds(60)
    private static let messagesAreKept: Duration = .seconds(30 * 86_400)

    /// - Parameter allowsPrivate: whether endpoints may lie within private networks.
    package init(
        pool: PostgresPool, allowsPrivate: Bool, metrics: Metrics, logger: Logger, client: HTTPClient? = nil
    ) {
        store = WebhookStore(pool: pool)
        self.logger = logger
        var configuration = HTTPClient.Configuration()
        configuration.timeout = Self.timeout
        configuration.responseBytes = 256 << 10
        configuration.connectionsPerHost = 2 * Self.atOnce
        configuration.refusesPrivateAddresses = !allowsPrivate
        self.client = client ?? HTTPClient(configuration)
        delivered = metrics.counter(
            "weir_webhooks_delivered_total", help: "Messages that a receiver took")
        failed = metrics.counter(
            "weir_webhook_attempts_failed_total", help: "Attempts to deliver a message that did not succeed")
    }

    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown { try await self.live() }
        } catch is CancellationError {}
    }

    private func live() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await _ in self.store.pool.listen(WebhookStore.channel) { self.waker.signal() } }
            group.addTask { try await self.forget() }
            group.addTask { try await self.dispatch() }
            try await group.next()
            group.cancelAll()
        }
    }

    private func dispatch() async throws {
        try await withThrowingDiscardingTaskGroup { endpoints in
            while true {
                try Task.checkCancellation()
                for endpoint in await self.due() where self.active.withLock({ $0.insert(endpoint).inserted }) {
                    endpoints.addTask {
                        // While one batch is written down another is on its way.
                        async let other: Void = self.drain(endpoint)
                        await self.drain(endpoint)
                        await other
                        _ = self.active.withLock { $0.remove(endpoint) }
                    }
                }
                await self.waker.wait(atMost: .seconds(2))
            }
        }
    }

    private func due() async -> [String] {
        do {
            if try await PausedParts(pool: store.pool).isPaused(.webhooks) { return [] }
            return try await store.due()
        } catch {
            if !(error is CancellationError) {
                logger.warning("what webhooks are due could not be read, will try again", ["error": "\(error)"])
            }
            return []
        }
    }

    /// Tells one endpoint all that is due.
    private func drain(_ endpoint: String) async {
        do {
            while let batch = try await store.claim(endpoint, limit: Self.atOnce, lease: Self.lease),
                !batch.messages.isEmpty
            {
                let results = await withTaskGroup(of: WebhookStore.Result.self) { group in
                    for message in batch.messages {
                        group.addTask { await self.tell(message, to: batch.url, secrets: batch.secrets) }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                // Said even when the process is told to stop: the receiver has it.
                try await Task { try await self.store.record(results, of: endpoint) }.value
                note(results, endpoint)
                try Task.checkCancellation()
            }
        } catch {
            guard !(error is CancellationError) else { return }
            logger.warning(
                "an endpoint's messages are tried again later", ["weir.endpoint": endpoint, "error": "\(error)"])
        }
    }

    private func tell(
        _ message: WebhookStore.Message, to url: String, secrets: [WebhookSecret]
    ) async -> WebhookStore.Result {
        let request = Self.request(message, to: url, secrets: secrets, at: Date())
        let answer: Swift.Result<(status: Int, retryAfter: String?), HTTPError>
        do {
            let response = try await client.send(request)
            answer = .success((response.status, response.headers["Retry-After"]))
        } catch let error as HTTPError {
            answer = .failure(error)
        } catch {
            answer = .failure(HTTPError(.closed, "this process was told to stop"))
        }
        let verdict = WebhookVerdict(answer, attempts: message.attempts, jitter: .random(in: 0...1))
        return .init(message: message.id, status: try? answer.get().status, verdict: verdict)
    }

    /// By standardwebhooks.com: id, timestamp and signature as headers; type, timestamp and data in the body.
    static func request(
        _ message: WebhookStore.Message, to url: String, secrets: [WebhookSecret], at now: Date
    ) -> HTTPRequest {
        let text =
            "{\"type\":\(PlainText.jsonString(message.topic)),\"timestamp\":\"\(RFC3339.format(message.createdAt))\","
            + "\"data\":\(message.body)}"
        var request = HTTPRequest(method: "POST", url: url, body: Array(text.utf8))
        let (id, timestamp) = ("msg_\(message.id)", Int64(now.timeIntervalSince1970))
        request.headers["Content-Type"] = "application/json"
        request.headers["webhook-id"] = id
        if let trace = message.traceparent { request.headers["traceparent"] = trace }
        request.headers["webhook-timestamp"] = String(timestamp)
        request.headers["webhook-signature"] = WebhookSecret.signatures(
            secrets, id: id, timestamp: timestamp, body: request.body)
        return request
    }

    private func note(_ results: [WebhookStore.Result], _ endpoint: String) {
        for result in results {
            switch result.verdict {
            case .delivered: delivered.increment()
            case .again: failed.increment()
            case .dead(let because):
                failed.increment()
                logger.error(
                    "a webhook was given up: replay it when the receiver is well",
                    ["weir.endpoint": endpoint, "message": "\(result.message)", "because": because])
            case .gone:
                failed.increment()
                logger.warning("a receiver wants no more webhooks: switched off", ["weir.endpoint": endpoint])
            }
        }
    }

    private func forget() async throws {
        while true {
            do {
                while try await store.forget(olderThan: Self.messagesAreKept, limit: 10_000) == 10_000 {}
            } catch {
                if error is CancellationError { throw error }
                logger.warning("old messages could not be removed, will try again", ["error": "\(error)"])
            }
            try await Task.sleep(for: .seconds(3600))
        }
    }
}
