/// How a node has been doing.
///
/// up -> down (some failures in a row) -> trial (its time is over: one call may try) -> up, or down for twice as long.
struct NodeHealth: Hashable, Sendable {
    enum State: Hashable, Sendable {
        case up
        case down(until: Duration)
        case trial
    }

    static let firstDown = Duration.seconds(1)

    let failuresUntilDown: Int
    let longestDown: Duration

    private(set) var state = State.up
    /// Of answers, moving average. Nil before the first.
    private(set) var latency: Duration?
    /// From 0 to 1, moving average.
    private(set) var errorRate = 0.0
    private(set) var consecutiveFailures = 0
    private var downTime: Duration

    init(failuresUntilDown: Int = 3, longestDown: Duration = .seconds(60)) {
        self.failuresUntilDown = failuresUntilDown
        self.longestDown = longestDown
        downTime = min(Self.firstDown, longestDown)
    }

    func isUsable(at now: Duration) -> Bool {
        switch state {
        case .up: true
        case .down(let until): until <= now
        case .trial: false
        }
    }

    /// Lower is better: what an answer takes, failures counted in. A node that nobody has asked comes before all.
    var score: Double { (latency?.inSeconds ?? 0) * (1 + 20 * errorRate) + errorRate }

    /// A call goes out. After its down-time a node gets one.
    mutating func began(at now: Duration) {
        if case .down(let until) = state, until <= now { state = .trial }
    }

    /// A call ended without telling anything, such as by cancellation.
    mutating func withdrew(at now: Duration) {
        if state == .trial { state = .down(until: now) }
    }

    /// `taken` is nil where the answer tells nothing of how fast the node is.
    mutating func succeeded(after taken: Duration?) {
        if let taken { latency = latency.map { $0 * 0.8 + taken * 0.2 } ?? taken }
        errorRate *= 0.9
        consecutiveFailures = 0
        downTime = min(Self.firstDown, longestDown)
        state = .up
    }

    /// True where this failure takes the node down.
    @discardableResult
    mutating func failed(at now: Duration) -> Bool {
        errorRate = errorRate * 0.9 + 0.1
        consecutiveFailures += 1
        let wasUp = state == .up
        guard !wasUp || consecutiveFailures >= failuresUntilDown else { return false }
        if case .down(let until) = state, until > now { return false }
        state = .down(until: now + downTime)
        downTime = min(downTime * 2, longestDown)
        return wasUp
    }
}
