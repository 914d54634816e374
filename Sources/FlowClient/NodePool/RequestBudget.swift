/// What a request costs a node, by which nodes limit it.
public enum RequestKind: String, Hashable, Sendable, CaseIterable {
    case send, script, events, other
}

/// How many requests a second, and how many at once after a pause.
public struct RequestBudget: Hashable, Sendable {
    public var perSecond: Double
    public var burst: Double

    public init(perSecond: Double, burst: Double? = nil) {
        precondition(perSecond > 0, "a budget of no requests")
        self.perSecond = perSecond
        self.burst = max(burst ?? perSecond, 1)
    }
}

public struct RequestBudgets: Hashable, Sendable {
    public var send: RequestBudget
    public var script: RequestBudget
    public var events: RequestBudget
    public var other: RequestBudget
    /// Methods that are counted by themselves, apart from the others of their kind: `methodNames` lists what may be here.
    public var methods: [String: RequestBudget]

    public init(
        send: RequestBudget, script: RequestBudget, events: RequestBudget, other: RequestBudget,
        methods: [String: RequestBudget] = [:]
    ) {
        self.send = send
        self.script = script
        self.events = events
        self.other = other
        self.methods = methods
    }

    /// Published for Flow's public access nodes, per client address (Flow forum, 2023).
    public static let publicNodes = RequestBudgets(
        send: RequestBudget(perSecond: 50), script: RequestBudget(perSecond: 5), events: RequestBudget(perSecond: 30),
        other: RequestBudget(perSecond: 100))

    /// For a node of one's own.
    public static let unlimited = RequestBudgets(
        send: RequestBudget(perSecond: 1e6), script: RequestBudget(perSecond: 1e6),
        events: RequestBudget(perSecond: 1e6),
        other: RequestBudget(perSecond: 1e6))

    public subscript(kind: RequestKind) -> RequestBudget {
        get {
            switch kind {
            case .send: send
            case .script: script
            case .events: events
            case .other: other
            }
        }
        set {
            switch kind {
            case .send: send = newValue
            case .script: script = newValue
            case .events: events = newValue
            case .other: other = newValue
            }
        }
    }

    /// What requests are counted as: methods of the Access API, where those that ask the same by height, by id and of the
    /// latest block are one.
    public static let methodNames = [
        "ExecuteScript", "GetAccount", "GetAccountBalance", "GetAccountKey", "GetAccountKeys", "GetBlock",
        "GetBlockHeader", "GetCollection", "GetEventsForBlockIDs", "GetEventsForHeightRange",
        "GetExecutionDataByBlockID", "GetExecutionReceiptsByBlockID", "GetExecutionReceiptsByResultID",
        "GetExecutionResultByID", "GetExecutionResultForBlockID", "GetFullCollection", "GetNetworkParameters",
        "GetNodeVersionInfo", "GetProtocolStateSnapshot", "GetRegisterValues", "GetScheduledTransaction",
        "GetScheduledTransactionResult", "GetSystemTransaction", "GetSystemTransactionResult", "GetTransaction",
        "GetTransactionResult", "GetTransactionResultByIndex", "GetTransactionResultsByBlockID",
        "GetTransactionsByBlockID", "Ping", "SendAndSubscribeTransactionStatuses", "SendTransaction",
        "SubscribeAccountStatuses", "SubscribeBlockDigests", "SubscribeBlockHeaders", "SubscribeBlocks",
        "SubscribeEvents", "SubscribeExecutionData",
    ]
}

/// The budgets of one node, spent.
struct TokenBuckets: Sendable {
    private(set) var kinds: [RequestKind: TokenBucket]
    private(set) var methods: [String: TokenBucket]

    init(_ budgets: RequestBudgets, leastShare: Double, at now: Duration) {
        func bucket(_ budget: RequestBudget) -> TokenBucket { TokenBucket(budget, leastShare: leastShare, at: now) }
        kinds = Dictionary(uniqueKeysWithValues: RequestKind.allCases.map { ($0, bucket(budgets[$0])) })
        methods = budgets.methods.mapValues(bucket)
    }

    /// Of the method where it has one, of its kind otherwise.
    subscript(kind: RequestKind, method: String) -> TokenBucket {
        get { methods[method] ?? kinds[kind]! }
        set {
            if methods[method] == nil { kinds[kind] = newValue } else { methods[method] = newValue }
        }
    }
}

/// A budget, spent. Times are since any one origin. A request takes a token at once and is told how long to wait for it,
/// so that those who wait are served in the order they came.
///
/// A node that says "too much" halves the rate (down to `leastShare` of it); each answer after that gives a little of it
/// back: additive increase, multiplicative decrease.
struct TokenBucket: Hashable, Sendable {
    static let increase = 1.0 / 64

    let budget: RequestBudget
    let leastShare: Double
    /// Below zero when requests wait.
    private(set) var tokens: Double
    private(set) var updated: Duration
    /// Of the budget's rate, what the node lately let us have.
    private(set) var share = 1.0
    private var pausedUntil = Duration.zero

    init(_ budget: RequestBudget, leastShare: Double = 1.0 / 32, at now: Duration) {
        self.budget = budget
        self.leastShare = leastShare
        tokens = budget.burst
        updated = now
    }

    var rate: Double { budget.perSecond * share }

    /// How long the next request would wait, without making it.
    func delay(at now: Duration) -> Duration {
        var copy = self
        return copy.reserve(at: now)
    }

    mutating func reserve(at now: Duration) -> Duration {
        refill(at: now)
        tokens -= 1
        let wait = tokens >= 0 ? Duration.zero : .seconds(-tokens / rate)
        return max(wait, pausedUntil - now)
    }

    /// A request that is made at once. It takes a token where there is one, and puts nobody off who waits.
    mutating func spend(at now: Duration) {
        refill(at: now)
        tokens = max(tokens - 1, min(tokens, 0))
    }

    /// A request that was not made after all.
    mutating func giveBack() { tokens = min(tokens + 1, budget.burst) }

    mutating func tooMuch(at now: Duration, retryAfter: Duration?) {
        refill(at: now)
        share = max(share / 2, leastShare)
        tokens = min(tokens, 0)
        pausedUntil = max(pausedUntil, now + (retryAfter ?? .milliseconds(200)))
    }

    mutating func answered() { share = min(share + Self.increase, 1) }

    private mutating func refill(at now: Duration) {
        guard now > updated else { return }
        tokens = min(tokens + (now - updated).inSeconds * rate, budget.burst)
        updated = now
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
