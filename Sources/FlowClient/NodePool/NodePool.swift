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
                nodes.map { ($0.name, $0.heights, $0.budgets) }, toleratedLag: policy.toleratedLag, at: self.clock.now()
            ))
    }

    /// Looks after the nodes now and then: who is up, where its head is, which heights it has. The pool works without.
    public func run() async throws {
        do {
            while !gracefulShutdownRequested {
                await probe()
                try await withCancellationOnGracefulShutdown { [self] in try await clock.sleep(policy.probeEvery) }
            }
        } catch is CancellationError {}
    }

    typealias Request = NodePoolStateMachine.Request

    /// Runs `body` against nodes until one answers.
    func perform<Value: Sendable>(
        _ kind: RequestKind, _ method: String, height: BlockHeight? = nil, isByID: Bool = false,
        _ body: @escaping @Sendable (any AccessAPI) async throws -> Reply<Value>
    ) async throws -> Reply<Value> {
        let request = Request(kind: kind, method: method, height: height, isByID: isByID, affinity: NodeAffinity.key)
        return try await perform(request) { api, _ in try await body(api) }
    }

    func perform<Value: Sendable>(
        _ request: Request, _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Value {
        var tried: Set<Int> = []
        var pause = policy.firstPause
        var last: HedgedError?
        // A send that may have arrived somewhere: another node's refusal must not be taken for the whole answer.
        var doubt: AccessError?
        for _ in 0..<policy.attempts {
            switch state.withLock({ $0.choose(request, excluding: tried, at: clock.now()) }) {
            case .nobody(let why):
                throw doubt ?? last?.underlying ?? AccessError(.unimplemented, why, method: request.method)
            case .allDown(let rest):
                if let last, last.reaction == .otherNodes { throw doubt ?? last.underlying }
                // All were asked, or are down: a new round, after a pause.
                try await clock.sleep(max(pause, tried.isEmpty ? min(rest, policy.longestPause) : .zero))
                pause = min(pause * 2, policy.longestPause)
                tried = []
            case .node(let node, let delay):
                do {
                    if delay > .zero { try await waitForToken(node, request, delay) }
                    return try await ask(node, request, tried, body)
                } catch let error as HedgedError {
                    guard error.reaction != .surface else { throw doubt ?? error.underlying }
                    if request.kind == .send, !error.underlying.isRefusal { doubt = error.underlying }
                    tried.formUnion(error.nodes)
                    last = error
                }
            }
        }
        throw doubt ?? last?.underlying ?? AccessError(.unavailable, "all nodes are down", method: request.method)
    }

    private func waitForToken(_ node: Int, _ request: Request, _ delay: Duration) async throws {
        do {
            try await clock.sleep(delay)
        } catch {
            state.withLock { $0.withdrew(node, at: clock.now()) }
            throw error
        }
    }

    /// What nodes said to one request: their last error, and whether others are worth asking.
    struct HedgedError: Error {
        var underlying: AccessError
        var reaction: NodePoolStateMachine.Reaction
        var nodes: Set<Int>
    }

    /// Asks one node, and a second one too where the first is slow and the request only reads.
    private func ask<Value: Sendable>(
        _ first: Int, _ request: Request, _ tried: Set<Int>,
        _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Value {
        guard let hedgeAfter = policy.hedgeAfter, request.kind != .send, apis.count > 1 else {
            return try await askOne(first, request, body).get()
        }
        return try await withThrowingTaskGroup(of: Result<Value, HedgedError>?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.askOne(first, request, body) }
            group.addTask {
                try await self.clock.sleep(hedgeAfter)
                return nil
            }
            var asked: Set<Int> = [first]
            var waiting = 1
            var failure: HedgedError?
            while waiting > 0, let outcome = try await group.next() {
                switch outcome {
                case .success(let value): return value
                case .failure(let error):
                    waiting -= 1
                    failure = error.reaction == .surface ? error : failure ?? error
                    if error.reaction == .surface { waiting = 0 }
                case nil:
                    let now = clock.now()
                    let second = state.withLock { $0.chooseHedge(request, besides: first, excluding: tried, at: now) }
                    guard let second else { continue }
                    asked.insert(second)
                    waiting += 1
                    group.addTask { try await self.askOne(second, request, body) }
                }
            }
            guard var failure else { throw CancellationError() }
            failure.nodes = asked
            throw failure
        }
    }

    /// One call to one node, and what it taught us. Throws `CancellationError` only.
    private func askOne<Value: Sendable>(
        _ node: Int, _ request: Request, _ body: @escaping @Sendable (any AccessAPI, Int) async throws -> Value
    ) async throws -> Result<Value, HedgedError> {
        let began = clock.now()
        do {
            let value = try await body(apis[node], node)
            let taken = clock.now() - began
            state.withLock { $0.answered(node, request.kind, after: taken) }
            return .success(value)
        } catch let error as AccessError where !Task.isCancelled {
            let now = clock.now()
            let (reaction, wentDown) = state.withLock { $0.failed(node, request, error, after: now - began, at: now) }
            if wentDown { logger.warning("node is down", ["weir.node": names[node], "error": error.description]) }
            return .failure(HedgedError(underlying: error, reaction: reaction, nodes: [node]))
        } catch {
            state.withLock { $0.withdrew(node, at: clock.now()) }
            throw error is AccessError ? CancellationError() : error
        }
    }
}
