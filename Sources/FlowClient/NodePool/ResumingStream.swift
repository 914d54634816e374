import Daemon

/// A subscription that outlives its connections: nodes restart, fall silent, skip and repeat, and the consumer sees one
/// sequence. Ends only by an error that another node cannot heal, or with its consumer.
actor ResumingStream<Element: Sendable> {
    private let pool: NodePool
    private let request: NodePool.Request
    private let start: StreamStart
    private let mark: @Sendable (Element) -> StreamMark
    private let renumber: @Sendable (inout Element, UInt64) -> Void
    private let open: @Sendable (any AccessAPI, StreamStart) -> AccessStream<Element>
    private var continuity: StreamContinuity
    private var connection: (node: Int, next: @Sendable () async throws -> Element?)?
    private var tried: Set<Int> = []
    /// Have said that they do not have the block where it is to begin: they are not asked again.
    private var without: Set<Int> = []
    private var pause: Duration
    /// Since the last message.
    private var setbacks = 0
    private var delivered: UInt64 = 0

    init(
        _ pool: NodePool, method: String, from start: StreamStart, encoding: EventEncoding, longestStep: UInt64?,
        mark: @escaping @Sendable (Element) -> StreamMark,
        renumber: @escaping @Sendable (inout Element, UInt64) -> Void,
        open: @escaping @Sendable (any AccessAPI, StreamStart) -> AccessStream<Element>
    ) {
        self.pool = pool
        self.start = start
        self.mark = mark
        self.renumber = renumber
        self.open = open
        continuity = StreamContinuity(longestStep: longestStep)
        pause = pool.policy.firstPause
        var request = NodePool.Request(kind: .other, method: method, encoding: encoding, affinity: NodeAffinity.key)
        switch start {
        case .latest: break
        case .height(let height): request.height = height
        case .blockID: request.isByID = true
        }
        self.request = request
    }

    func next() async throws -> Element? {
        while true {
            try Task.checkCancellation()
            let (node, pull) = try await connected()
            let pulled: Element?
            do {
                pulled = try await pullOrStall(pull)
            } catch let error as AccessError {
                try await recover(node, from: error)
                continue
            } catch {
                pool.withdrew(node)
                throw error
            }
            guard var element = pulled else {
                try await recover(
                    node, from: AccessError(.unavailable, "the node ended the stream", method: request.method))
                continue
            }
            switch continuity.accept(mark(element)) {
            case .deliver:
                if delivered == 0 || setbacks > 0 || !tried.isEmpty { pool.proved(node) }
                renumber(&element, delivered)
                delivered += 1
                (pause, setbacks, tried) = (pool.policy.firstPause, 0, [])
                return element
            case .drop: continue
            case .reopen(let why): try await reopen(node, after: why)
            case .fork(let why):
                pool.logger.error("a stream left its chain", ["weir.node": pool.names[node], "reason": why])
                connection = nil
                throw AccessError(.dataLoss, why, method: request.method, node: pool.names[node])
            }
        }
    }

    private func connected() async throws -> (node: Int, next: @Sendable () async throws -> Element?) {
        if let connection { return connection }
        while true {
            let (start, height) =
                continuity.last.map { pool.resumption(after: $0.height) } ?? (self.start, request.height)
            var wanted = request
            wanted.height = height
            wanted.isByID = height == nil && request.isByID
            switch pool.choose(wanted, excluding: tried.union(without)) {
            case .nobody(let why): throw AccessError(.unimplemented, why, method: request.method)
            case .allDown(let rest):
                try await pool.clock.sleep(max(rest, pause))
                pause = min(pause * 2, pool.policy.longestPause)
                tried = []
            case .node(let node, let delay):
                do {
                    if delay > .zero { try await pool.clock.sleep(delay) }
                    continuity.opened()
                    let next = try await open(pool.apis[node], start).open()
                    let made = (node: node, next: next)
                    connection = made
                    return made
                } catch let error as AccessError {
                    try await recover(node, from: error)
                } catch {
                    pool.withdrew(node)
                    throw error
                }
            }
        }
    }

    /// The next message, or an error where none comes for too long.
    private func pullOrStall(_ pull: @escaping @Sendable () async throws -> Element?) async throws -> Element? {
        let pool = pool
        return try await withThrowingTaskGroup(of: Element?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await pull() }
            group.addTask {
                try await pool.clock.sleep(pool.policy.stallAfter)
                throw AccessError(.deadlineExceeded, "the stream brought nothing for \(pool.policy.stallAfter)")
            }
            return try await group.next() ?? nil
        }
    }

    /// The connection told less than it should have. Where every try does, that is data loss.
    private func reopen(_ node: Int, after why: String) async throws {
        pool.logger.debug("stream is opened again", ["weir.method": request.method, "reason": why])
        connection = nil
        try countSetback(AccessError(.dataLoss, why, method: request.method, node: pool.names[node]))
        try await backOff()
    }

    /// Another connection where that may help; the error where it does not.
    private func recover(_ node: Int, from error: AccessError) async throws {
        connection = nil
        let reaction = pool.failed(node, request, error)
        if reaction == .surface {
            // Once a stream has begun, a node that refuses to resume it is a node that is behind.
            guard continuity.last != nil else { throw error }
            try countSetback(error)
        }
        if reaction == .otherNodes, continuity.last == nil, request.isByID {
            without.insert(node)
            // Absent is what all say who may have it; who cannot be reached may have it.
            guard !pool.able(request).allSatisfy(without.contains) else { throw error }
            return
        }
        tried.insert(node)
        try await backOff()
    }

    /// Nodes that cannot be reached are tried for ever; what they say against the stream is believed in the end.
    private func countSetback(_ error: AccessError) throws {
        setbacks += 1
        if setbacks > 3 + 3 * pool.apis.count { throw error }
    }

    private func backOff() async throws {
        try await pool.clock.sleep(pause)
        pause = min(pause * 2, pool.policy.longestPause)
    }
}
