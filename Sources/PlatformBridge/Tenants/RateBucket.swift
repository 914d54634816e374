/// Requests that may come: so many a second, and twice that at once after a rest.
struct RateBucket: Sendable {
    private let perSecond: Double
    private var level: Double
    private var last: Duration

    init(perSecond: Int, at now: Duration) {
        self.perSecond = Double(perSecond)
        level = Double(perSecond) * 2
        last = now
    }

    /// Nil where the request may go on; else how long to wait.
    mutating func take(at now: Duration) -> Duration? {
        let passed = Double((now - last).components.seconds) + Double((now - last).components.attoseconds) / 1e18
        level = min(perSecond * 2, level + max(0, passed) * perSecond)
        last = max(last, now)
        guard level >= 1 else { return .seconds((1 - level) / perSecond) }
        level -= 1
        return nil
    }
}
