package import Submitter
import Synchronization

/// Takes in what comes at the same time in one transaction: one commit, and one fsync of the disk, for all of them.
///
/// Whoever comes while few transactions are under way leads one: it takes everything that waits, its own among it, and when
/// it is done makes the next in line the leader. A caller that goes away takes nobody else's operation with it.
package final class EnqueueGate: Sendable {
    package typealias Accepted = (result: EnqueueResult, status: OperationStatus)

    private enum Signal: Sendable {
        case lead
        case done(Result<Accepted, any Error>)
    }

    private struct Entry: Sendable {
        var id: UInt64
        var operation: NewOperation
        /// Nil for a leader's own.
        var continuation: CheckedContinuation<Signal, Never>?
    }

    private struct State {
        var next: UInt64 = 0
        var leaders = 0
        var waiting: [Entry] = []
    }

    private let operations: OperationStore
    private let state = Mutex(State())

    /// While one is committed another is filled.
    private static let mostLeaders = 2
    private static let mostTogether = 200

    package init(operations: OperationStore) { self.operations = operations }

    /// When this returns, the operation is committed. Throws as `OperationStore.enqueue` does.
    package func enqueue(_ operation: NewOperation) async throws -> Accepted {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        let signal = await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                let leads = state.leaders < Self.mostLeaders
                if leads { state.leaders += 1 }
                state.waiting.append(Entry(id: id, operation: operation, continuation: leads ? nil : continuation))
                return leads
            }
            if leads { continuation.resume(returning: .lead) }
        }
        switch signal {
        case .done(let result): return try result.get()
        case .lead: return try await lead(id).get()
        }
    }

    private func lead(_ id: UInt64) async -> Result<Accepted, any Error> {
        let batch = state.withLock { state in
            var batch = state.waiting.filter { $0.id == id }
            batch += state.waiting.lazy.filter { $0.id != id && $0.continuation != nil }.prefix(Self.mostTogether - 1)
            let taken = Set(batch.map(\.id))
            state.waiting.removeAll { taken.contains($0.id) }
            return batch
        }
        // Not cancelled with this caller: others' operations are in it.
        let results = await Task { await self.take(batch.map(\.operation)) }.value
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

    /// In their order. Where the database takes none of them for what one has wrong, they are taken one by one.
    private func take(_ all: [NewOperation]) async -> [Result<Accepted, any Error>] {
        do {
            return try await operations.enqueueEach(all).map { result in
                result.map { (result: $0.0, status: $0.1) }.mapError { $0 as any Error }
            }
        } catch let error as SubmitterError where all.count > 1 {
            guard error.code == .invalidOperation else { return all.map { _ in .failure(error) } }
            var results: [Result<Accepted, any Error>] = []
            for operation in all { results += await take([operation]) }
            return results
        } catch {
            return all.map { _ in .failure(error) }
        }
    }
}
