package import Daemon
package import FlowClient
import FoundationEssentials
package import Postgres
import Synchronization

/// Carries operations out: takes ready items, makes signed transactions of them, records those before it sends them, and
/// watches what becomes of them until every item's outcome is known.
///
/// Any number of processes may run one on the same database. All that must outlive the process is in the tables; what is
/// kept here can be lost at any moment. `run()` throws `SubmitterError.fenced` when a process of the same name has started.
package final class LaneSubmitter: Service {
    package let name = "submitter"
    let configuration: SubmitterConfiguration
    let api: any AccessAPI
    let outcomes: any OutcomeSource
    let store: SubmissionStore
    let logger: Logger
    let metrics: SubmitterMetrics

    struct Shared: Sendable {
        var epoch: Int64?
        var builder: TransactionBuilder?
        var limits: [Recipe: RecipeLimit] = [:]
        var failures: [Recipe: FailureCount] = [:]
        /// As they were seen last, in this process.
        var holds: [Hold] = []
        /// Of the network, where it is less than what is configured.
        var maximumComputation: UInt64?
        /// The index must have got here before anything is signed: what the chain says was done is done.
        var indexTarget: BlockHeight?
        var mayReconcile = true
        /// The next block to look for our transactions in.
        var nextHeight: BlockHeight?
        var sending: Set<Int64> = []
        var resends: [Int64: Resend] = [:]
        /// Attempts that can't go on, and when they are looked at again.
        var troubles: [Int64: Resend] = [:]
        var lanesReadAt: ContinuousClock.Instant?
        /// Keys that other processes have lanes for, and this one has no signer for.
        var foreignKeys: Set<KeyIndex> = []
        var adoptedAt: ContinuousClock.Instant?
        /// Blocks that were asked what transactions cost.
        var costsTried: Set<BlockHeight> = []
        var accountSeenAt: ContinuousClock.Instant?
        /// The index must get here before a restored database can be believed.
        var serverTarget: BlockHeight?
        /// When each recipe was given a lane last, and how many times lanes were given.
        var turns: [Recipe: UInt64] = [:]
        var turn: UInt64 = 0
        /// Why nothing may be signed, as the index says.
        var chainStop: String?
    }

    struct Resend: Hashable, Sendable {
        var at: ContinuousClock.Instant
        var pause: Duration
    }

    let shared: Mutex<Shared>
    let applying = GroupCommit<AppliedEvent, Applied?>(mostTogether: 128)
    let counting = GroupCommit<Int64, Void>(mostTogether: 500)
    let workWaker = WakeUp()
    let chainWaker = WakeUp()
    let sendWaker = WakeUp()

    package init(
        configuration: SubmitterConfiguration, pool: PostgresPool, leases: PostgresPool? = nil, api: any AccessAPI,
        outcomes: any OutcomeSource, metrics: Metrics = Metrics(), logger: Logger
    ) {
        self.configuration = configuration
        self.api = api
        self.outcomes = outcomes
        store = SubmissionStore(
            pool: pool, leases: leases ?? pool, workerID: configuration.workerID, account: configuration.account)
        self.logger = logger.with(["weir.worker": configuration.workerID])
        self.metrics = SubmitterMetrics(metrics)
        shared = Mutex(Shared())
    }

    /// Lives as long as the daemon: one loop that makes transactions, one that watches them, one that says that it lives.
    package func run() async throws {
        do {
            try await withCancellationOnGracefulShutdown {
                while !Task.isCancelled { try await self.live() }
            }
        } catch is CancellationError {
            // How it ends when it is asked to; the place is given up all the same.
        }
        guard let epoch = shared.withLock({ $0.epoch }) else { return }
        do {
            try await store.giveLeaseUp(epoch)
        } catch {
            // It ends by itself, and whoever starts under this name takes it at once.
            logger.debug("the lease was not given up", ["error": "\(error)"])
        }
    }

    /// From a take-over to the end, or to what a new take-over mends.
    private func live() async throws {
        do {
            try await work()
        } catch let error as SubmitterError where error.code == .fenced {
            guard let epoch = shared.withLock({ $0.epoch }), try await !store.isReplaced(epoch) else { throw error }
            logger.warning("the lease had ended and others have taken the work: starting over")
        } catch let error as PostgresError {
            logger.error("the database is not there, will try again", ["error": "\(error)"])
            try? await Task.sleep(for: configuration.heartbeat)
        }
    }

    private func work() async throws {
        let epoch = try await takeOver()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.beat(epoch) }
                group.addTask { try await self.listen(OperationStore.workChannel, self.workWaker) }
                group.addTask { try await self.listen("weir_chain", self.chainWaker) }
                group.addTask { try await self.dispatchLoop() }
                group.addTask { try await self.repeating("watching", self.chainWaker) { try await self.watch() } }
                group.addTask { try await self.repeating("sending again", self.sendWaker) { try await self.sendDue() } }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {}
    }

    /// Takes this worker's place and what is left of its work. Everything after this is under the new epoch.
    @discardableResult
    package func takeOver() async throws -> Int64 {
        let epoch = try await store.takeLease(for: configuration.leaseDuration)
        shared.withLock { shared in
            shared.epoch = epoch
            (shared.builder, shared.nextHeight, shared.sending, shared.resends) = (nil, nil, [], [:])
            (shared.troubles, shared.mayReconcile, shared.indexTarget) = ([:], true, nil)
        }
        try await adopt()
        let (limits, computation) = (try await store.limits(), try await store.maximumComputation())
        shared.withLock { ($0.limits, $0.maximumComputation) = (limits, computation) }
        logger.info("submitter has its place", ["weir.epoch": "\(epoch)"])
        return epoch
    }

    var epoch: Int64 {
        get throws {
            guard let epoch = shared.withLock({ $0.epoch }) else {
                throw SubmitterError(.fenced, "the submitter has not taken its place yet")
            }
            return epoch
        }
    }

    private func beat(_ epoch: Int64) async throws {
        while true {
            try await Task.sleep(for: configuration.heartbeat)
            do {
                try await store.keepLease(epoch, for: configuration.leaseDuration)
            } catch let error as PostgresError {
                // Whoever took over in the meantime has changed the row: the next beat, or any other statement, says so.
                logger.warning("could not keep the lease", ["error": "\(error)"])
            }
        }
    }

    private func listen(_ channel: String, _ waker: WakeUp) async throws {
        for try await _ in store.pool.listen(channel) { waker.signal() }
    }

    /// Sends go on beside the loop: a node that takes its time holds nothing up.
    private func dispatchLoop() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await repeating("making transactions", workWaker) {
                let made = try await self.dispatch()
                for attempt in made {
                    group.addTask { try await self.tolerating("sending") { try await self.send(attempt) } }
                }
                guard made.isEmpty else { return .zero }
                // Until the index has got to the chain's head, blocks are what is waited for.
                let waitsForIndex = self.shared.withLock { $0.mayReconcile }
                return waitsForIndex ? self.configuration.pollInterval : self.configuration.sweepInterval
            }
        }
    }

    /// Runs `body` for ever; it says how long to wait for a signal before the next time.
    private func repeating(_ what: String, _ waker: WakeUp, _ body: () async throws -> Duration) async throws {
        while true {
            try Task.checkCancellation()
            var pause = configuration.sweepInterval
            try await tolerating(what) { pause = try await body() }
            if pause > .zero { await waker.wait(atMost: pause) }
        }
    }

    /// Errors of nodes and of the database are noise to a loop that comes back; what ends the process gets through.
    func tolerating(_ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as SubmitterError where error.code == .fenced {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch let crash as SimulatedCrash {
            throw crash
        } catch {
            guard !Task.isCancelled else { throw CancellationError() }
            logger.warning("\(what) failed, will try again", ["error": "\(error)"])
        }
    }
}
