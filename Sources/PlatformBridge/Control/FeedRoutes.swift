import Daemon
import Encoding
import HTTP

/// What happens, as it happens: in pages, as a long poll, as server-sent events.
extension ControlPort {
    func addFeedRoutes(to router: inout Router) {
        router.get("/v1/feed", page)
        router.get("/v1/feed/events", events)
    }

    /// With `wait`, an empty page is held back for so many seconds, until there is something.
    @Sendable private func page(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100
        let wait = try Self.wholeQuery(request, "wait", in: 0...60) ?? 0
        let after = try Self.cursor(request.query("after")) ?? 0
        let (feed, tenant) = (Feed(pool: pool), try tenant(of: request))
        let ticks = messages.ticks()
        var page = try await feed.read(tenant: tenant, after: after, limit: limit)
        let deadline = ContinuousClock.now + .seconds(wait)
        while page.isEmpty, ContinuousClock.now < deadline {
            await Self.tick(ticks, until: deadline)
            page = try await feed.read(tenant: tenant, after: after, limit: limit)
        }
        return .json([
            "messages": .array(page.map(\.json)),
            "next": JSON(String(page.last?.place ?? after)),
        ])
    }

    /// Last-Event-ID, which browsers send when they come again, goes before `after`; without either it begins now.
    @Sendable private func events(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (feed, tenant) = (Feed(pool: pool), try tenant(of: request))
        let given = try Self.cursor(request.header("Last-Event-ID") ?? request.query("after"))
        var start = given
        if start == nil { start = try await feed.end(tenant: tenant) }
        return .events(FeedEvents(feed: feed, tenant: tenant, after: start ?? 0, hub: messages))
    }

    private static func cursor(_ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard PlainText.isDigits(text), let cursor = Int64(text) else {
            throw Problems.badParameter("after", "must be the `next` of the page before")
        }
        return cursor
    }

    /// Until the next tick, or the deadline. A second at most: a word can get lost with a connection.
    static func tick(_ ticks: AsyncStream<Void>, until deadline: ContinuousClock.Instant) async {
        let limit = min(deadline, ContinuousClock.now + .seconds(1))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in ticks { return } }
            group.addTask { try? await Task.sleep(until: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

extension Feed.Message {
    var json: JSON {
        [
            "cursor": JSON(String(place)), "topic": JSON(topic), "key": JSON(key),
            "at": JSON(RFC3339.format(createdAt)), "data": body,
        ]
    }
}
