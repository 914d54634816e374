import Glibc
import Synchronization

/// Shows progress on standard error: one line that is painted over on a terminal, at most ten times a second; elsewhere
/// a line every five seconds and one at the end.
public final class ProgressReporter: Sendable {
    private struct State {
        var progress: Progress
        var shown: Duration?
        var pending: UInt64?
    }

    private let label: String
    private let unit: String
    private let isTerminal: Bool
    private let now: @Sendable () -> Duration
    private let write: @Sendable (String) -> Void
    private let state: Mutex<State>

    public convenience init(_ label: String, total: UInt64?, unit: String = "") {
        let clock = ContinuousClock()
        let start = clock.now
        self.init(
            label, total: total, unit: unit, isTerminal: isatty(2) == 1, now: { start.duration(to: clock.now) },
            write: { Descriptor.write($0, to: 2) })
    }

    init(
        _ label: String, total: UInt64?, unit: String, isTerminal: Bool, now: @escaping @Sendable () -> Duration,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.unit = unit
        self.isTerminal = isTerminal
        self.now = now
        self.write = write
        state = Mutex(State(progress: Progress(total: total, now: now())))
    }

    /// How much is done in all, not how much more.
    public func update(done: UInt64) { show(done, isEnd: false) }

    /// Shows the end, and leaves the cursor on a fresh line.
    public func finish() {
        show(nil, isEnd: true)
    }

    private func show(_ done: UInt64?, isEnd: Bool) {
        let interval: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
        let line = state.withLock { state -> String? in
            let now = now()
            // Between two showings nothing is reckoned: a rate over a microsecond is noise.
            let isDue = state.shown.map { now - $0 >= interval } ?? (now - .zero >= interval || isTerminal)
            guard isDue || isEnd else {
                state.pending = done ?? state.pending
                return nil
            }
            state.progress.update(done: done ?? state.pending ?? state.progress.done, now: now)
            state.pending = nil
            state.shown = now
            return isTerminal
                ? "\r\u{1B}[K\(label) \(state.progress.bar(width: 78 - label.count, unit: unit))\(isEnd ? "\n" : "")"
                : "\(label) \(state.progress.summary(unit: unit))\n"
        }
        if let line { write(line) }
    }
}
