package import FlowClient
package import FoundationEssentials
import Synchronization

/// How far ingest is, as the process that does it knows. What all processes can know is in `SyncStatus`.
package struct IngestProgress: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Another process has the lease.
        case standby
        /// A person lets it rest.
        case paused
        /// Projections are built as this program makes them; until then the tables answer as of where they stand.
        case rebuilding
        /// Behind the sealed head.
        case catchingUp
        case following
        /// A fault of the moment; tried again by itself.
        case retrying(String)
        /// The chain contradicts the index, and someone must look.
        case stopped(String)
    }

    package var phase = Phase.standby
    /// The last block committed.
    package var height: BlockHeight?
    /// The sealed head, observed apart from ingest.
    package var tip: BlockHeight?
    package var tipSeenAt: Date?
    package var blocksPerSecond = 0.0

    /// In heights; nil while the tip is not known.
    package var lag: UInt64? {
        guard let tip, let height else { return nil }
        return tip > height ? tip.rawValue - height.rawValue : 0
    }
}

/// The progress, and those who wait for it. Each listener gets the latest height, not each of them.
final class ProgressBoard: Sendable {
    private struct State {
        var progress = IngestProgress()
        var listeners: [Int: AsyncStream<BlockHeight>.Continuation] = [:]
        var nextListener = 0
    }

    private let state = Mutex(State())

    var current: IngestProgress { state.withLock { $0.progress } }

    func update(_ change: (inout IngestProgress) -> Void) {
        state.withLock { change(&$0.progress) }
    }

    func committed(_ height: BlockHeight, blocksPerSecond: Double) {
        let listeners = state.withLock { state in
            state.progress.height = height
            state.progress.blocksPerSecond = blocksPerSecond
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(height) }
    }

    /// The height where it stands, where there is one, and each that is committed from now on; those that come while the
    /// listener is busy are skipped but for the latest.
    func heights() -> AsyncStream<BlockHeight> {
        let (stream, continuation) = AsyncStream.makeStream(of: BlockHeight.self, bufferingPolicy: .bufferingNewest(1))
        let (id, height) = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return (state.nextListener, state.progress.height)
        }
        if let height { continuation.yield(height) }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
        }
        return stream
    }
}
