/// How far work has come, how fast it goes, when it will be done. A value: who shows it decides where and how often.
public struct Progress: Sendable {
    public let total: UInt64?
    public private(set) var done: UInt64 = 0
    private let started: Duration
    private var seen: Duration
    /// Things a second, of late: an average that forgets half of itself in ten seconds.
    public private(set) var rate: Double = 0
    private var hasRate = false

    /// - Parameters:
    ///   - total: nil where the end is not known; then there is no bar and no ETA.
    ///   - now: by a clock that does not jump.
    public init(total: UInt64?, now: Duration) {
        self.total = total
        started = now
        seen = now
    }

    public mutating func update(done: UInt64, now: Duration) {
        let elapsed = (now - seen).seconds
        guard elapsed > 0 else {
            self.done = done
            return
        }
        let recent = Double(done) - Double(self.done)
        let weight = hasRate ? min(1, elapsed / 14.4) : 1
        rate += (max(0, recent) / elapsed - rate) * weight
        hasRate = true
        (self.done, seen) = (done, now)
    }

    /// Nil where the end is not known or nothing moves.
    public var remaining: Duration? {
        guard let total, rate > 0 else { return nil }
        guard done < total else { return .zero }
        let seconds = Double(total - done) / rate
        return seconds < 1e9 ? .seconds(seconds.rounded(.up)) : nil
    }

    public var elapsed: Duration { seen - started }

    /// `1234/5000  24 %  310/s  12s left`
    public func summary(unit: String = "") -> String {
        let count = total.map { "\(done)/\($0)" } ?? "\(done)"
        let percent = total.map { "\($0 == 0 ? 100 : min(100, done * 100 / $0)) %" }
        let left = remaining.map { $0 == .zero ? "done" : "\(DurationText.format($0)) left" }
        let speed = "\(Int(rate.rounded()))\(unit.isEmpty ? "" : " " + unit)/s"
        return [count, percent, speed, left].compactMap { $0 }.joined(separator: "  ")
    }

    /// The summary behind a bar, together no wider than `width` columns.
    public func bar(width: Int, unit: String = "") -> String {
        let text = summary(unit: unit)
        let room = width - text.count - 3
        guard let total, room >= 10 else { return String(text.prefix(width)) }
        let filled = total == 0 ? room : Int(Double(room) * min(1, Double(done) / Double(total)))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled) + "] " + text
    }
}
