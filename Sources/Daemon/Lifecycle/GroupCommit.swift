import Synchronization

/// Does together what comes at the same time: one transaction, and one fsync of the disk, for all of it.
///
/// Whoever comes while few are under way leads: it takes everything that waits, its own among it, and when that is done makes
/// the next in line the leader. Who goes away takes nobody else's work along.
public final class GroupCommit<Request: Sendable, Answer: Sendable>: Sendable {
    private enum Signal: Sendable {
        case lead
        case done(Result<Answer, any Error>)
    }

    private struct Entry: Sendable {
        var id: UInt64
        var request: Request
        /// Nil for a leader's own.
        var continuation: CheckedContinuation<Signal, Never>?
    }

    private struct State {
        var next: UInt64 = 0
        var leaders = 0
        var waiting: [Entry] = []
    }

    private let state = Mutex(State())
    private let mostLeaders: Int
    private let mostTogether: Int

    /// - Parameters:
    ///   - mostLeaders: groups under way at once: while one is committed another is filled.
    ///   - mostTogether: requests in a group.
    public init(mostLeaders: Int = 2, mostTogether: Int = 200) {
        self.mostLeaders = mostLeaders
        self.mostTogether = mostTogether
    }

    /// - Parameter work: gets a group in the order in which it came, and answers each in that order. It is not cancelled with
    ///   a caller: others' requests are in it.
    public func run(
        _ request: Request, by work: @escaping @Sendable ([Request]) async -> [Result<Answer, any Error>]
    ) async throws -> Answer {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let signal = await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                let leads = state.leaders < mostLeaders
                if leads { state.leaders += 1 }
                state.waiting.append(Entry(id: id, request: request, continuation: leads ? nil : continuation))
                return leads
            }
            if leads { continuation.resume(returning: .lead) }
        }
        switch signal {
        case .done(let result): return try result.get()
        case .lead: return try await lead(id, work).get()
        }
    }

    private func lead(
        _ id: UInt64, _ work: @escaping @Sendable ([Request]) async -> [Result<Answer, any Error>]
    ) async -> Result<Answer, any Error> {
        let batch = state.withLock { state in
            var batch = state.waiting.filter { $0.id == id }
            batch += state.waiting.lazy.filter { $0.id != id && $0.continuation != nil }.prefix(mostTogether - 1)
            let taken = Set(batch.map(\.id))
            state.waiting.removeAll { taken.contains($0.id) }
            return batch
        }
        let results = await Task { await work(batch.map(\.request)) }.value
        precondition(results.count == batch.count, "each request has one answer")
        let next = state.withLock { state -> CheckedContinuation<Signal, Never>? in
            guard let place = state.waiting.firstIndex(where: { $0.continuation != nil }) else {
                state.leaders -= 1
                return nil
            }
            defer { state.waiting[place].continuation = nil }
            return state.waiting[place].continuation
        }
        next?.resume(returning: .lead)
        for (entry, result) in zip(batch, results) { entry.continuation?.resume(returning: .done(result)) }
        return results[0]
    }
}
