import Glibc

/// Rates of two sides, in turns, the best round of each: what else the machine does weighs on both, and on neither's best.
enum Rounds {
    static let count = 6
    /// How long one side is measured in one round.
    static let seconds = 0.2

    /// - Parameters: each measures its side for so many seconds and returns how often a second it was done.
    static func best(
        ours: (Double) async throws -> Double, peer: (Double) async throws -> Double
    ) async throws -> (ours: Double, peer: Double) {
        // The first round of each warms caches and finds how many fit; it does not count.
        _ = (try await ours(seconds), try await peer(seconds))
        var best = (ours: 0.0, peer: 0.0)
        for _ in 0..<count {
            best.ours = max(best.ours, try await ours(seconds))
            best.peer = max(best.peer, try await peer(seconds))
        }
        return best
    }

    static func best(_ ours: (Double) throws -> Double) rethrows -> Double {
        var best = 0.0
        for round in 0...count {
            let rate = try ours(seconds)
            if round > 0 { best = max(best, rate) }
        }
        return best
    }

    /// For two computations of a few microseconds: many short turns, the shortest of each.
    static func shortest(_ ours: () throws -> Void, _ peer: () throws -> Void) rethrows -> (ours: Double, peer: Double)
    {
        let repeats = 50
        func taken(_ body: () throws -> Void) rethrows -> Double {
            let start = processorSeconds()
            for _ in 0..<repeats { try body() }
            return processorSeconds() - start
        }
        _ = (try taken(ours), try taken(peer))
        var least = (ours: Double.infinity, peer: Double.infinity)
        for _ in 0..<400 {
            least.ours = min(least.ours, try taken(ours))
            least.peer = min(least.peer, try taken(peer))
        }
        return (Double(repeats) / least.ours, Double(repeats) / least.peer)
    }

    /// Of this thread: what the machine does meanwhile is not counted.
    static func processorSeconds() -> Double { seconds(of: CLOCK_THREAD_CPUTIME_ID) }

    static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// How often a second a body computes on one thread. It remembers how many fit into a round.
final class ComputingRate {
    private var count = 32
    private let body: (Int) throws -> Void

    /// `body` does it as often as it is told.
    init(_ body: @escaping (Int) throws -> Void) { self.body = body }

    func measure(seconds: Double) throws -> Double {
        while true {
            let start = Rounds.processorSeconds()
            try body(count)
            let taken = Rounds.processorSeconds() - start
            if taken >= seconds { return Double(count) / taken }
            count = taken > seconds / 100 ? Int(Double(count) * seconds / taken * 1.1) + 1 : count * 4
        }
    }
}

/// How often a second something is waited for, by the clock on the wall.
final class WaitingRate {
    private var count = 32
    private let body: (Int) async throws -> Void

    init(_ body: @escaping (Int) async throws -> Void) { self.body = body }

    func measure(seconds: Double) async throws -> Double {
        while true {
            let start = Rounds.seconds(of: CLOCK_MONOTONIC)
            try await body(count)
            let taken = Rounds.seconds(of: CLOCK_MONOTONIC) - start
            if taken >= seconds { return Double(count) / taken }
            count *= 2
        }
    }
}

/// Keeps the optimiser from seeing that a result is not used.
@inline(never)
func consume<T>(_ value: T) {}
