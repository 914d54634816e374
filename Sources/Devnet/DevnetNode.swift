public import Daemon
public import FlowClient
import Synchronization

/// A Flow access node in memory: the chain, and what it is told to do wrong. It makes no blocks by itself but through
/// `run()` or, without a block time, as transactions come in; tests make them with `makeBlock()`.
public final class DevnetNode: Sendable {
    public let configuration: DevnetConfiguration
    let shared: Mutex<Shared>
    let logger: Logger

    struct Shared: Sendable {
        var chain: Chain
        var misbehaviour = Misbehaviour()
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var journal: Journal?
    }

    /// Executes the journal's blocks again where there is one. Throws `JournalError` where it can't be read or written.
    public init(configuration: DevnetConfiguration, logger: Logger = .silent) throws {
        self.configuration = configuration
        self.logger = logger
        var chain = Chain(configuration: configuration)
        var journal: Journal?
        if let path = configuration.journalPath {
            journal = try Journal(path: path, replaying: &chain)
            if chain.finalizedHeight > 0 {
                logger.info("executed the journal again", ["height": "\(chain.finalizedHeight)", "path": path])
            }
        }
        shared = Mutex(Shared(chain: chain, journal: journal))
    }

    /// Changes what the node does wrong.
    public func misbehave(_ change: @Sendable (inout Misbehaviour) -> Void) {
        let waiters = shared.withLock { shared in
            change(&shared.misbehaviour)
            return shared.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Makes a block of what waits, or an empty one, and says its height.
    @discardableResult
    public func makeBlock(at timestamp: Timestamp? = nil) -> BlockHeight {
        let time = timestamp ?? configuration.now()
        let (height, waiters) = shared.withLock { shared -> (BlockHeight, [CheckedContinuation<Void, Never>]) in
            let block = shared.chain.makeBlock(at: time, including: !shared.misbehaviour.holdsTransactions)
            do {
                try shared.journal?.append(block)
            } catch {
                logger.error("the journal can't be written: what follows is lost at the end", ["error": "\(error)"])
                shared.journal = nil
            }
            return (block.header.height, shared.takeWaiters())
        }
        for waiter in waiters { waiter.resume() }
        return height
    }

    /// Makes so many blocks, at the time of each.
    public func makeBlocks(_ count: Int) {
        for _ in 0..<count { makeBlock() }
    }

    /// Makes blocks at the configured pace until it is cancelled. Without a block time it only waits.
    public func run() async throws {
        guard case .paced(let blockTime) = configuration.blockMaking else {
            try await Task.sleep(for: .seconds(1_000_000_000))
            return
        }
        let clock = ContinuousClock()
        var next = clock.now + blockTime
        while true {
            try await clock.sleep(until: next)
            makeBlock()
            next = max(next + blockTime, clock.now)
        }
    }

    public var finalizedHeight: BlockHeight { shared.withLock { $0.chain.finalizedHeight } }

    /// Comes back once the head is that high. Throws where the task is cancelled.
    func waitForHead(_ height: BlockHeight) async throws {
        try await wait { $0.visibleHead >= height }
    }

    /// The same for the sealed head.
    func waitForSealed(_ height: BlockHeight) async throws {
        try await wait { $0.visibleSealedHead >= height }
    }

    private func wait(until holds: @Sendable (borrowing Shared) -> Bool) async throws {
        while !shared.withLock({ holds($0) }) { try await waitForChange(unless: holds) }
    }

    /// Comes back at the next block or change of what the node does wrong.
    private func waitForChange(unless isDone: @Sendable (borrowing Shared) -> Bool) async throws {
        let id = shared.withLock { shared in
            shared.nextWaiter += 1
            return shared.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = shared.withLock { shared in
                    // Cancelled before it could be found: the handler has run already.
                    if isDone(shared) || Task.isCancelled { return true }
                    shared.waiters[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            shared.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
    }

    /// What every call goes through: the faults that concern all of them, then its work on the chain under the lock.
    func answer<R: Sendable>(_ work: @Sendable (inout Shared) throws -> R) async throws -> Reply<R> {
        let delay = shared.withLock { $0.misbehaviour.delay }
        if let delay { try await Task.sleep(for: delay) }
        return try shared.withLock { shared in
            try shared.checkFaults()
            let value = try work(&shared)
            return Reply(value, metadata: shared.metadata(style: configuration.style))
        }
    }
}

extension DevnetNode.Shared {
    /// To be resumed outside of the lock.
    mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
        defer { waiters = [:] }
        return Array(waiters.values)
    }

    mutating func checkFaults() throws(AccessError) {
        if misbehaviour.unavailableCalls > 0 {
            misbehaviour.unavailableCalls -= 1
            throw AccessError(.unavailable, "the devnet was told to be unavailable")
        }
        if misbehaviour.rateLimitedCalls > 0 {
            misbehaviour.rateLimitedCalls -= 1
            throw AccessError(.resourceExhausted, "the devnet was told to be busy")
        }
    }

    /// The finalized head as the node names it.
    var visibleHead: BlockHeight { lagging(chain.finalizedHeight) }
    /// The sealed head as the node names it.
    var visibleSealedHead: BlockHeight { min(lagging(chain.sealedHeight), misbehaviour.sealsUpTo ?? BlockHeight(.max)) }

    func isVisible(_ height: BlockHeight) -> Bool { misbehaviour.sporkRoot <= height && height <= visibleHead }

    private func lagging(_ height: BlockHeight) -> BlockHeight {
        BlockHeight(height.rawValue - min(height.rawValue, misbehaviour.headLag))
    }

    func metadata(style: DevnetConfiguration.Style) -> ResponseMetadata {
        var metadata = ResponseMetadata()
        metadata.nodeID = [UInt8](repeating: 0, count: 32)
        guard style == .publicNode else {
            metadata.latestFinalizedBlockID = BlockRecord.blankID.bytes
            return metadata
        }
        metadata.latestFinalizedHeight = visibleHead
        metadata.latestFinalizedBlockID = chain[visibleHead]?.header.id.bytes ?? []
        metadata.highestIndexedHeight = visibleSealedHead
        metadata.nodeID = [UInt8](repeating: 0xde, count: 32)
        return metadata
    }

    /// The block that is meant, where the node has it already.
    func find(_ reference: BlockReference) throws(AccessError) -> BlockRecord {
        switch reference {
        case .latestSealed: return chain[visibleSealedHead]!
        case .latestFinalized: return chain[visibleHead]!
        case .height(let height):
            guard isVisible(height), let block = chain[height] else {
                throw AccessError(.notFound, "could not find block at height \(height)")
            }
            return block
        case .id(let id):
            guard let block = chain.block(id), isVisible(block.header.height) else {
                throw AccessError(.notFound, "could not find block with ID \(id)")
            }
            return block
        }
    }

    /// The state after a block, where it is sealed and kept.
    func state(at reference: StateReference) throws(AccessError) -> LedgerState {
        switch reference {
        case .latest: return try state(of: find(.latestSealed))
        case .height(let height): return try state(of: find(.height(height)))
        }
    }

    func state(of block: BlockRecord) throws(AccessError) -> LedgerState {
        guard block.header.height <= visibleSealedHead else {
            throw AccessError(
                .outOfRange, "height \(block.header.height) is not executed: the last one is \(visibleSealedHead)")
        }
        guard let state = block.state else {
            throw AccessError(.outOfRange, "the state at height \(block.header.height) is no longer kept")
        }
        return state
    }

    func status(of block: BlockRecord) -> BlockStatus {
        block.header.height <= visibleSealedHead ? .sealed : .finalized
    }
}

extension DevnetNode {
    /// Nil above the head.
    package func blockID(at height: BlockHeight) -> BlockID? { shared.withLock { $0.chain[height]?.header.id } }

    /// What was accepted and is in no block yet.
    package var waiting: [TransactionID] { shared.withLock { $0.chain.pending.map(\.id) } }
}
