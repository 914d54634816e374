import Daemon
import HTTP
import Synchronization

/// The open websockets of a client: a stream joins the first that has room, and a new one where none has.
final class TopicSockets: Sendable {
    private let client: HTTPClient
    private let url: String
    private let options: HTTPAccessClient.Options
    private let logger: Logger
    private let sockets = Mutex<[TopicSocket]>([])

    init(_ client: HTTPClient, url: String, options: HTTPAccessClient.Options, logger: Logger) {
        self.client = client
        self.url = url
        self.options = options
        self.logger = logger
    }

    /// Returns when the node has agreed.
    func subscribe(_ topic: String, _ arguments: JSON, within limit: Duration) async throws -> TopicSubscription {
        let subscription = join(topic, arguments)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await subscription.agreement() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw HTTPError(.timedOut, "the node did not agree to \(topic) within \(DurationText.format(limit))")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        return subscription
    }

    private func join(_ topic: String, _ arguments: JSON) -> TopicSubscription {
        sockets.withLock { sockets in
            sockets.removeAll(where: \.isClosing)
            for socket in sockets {
                if let subscription = socket.join(topic, arguments) { return subscription }
            }
            let (client, url, options) = (client, url, options)
            let socket = TopicSocket(options: options, logger: logger) {
                try await client.webSocket(url, maximumMessageBytes: options.maximumMessageBytes)
            }
            sockets.append(socket)
            guard let subscription = socket.join(topic, arguments) else { preconditionFailure("a new socket has room") }
            return subscription
        }
    }
}
