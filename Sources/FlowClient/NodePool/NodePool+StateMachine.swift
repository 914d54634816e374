import Cadence

/// What the pool knows of its nodes, and every decision that follows from it. Nothing here waits, calls or reads a clock:
/// times come in, since any one origin, and choices go out.
struct NodePoolStateMachine: Sendable {
    struct Node: Sendable {
        let name: String
        var heights: HeightRange
        var health: NodeHealth
        var buckets: TokenBuckets
        /// Highest sealed height that the node has shown.
        var head: BlockHeight = 0
        /// When the block at that height was made, as the node told.
        var headTime = Timestamp(seconds: 0)
        /// Methods that it does not offer, of some only in CCF, and until when that is believed: what stood before the node
        /// may have said so.
        var lacks: [String: Duration] = [:]

        /// How long the request has to wait for its token.
        mutating func reserve(_ request: Request, at now: Duration) -> Duration {
            buckets[request.kind, request.method].reserve(at: now)
        }
    }

    /// What is asked for, as far as it decides who is asked.
    struct Request: Sendable {
        var kind: RequestKind
        /// For what a node may not offer: `SubscribeEvents`.
        var method: String
        /// The lowest height that the answer rests on; nil for the latest, and for what is found by an id of unknown height.
        var height: BlockHeight?
        /// Ids are looked for in history too, after the live nodes.
        var isByID = false
        /// By id, and in the live spork if anywhere.
        var isRecent = false
        /// What it may not offer of that method: the HTTP API has no CCF.
        var encoding = EventEncoding.jsonCDC
        /// Requests of one key go to one node, as long as it is well.
        var affinity: String?

        var offer: String { encoding == .ccf ? method + " in CCF" : method }
    }

    enum Choice: Hashable {
        /// Ask this node after so long.
        case node(Int, after: Duration)
        /// All that could be asked are down; the first is up again after so long.
        case allDown(for: Duration)
        /// Nobody can: the heights are not served, or the method is not offered.
        case nobody(String)
    }

    private(set) var nodes: [Node]
    /// Nodes whose head is this much behind the best one's are asked for the latest only when no other is left.
    let toleratedLag: UInt64

    init(
        _ nodes: [(name: String, heights: HeightRange, budgets: RequestBudgets)],
        policy: NodePool.Policy = NodePool.Policy(), at now: Duration
    ) {
        toleratedLag = policy.toleratedLag
        let health = NodeHealth(failuresUntilDown: policy.failuresUntilDown, longestDown: policy.longestDown)
        self.nodes = nodes.map { node in
            Node(
                name: node.name, heights: node.heights, health: health,
                buckets: TokenBuckets(node.budgets, leastShare: policy.leastShare, at: now))
        }
    }

    /// Highest sealed height that any node has shown.
    var head: BlockHeight { nodes.map(\.head).max() ?? 0 }

    /// Takes a token of the chosen node; `tried` are not asked again.
    mutating func choose(_ request: Request, excluding tried: Set<Int> = [], at now: Duration) -> Choice {
        for node in nodes.indices where !nodes[node].lacks.isEmpty {
            nodes[node].lacks = nodes[node].lacks.filter { $0.value > now }
        }
        let able = able(request)
        guard !able.isEmpty else { return .nobody(whyNobody(request)) }
        let left = able.filter { !tried.contains($0) }
        let usable = left.filter { nodes[$0].health.isUsable(at: now) }
        guard let best = best(of: usable, for: request, at: now) else {
            let waits = left.compactMap { node -> Duration? in
                if case .down(let until) = nodes[node].health.state { until - now } else { nil }
            }
            return .allDown(for: max(waits.min() ?? .milliseconds(100), .zero))
        }
        nodes[best].health.began(at: now)
        return .node(best, after: nodes[best].reserve(request, at: now))
    }

    /// All that serve what is asked for, up or down.
    func able(_ request: Request) -> [Int] { nodes.indices.filter { canServe($0, request) } }

    private func canServe(_ node: Int, _ request: Request) -> Bool {
        guard nodes[node].lacks[request.offer] == nil else { return false }
        if let height = request.height { return nodes[node].heights.contains(height) }
        return nodes[node].heights.isLive || (request.isByID && !request.isRecent)
    }

    private func whyNobody(_ request: Request) -> String {
        if nodes.contains(where: { $0.lacks[request.offer] != nil }) { return "no node offers \(request.offer)" }
        if let height = request.height { return "no node serves height \(height)" }
        return "no node serves the latest blocks"
    }

    /// Live nodes before historic ones, nodes that keep up before those that lag, then the key's own node, then who
    /// answers soonest: its delay, and its score.
    private func best(of candidates: [Int], for request: Request, at now: Duration) -> Int? {
        func rank(_ node: Int) -> (Int, Int, UInt64, Double) {
            let known = nodes[node]
            let historic = request.height == nil && !known.heights.isLive ? 1 : 0
            let wanted = request.height ?? head
            let behind =
                known.head.rawValue + (request.height == nil ? toleratedLag : 0) < wanted.rawValue && known.head != 0
            let own = request.affinity.map { ~stableHash($0 + "\u{0}" + known.name) } ?? 0
            let delay = known.buckets[request.kind, request.method].delay(at: now).inSeconds
            return (historic, known.heights.isLive && behind ? 1 : 0, own, delay + known.health.score)
        }
        return candidates.min { rank($0) < rank($1) }
    }

    /// The node that a hedge goes to: another one, well, with a token to spare.
    mutating func chooseHedge(_ request: Request, besides first: Int, excluding tried: Set<Int>, at now: Duration)
        -> Int?
    {
        let candidates = nodes.indices.filter {
            $0 != first && !tried.contains($0) && canServe($0, request) && nodes[$0].health.state == .up
                && nodes[$0].buckets[request.kind, request.method].delay(at: now) <= .zero
        }
        guard let best = best(of: candidates, for: request, at: now) else { return nil }
        _ = nodes[best].reserve(request, at: now)
        return best
    }

    /// For calls that are made at once, whatever waits: those that look after the node itself.
    mutating func charge(_ node: Int, _ request: Request, at now: Duration) {
        nodes[node].buckets[request.kind, request.method].spend(at: now)
    }

    // MARK: What came of it

    mutating func answered(_ node: Int, _ request: Request, after taken: Duration) {
        nodes[node].health.succeeded(after: taken)
        nodes[node].buckets[request.kind, request.method].answered()
    }

    mutating func proved(_ node: Int) { nodes[node].health.succeeded(after: nil) }

    /// The call was given up from our side.
    mutating func withdrew(_ node: Int, at now: Duration) { nodes[node].health.withdrew(at: now) }

    /// The call was given up before it was made: its token is there for another one.
    mutating func gaveUp(_ node: Int, _ request: Request, at now: Duration) {
        withdrew(node, at: now)
        nodes[node].buckets[request.kind, request.method].giveBack()
    }

    enum Reaction: Hashable {
        /// The error is the answer.
        case surface
        /// Another node may know more; where none does, the error is the answer.
        case otherNodes
        /// Another node, or this one again after a pause.
        case again
    }

    /// `wentDown` is true where this failure took the node down.
    mutating func failed(
        _ node: Int, _ request: Request, _ error: AccessError, after taken: Duration, at now: Duration
    ) -> (reaction: Reaction, wentDown: Bool) {
        switch error.code {
        case .resourceExhausted where error.verdict == .wait:
            nodes[node].health.withdrew(at: now)
            nodes[node].buckets[request.kind, request.method].tooMuch(at: now, retryAfter: error.retryAfter)
            return (.again, false)
        case .unimplemented:
            nodes[node].lacks[request.offer] = now + Self.lackLasts
            answered(node, request, after: taken)
            return (.again, false)
        // It has not got it yet, or not any more: who else there is may, and in a moment it may too.
        case .outOfRange where error.verdict == .otherNode && request.height == nil && !request.isByID:
            answered(node, request, after: taken)
            return (.again, false)
        case .notFound, .outOfRange, .failedPrecondition:
            answered(node, request, after: taken)
            return (mayKnowMore(than: node, request) ? .otherNodes : .surface, false)
        case .cancelled, .unknown, .deadlineExceeded, .aborted, .internal, .unavailable, .dataLoss, .permissionDenied,
            .unauthenticated:
            // The emulator refuses with `internal`: a judgement is an answer.
            if error.isRefusal, error.verdict != .otherNode, error.verdict != .sameBytesAgain {
                answered(node, request, after: taken)
                return (.surface, false)
            }
            return (.again, nodes[node].health.failed(at: now))
        case .invalidArgument, .alreadyExists, .resourceExhausted:
            answered(node, request, after: taken)
            let mayHelp =
                [.sameBytesAgain, .otherNode].contains(error.verdict)
                || error.code == .invalidArgument && error.verdict == .wait
            return (mayHelp ? .again : .surface, false)
        }
    }

    /// Another node may have what this one has not: it is ahead, or serves other heights.
    private func mayKnowMore(than node: Int, _ request: Request) -> Bool {
        if let height = request.height, !request.isByID { return height <= head }
        return request.isByID && nodes.count > 1
    }

    /// Then the node is asked again whether it offers what it did not.
    private static let lackLasts = Duration.seconds(600)

    mutating func sawHead(_ height: BlockHeight, at time: Timestamp = Timestamp(seconds: 0), of node: Int) {
        guard height >= nodes[node].head else { return }
        (nodes[node].head, nodes[node].headTime) = (height, time)
    }

    /// Whether a node's head can be one, beside what the others have shown: more of them contradict it than stand near it,
    /// and it is none. A node that is alone is believed, as long as its height is one that a chain comes to.
    func isPlausible(_ shown: ShownHead, of node: Int) -> Bool {
        guard shown.height.rawValue <= UInt64(Int64.max) / 2 else { return false }
        let others = nodes.indices.filter {
            $0 != node && nodes[$0].heights.isLive && nodes[$0].head > 0 && nodes[$0].health.state == .up
        }.map { ShownHead(height: nodes[$0].head, time: nodes[$0].headTime) }
        let against = others.count(where: shown.isBeyond)
        return against == 0 || others.count(where: shown.isNear) > against
    }

    /// What the node told of the head is not so. It is asked for heads again when the others are down.
    mutating func disbelieve(_ node: Int, at now: Duration) {
        (nodes[node].head, nodes[node].headTime) = (0, Timestamp(seconds: 0))
        _ = nodes[node].health.failed(at: now)
    }

    mutating func learnedHeights(from first: BlockHeight, of node: Int) {
        guard first > nodes[node].heights.first else { return }
        nodes[node].heights.first = first
    }
}

/// FNV-1a with a final mix: the same in every process, as Swift's own hash is not.
private func stableHash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    return hash ^ (hash >> 33)
}
