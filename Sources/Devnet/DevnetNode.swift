public import Daemon
public import FlowClient
import Synchronization

/// A Flow access node in memory: the chain, and what it is told to do wrong. It makes no blocks by itself but through
/// `run()` or, without a block time, as transactions come in; tests make them with `makeBlock()`.
public final class DevnetNode: Sendable {
    public let configuration: DevnetConfiguration
    let shared: Face
    let logger: Logger

    /// One node of those that stand over one chain, each with faults of its own.
    struct Face: Sendable {
        private let chain: Box
        private let index: Int

        private final class Box: Sendable {
            let shared: Mutex<Shared>
            init(_ shared: sending Shared) { self.shared = Mutex(shared) }
        }

        init(_ shared: sending Shared) {
            chain = Box(shared)
            index = 0
        }

        private init(_ chain: Box, _ index: Int) {
            self.chain = chain
            self.index = index
        }

        func sibling(seed: UInt64) -> Face {
            let index = chain.shared.withLock { shared in
                shared.faces.append(.init(chance: Chance(seed: seed)))
                return shared.faces.count - 1
            }
            return Face(chain, index)
        }

        func withLock<R>(_ body: (inout sending Shared) throws -> sending R) rethrows -> sending R {
            try chain.shared.withLock { shared in
                shared.face = index
                return try body(&shared)
            }
        }
    }

    struct Shared: Sendable {
        struct FaceState: Sendable {
            var misbehaviour = Misbehaviour()
            var chance: Chance
            /// What was answered of late, by kind, where there is a limit.
            var answered: [AccessCall: [ContinuousClock.Instant]] = [:]
        }

        var chain: Chain
        var faces: [FaceState]
        /// Which of them is at work.
        var face = 0
        var misbehaviour: Misbehaviour {
            get { faces[face].misbehaviour }
            _modify { yield &faces[face].misbehaviour }
        }
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
        shared = Face(Shared(chain: chain, faces: [.init(chance: Chance(seed: configuration.seed))], journal: journal))
    }

    private init(_ face: Face, of node: DevnetNode) {
        configuration = node.configuration
        logger = node.logger
        shared = face
    }

    /// Another node over the same chain, with faults of its own: two that disagree. It makes no blocks by itself.
    public func sibling(seed: UInt64 = 1) -> DevnetNode { DevnetNode(shared.sibling(seed: seed), of: self) }

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

    /// Makes the blocks of a history, a second apart and the last of them now, on a chain that has nothing yet.
    /// - Parameter progress: is told how many there are.
    public func generate(_ plan: HistoryPlan, progress: (UInt64) -> Void = { _ in }) throws {
        let history = try GeneratedHistory(plan)
        let first = configuration.now().milliseconds - Int64(plan.blocks) * 1000
        var number: UInt64 = 0
        while number < plan.blocks {
            let batch = number..<min(number + 1000, plan.blocks)
            shared.withLock { shared in
                for number in batch {
                    let time = first + Int64(number) * 1000
                    shared.chain.makeBlock(
                        number: number, of: history,
                        at: Timestamp(seconds: time / 1000, nanoseconds: Int32(time % 1000) * 1_000_000))
                }
            }
            number = batch.upperBound
            progress(number)
        }
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
            // As many as are due: a pace of less than a wake-up takes several at once. What was slept through is not made up for.
            let now = clock.now
            if now - next > .seconds(1) { next = now }
            while next <= now {
                if !shared.withLock({ $0.misbehaviour.stands }) { makeBlock() }
                next += blockTime
            }
        }
    }

    public var finalizedHeight: BlockHeight { shared.withLock { $0.chain.finalizedHeight } }

    /// Comes back once the head is that high. Throws where the task is cancelled.
    func waitForHead(_ height: BlockHeight) async throws {
        try await wait { $0.visibleHead >= height || $0.isAway }
    }

    /// The same for the sealed head.
    func waitForSealed(_ height: BlockHeight) async throws {
        try await wait { $0.visibleSealedHead >= height || $0.isAway }
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
    func answer<R: Sendable>(
        _ call: AccessCall, _ work: @Sendable (inout Shared) throws -> R
    ) async throws -> Reply<R> {
        let delay = shared.withLock { $0.delay() }
        if let delay { try await Task.sleep(for: delay) }
        return try shared.withLock { shared in
            try shared.checkFaults(call, now: .now)
            let value = try work(&shared)
            try shared.loseAnswer()
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

    mutating func delay() -> Duration? {
        guard misbehaviour.delay != nil || misbehaviour.jitter != nil else { return nil }
        let jitter = misbehaviour.jitter.map { $0 * (Double(faces[face].chance.next() % 1000) / 1000) }
        return (misbehaviour.delay ?? .zero) + (jitter ?? .zero)
    }

    /// Before anything is done.
    mutating func checkFaults(_ call: AccessCall, now: ContinuousClock.Instant) throws(AccessError) {
        if misbehaviour.isDown { throw AccessError(.unavailable, "the devnet was told to be away") }
        if misbehaviour.unavailableCalls > 0 {
            misbehaviour.unavailableCalls -= 1
            throw AccessError(.unavailable, "the devnet was told to be unavailable")
        }
        if misbehaviour.rateLimitedCalls > 0 {
            misbehaviour.rateLimitedCalls -= 1
            throw AccessError(.resourceExhausted, "the devnet was told to be busy")
        }
        if let limit = misbehaviour.callsPerSecond[call] {
            var answered = faces[face].answered[call, default: []].filter { now - $0 < .seconds(1) }
            defer { faces[face].answered[call] = answered }
            guard answered.count < limit else {
                throw AccessError(
                    .resourceExhausted, "the devnet was told to answer \(limit) calls of \(call.rawValue) a second")
            }
            answered.append(now)
        }
        if faces[face].chance.happens(misbehaviour.unknownAnswers) {
            throw AccessError(.unknown, "the devnet was told to know nothing")
        }
    }

    /// After the work.
    mutating func loseAnswer() throws(AccessError) {
        guard faces[face].chance.happens(misbehaviour.lostAnswers) else { return }
        throw AccessError(.unavailable, "the devnet was told to lose this answer")
    }

    /// Whether what is asked for is not there yet for this node.
    mutating func misses() -> Bool { faces[face].chance.happens(misbehaviour.misses) }

    var isAway: Bool { faces[face].misbehaviour.isDown }

    /// The finalized head as the node names it.
    var visibleHead: BlockHeight { lagging(chain.finalizedHeight) }
    /// The sealed head as the node names it.
    var visibleSealedHead: BlockHeight { min(lagging(chain.sealedHeight), misbehaviour.sealsUpTo ?? BlockHeight(.max)) }

    func isVisible(_ height: BlockHeight) -> Bool { misbehaviour.sporkRoot <= height && height <= visibleHead }

    private func lagging(_ height: BlockHeight) -> BlockHeight {
        min(BlockHeight(height.rawValue - min(height.rawValue, misbehaviour.headLag)), misbehaviour.stuckAt ?? height)
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

    /// As below, with the misses of a node behind the same name that has not seen the block yet.
    mutating func look(_ reference: BlockReference) throws(AccessError) -> BlockRecord {
        let block = try find(reference)
        switch reference {
        case .latestSealed, .latestFinalized: return block
        case .height(let height):
            if misses() { throw AccessError(.notFound, "could not find block at height \(height)") }
        case .id(let id):
            if misses() { throw AccessError(.notFound, "could not find block with ID \(id)") }
        }
        return block
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
