import Daemon
import Encoding
import HTTP
import Synchronization

/// The open websockets of a client: a stream joins the first that has room, and a new one where none has.
final class TopicSockets: Sendable {
    private struct State {
        var sockets: [TopicSocket] = []
        /// Until the node has broken one off that two streams were to share.
        var sharesSockets = true
    }

    private let client: HTTPClient
    private let url: String
    private let options: HTTPAccessClient.Options
    private let logger: Logger
    private let state = Mutex(State())

    init(_ client: HTTPClient, url: String, options: HTTPAccessClient.Options, logger: Logger) {
        self.client = client
        self.url = url
        self.options = options
        self.logger = logger
    }

    /// Returns when the node has agreed. A socket that goes when a second stream joins it may be one of the emulator's,
    /// which takes one each: the stream gets a socket of its own then, and so does every later one.
    func subscribe(_ topic: String, _ arguments: JSON, within limit: Duration) async throws -> TopicSubscription {
        let deadline = ContinuousClock.now + limit
        let (subscription, isShared) = join(topic, arguments)
        do {
            try await agreement(to: subscription, topic, until: deadline)
            return subscription
        } catch let error as HTTPError where error.code == .connectionLost && isShared {
            stopSharing(error)
        }
        let (own, _) = join(topic, arguments)
        try await agreement(to: own, topic, until: deadline)
        return own
    }

    private func agreement(
        to subscription: TopicSubscription, _ topic: String, until deadline: ContinuousClock.Instant
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await subscription.agreement() }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                throw HTTPError(.timedOut, "the node did not agree to \(topic) in time")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func join(_ topic: String, _ arguments: JSON) -> (TopicSubscription, isShared: Bool) {
        state.withLock { state in
            state.sockets.removeAll(where: \.isClosing)
            for socket in state.sockets where state.sharesSockets {
                if let subscription = socket.join(topic, arguments) { return (subscription, true) }
            }
            let (client, url, options) = (client, url, options)
            let socket = TopicSocket(options: options, logger: logger)
            state.sockets.append(socket)
            guard let subscription = socket.join(topic, arguments) else { preconditionFailure("a new socket has room") }
            socket.open { try await client.webSocket(url, maximumMessageBytes: options.maximumMessageBytes) }
            return (subscription, false)
        }
    }

    private func stopSharing(_ error: HTTPError) {
        let isNews = state.withLock { state in
            defer { state.sharesSockets = false }
            return state.sharesSockets
        }
        if isNews { logger.info("each stream gets a websocket of its own from now on", ["error": "\(error)"]) }
    }
}
