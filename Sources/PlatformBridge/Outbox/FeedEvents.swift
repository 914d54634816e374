import Encoding
import HTTP

/// A feed as server-sent events, for as long as somebody reads: the id of each is where to go on.
struct FeedEvents: AsyncSequence, Sendable {
    let feed: Feed
    let tenant: String
    let after: Int64
    let hub: NotificationHub

    /// A comment goes out this often where nothing happens, so that a connection that is gone is noticed.
    private static let heartbeat: Duration = .seconds(15)

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private let source: FeedEvents
        private let ticks: AsyncStream<Void>
        private var place: Int64
        private var waiting: [Feed.Message] = []

        init(_ source: FeedEvents) {
            self.source = source
            place = source.after
            ticks = source.hub.ticks()
        }

        mutating func next() async throws -> ServerSentEvent? {
            let deadline = ContinuousClock.now + FeedEvents.heartbeat
            while waiting.isEmpty {
                waiting = try await source.feed.read(tenant: source.tenant, after: place, limit: 100).reversed()
                guard waiting.isEmpty else { break }
                guard ContinuousClock.now < deadline else { return ServerSentEvent() }
                await ControlPort.tick(ticks, until: deadline)
                try Task.checkCancellation()
            }
            guard let message = waiting.popLast() else { return ServerSentEvent() }
            place = message.place
            return ServerSentEvent(
                data: message.json.text, event: message.topic, id: String(message.place))
        }
    }
}
