public import Daemon
import Synchronization

/// Several access nodes as one. Each call goes to the node that serves its height and answers soonest within its request
/// budget; where that node fails, another is asked. What the pool tells of the head never goes backwards.
///
/// Throws what the last node that was asked threw; `unavailable` where all are down.
public final class NodePool: Service {
    public struct Node: Sendable {
        /// For logs and the status page; no two alike.
        public var name: String
        public var api: any AccessAPI
        public var heights: HeightRange
        public var budgets: RequestBudgets

        public init(
            name: String, api: any AccessAPI, heights: HeightRange = HeightRange(),
            budgets: RequestBudgets = .publicNodes
        ) {
            self.name = name
            self.api = api
            self.heights = heights
            self.budgets = budgets
        }
    }

    public struct Policy: Sendable {
        /// Calls made for one request before its error is given back.
        public var attempts = 6
        /// Between rounds over all nodes; doubles up to `longestPause`.
        public var firstPause: Duration = .milliseconds(100)
        public var longestPause: Duration = .seconds(5)
        /// A read that takes longer is asked of a second node too, and the first answer counts; nil: never.
        public var hedgeAfter: Duration? = .milliseconds(800)
        /// A stream that brings nothing for so long is opened anew, elsewhere if there is an elsewhere.
        public var stallAfter: Duration = .seconds(30)
        public var probeEvery: Duration = .seconds(5)
        /// Nodes further behind the best head are asked for the latest only when no other is left.
        public var toleratedLag: UInt64 = 20
        /// Failures in a row that take a node down, for a second at first, doubling up to `longestDown`.
        public var failuresUntilDown = 3
        public var longestDown: Duration = .seconds(60)
        /// Of its budget, what a node that says "too much" is still asked for.
        public var leastShare = 1.0 / 32
        public init() {}
    }

    public let name = "node pool"
    let policy: Policy
    let logger: Logger
    let clock: PoolClock
    let apis: [any AccessAPI]
    let names: [String]
    let state: Mutex<NodePoolStateMachine>
    let heads = Mutex(Heads())
    let sent = Mutex(SentTransactions())
    let heightsByID = BlockHeightCache()

    public init(
        _ nodes: [Node], policy: Policy = Policy(), logger: Logger = .silent,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        precondition(!nodes.isEmpty && Set(nodes.map(\.name)).count == nodes.count, "nodes have names of their own")
        self.policy = policy
        self.logger = logger
        self.clock = PoolClock(clock)
        apis = nodes.map(\.api)
        names = nodes.map(\.name)
        state = Mutex(
            NodePoolStateMachine(
                nodes.map { ($0.name, $0.heights, $0.budgets) }, policy: policy, at: self.clock.now()))
    }

    /// Looks after the nodes now and then: who is up, where its head is, which heights it has. The pool works without.
    /// Where history does not hang together it says so in the log, and goes on: whoever reads across a boundary compares
    /// parents, and the live spork is as good as it was.
    public func run() async throws {
        do {
            // Nodes of the past may be slow to say, or gone: those of today are looked after meanwhile.
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await withCancellationOnGracefulShutdown { [self] in try await checkBoundaries() }
                    } catch let error as AccessError {
                        self.logger.error("history does not hang together where sporks meet", ["error": "\(error)"])
                    }
                }
                group.addTask { try await self.lookAfterNodes() }
                // The first failure ends both.
                for try await _ in group {}
            }
        } catch is CancellationError {}
    }

    private func lookAfterNodes() async throws {
        while !gracefulShutdownRequested {
            await probe()
            await compareHeads()
            try await withCancellationOnGracefulShutdown { [self] in try await clock.sleep(policy.probeEvery) }
        }
    }

    typealias Request = NodePoolStateMachine.Request

    /// Runs `body` against nodes until one answers.
    func perform<Value: Sendable>(
        _ kind: RequestKind, _ method: String, height: BlockHeight? = nil, isByID: Bool = false,
        encoding: EventEncoding = .jsonCDC,
        _ body: @escaping @Sendable (any AccessAPI) async throws -> Reply<Value>
    ) async throws -> Reply<Value> {
        let request = Request(
            kind: kind, method: method, height: height, isByID: isByID, encoding: encoding, affinity: NodeAffinity.key)
        return try await perform(request) { api, _ in try await body(api) }
    }

    func perform<Value: Sendable>(
        _ request: Request, _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Value {
        var pause = policy.firstPause
        /// Failed in this round.
        var failed: Set<Int> = []
        /// Have said that they do not have it: they are not asked again.
        var without: Set<Int> = []
        var absence: AccessError?
        var failure: AccessError?
        // A send that may have arrived somewhere: another node's refusal must not be taken for the whole answer.
        var doubt: AccessError?
        var attempts = 0
        while attempts < policy.attempts {
            switch state.withLock({ $0.choose(request, excluding: failed.union(without), at: clock.now()) }) {
            case .nobody(let why):
                throw doubt ?? failure ?? absence ?? AccessError(.unimplemented, why, method: request.method)
            case .allDown(let rest):
                if let absence {
                    let others = state.withLock { $0.able(request) }.filter { !without.contains($0) }
                    guard !others.isEmpty else { throw doubt ?? absence }
                    // Not everyone who may have it could be asked: that is not the same as not being there.
                    if failed.isEmpty { throw doubt ?? unasked(others, absence) }
                }
                // All were asked, or are down: a new round, after a pause.
                attempts += 1
                try await clock.sleep(max(pause, failed.isEmpty ? min(rest, policy.longestPause) : .zero))
                pause = min(pause * 2, policy.longestPause)
                failed = []
            case .node(let node, let delay):
                do {
                    if delay > .zero { try await waitForToken(node, request, delay) }
                    return try await ask(node, request, failed.union(without), body)
                } catch let answers as Answers {
                    if let final = answers.final {
                        // What an earlier try brought there is there: that is no doubt any more.
                        throw final.sendJudgement == .accepted ? final : doubt ?? final
                    }
                    without.formUnion(answers.absentNodes)
                    failed.formUnion(answers.failedNodes)
                    absence = answers.absence ?? absence
                    if let error = answers.failure {
                        attempts += 1
                        if request.kind == .send, error.sendJudgement == .unclear { doubt = error }
                        failure = error
                    }
                }
            }
        }
        throw doubt ?? failure ?? AccessError(.unavailable, "all nodes are down", method: request.method)
    }

    private func unasked(_ nodes: [Int], _ absence: AccessError) -> AccessError {
        let others = nodes.map { names[$0] }.joined(separator: ", ")
        return AccessError(
            .unavailable, "one node says \(absence.code) (\(absence.message)), and \(others) could not be asked",
            method: absence.method, node: others)
    }

    private func waitForToken(_ node: Int, _ request: Request, _ delay: Duration) async throws {
        do {
            try await clock.sleep(delay)
        } catch {
            state.withLock { $0.gaveUp(node, request, at: clock.now()) }
            throw error
        }
    }

    /// What one or two nodes said to a request that none of them answered.
    struct Answers: Error {
        /// Every node would say so.
        var final: AccessError?
        /// They do not have it; others may.
        var absence: AccessError?
        var absentNodes: Set<Int> = []
        /// They failed, and may not the next time.
        var failure: AccessError?
        var failedNodes: Set<Int> = []

        init(_ error: AccessError, _ reaction: NodePoolStateMachine.Reaction, of node: Int) {
            switch reaction {
            case .surface: final = error
            case .otherNodes: (absence, absentNodes) = (error, [node])
            case .again: (failure, failedNodes) = (error, [node])
            }
        }

        mutating func add(_ other: Answers) {
            final = final ?? other.final
            absence = absence ?? other.absence
            failure = failure ?? other.failure
            absentNodes.formUnion(other.absentNodes)
            failedNodes.formUnion(other.failedNodes)
        }
    }

    /// Asks one node, and a second one too where the first is slow and the request only reads.
    private func ask<Value: Sendable>(
        _ first: Int, _ request: Request, _ tried: Set<Int>,
        _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Value {
        guard let hedgeAfter = policy.hedgeAfter, request.kind != .send, apis.count > 1 else {
            return try await askOne(first, request, body).get()
        }
        return try await withThrowingTaskGroup(of: Result<Value, Answers>?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.askOne(first, request, body) }
            group.addTask {
                try await self.clock.sleep(hedgeAfter)
                return nil
            }
            var waiting = 1
            var answers: Answers?
            while waiting > 0, let outcome = try await group.next() {
                switch outcome {
                case .success(let value): return value
                case .failure(let said):
                    waiting -= 1
                    if answers?.add(said) == nil { answers = said }
                    if said.final != nil { waiting = 0 }
                case nil:
                    let now = clock.now()
                    let second = state.withLock { $0.chooseHedge(request, besides: first, excluding: tried, at: now) }
                    guard let second else { continue }
                    waiting += 1
                    group.addTask { try await self.askOne(second, request, body) }
                }
            }
            guard let answers else { throw CancellationError() }
            throw answers
        }
    }

    /// One call to one node, and what it taught us. Throws `CancellationError` only.
    private func askOne<Value: Sendable>(
        _ node: Int, _ request: Request, _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Result<Value, Answers> {
        let began = clock.now()
        do {
            let value = try await body(apis[node], node)
            let taken = clock.now() - began
            state.withLock { $0.answered(node, request, after: taken) }
            return .success(value)
        } catch let error as AccessError where !Task.isCancelled {
            let now = clock.now()
            let (reaction, wentDown) = state.withLock { $0.failed(node, request, error, after: now - began, at: now) }
            if wentDown { logger.warning("node is down", ["weir.node": names[node], "error": error.description]) }
            return .failure(Answers(error, reaction, of: node))
        } catch {
            state.withLock { $0.withdrew(node, at: clock.now()) }
            throw error is AccessError ? CancellationError() : error
        }
    }
}
