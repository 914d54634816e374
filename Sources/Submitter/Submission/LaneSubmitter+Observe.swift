import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

extension LaneSubmitter {
    /// One look at everything that is under way, and what follows from it. Returns how long nothing can be expected to
    /// happen.
    func observe() async throws -> Duration {
        let pause = try await watch()
        return min(pause, try await sendDue())
    }

    /// What the index and the chain say of what is under way. Each attempt's trouble is its own.
    func watch() async throws -> Duration {
        try await adoptIfDue()
        try await lookAtHolds()
        let epoch = try epoch
        var attempts = try await store.unfinished(epoch, margin: configuration.expiryMargin)
        metrics.underWay.set(attempts.count)
        guard !attempts.isEmpty else {
            shared.withLock { $0.nextHeight = nil }
            return configuration.sweepInterval
        }
        try await readIndex(attempts)
        // A node that can't be read keeps nobody from what the index has.
        try await tolerating("reading blocks") { try await readBlocks(attempts) }
        attempts = try await store.unfinished(epoch, margin: configuration.expiryMargin)
        try await finish(attempts)
        return configuration.pollInterval
    }

    private func adoptIfDue() async throws {
        let now = configuration.now()
        let due = shared.withLock { shared in
            if let last = shared.adoptedAt, now - last < configuration.sweepInterval { return false }
            shared.adoptedAt = now
            return true
        }
        if due { try await adopt() }
    }

    /// Takes what belongs to nobody alive. What may have been on its way to a node is in doubt from here on.
    func adopt() async throws {
        let adopted = try await store.adopt(try epoch)
        guard !adopted.isEmpty else { return }
        logger.info("took over what was under way", ["weir.attempts": "\(adopted.count)"])
        shared.withLock { $0.nextHeight = nil }
        for id in adopted { try await isolating(id) { try await apply(.adopted, to: id) } }
    }

    /// One attempt's trouble is its own: it is named in the record, counted, and tried again later and later, while the
    /// others go on. What ends the process, and a database that is gone, get through.
    func isolating(_ id: Int64, isTroubled: Bool = false, _ body: () async throws -> Void) async throws {
        let now = configuration.now()
        guard shared.withLock({ $0.troubles[id].map { $0.at <= now } ?? true }) else { return }
        do {
            try await body()
        } catch let error as SubmitterError where error.code == .fenced {
            throw error
        } catch let error as PostgresError where error.isTransient {
            throw error
        } catch let error where !(error is CancellationError || error is SimulatedCrash) {
            guard !Task.isCancelled else { throw CancellationError() }
            shared.withLock { shared in
                let pause = min((shared.troubles[id]?.pause ?? .milliseconds(500)) * 2, .seconds(60))
                shared.troubles[id] = Resend(at: now + pause, pause: pause)
            }
            if try await store.note(trouble: "\(error)", of: id) {
                logger.error("an attempt can't go on; the others do", ["weir.attempt": "\(id)", "error": "\(error)"])
            }
            return
        }
        if shared.withLock({ $0.troubles.removeValue(forKey: id) }) != nil || isTroubled {
            try await store.clearTrouble(of: id)
        }
    }

    /// Each attempt's trouble is its own, and what they write at the same time is one transaction.
    func sideBySide<Found: Sendable>(
        _ all: [(AttemptRecord, Found)], _ body: @escaping @Sendable (AttemptRecord, Found) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, (attempt, found)) in all.enumerated() {
                if number >= Self.width { try await group.next() }
                group.addTask { try await body(attempt, found) }
            }
            try await group.waitForAll()
        }
    }

    /// What they write is written together (`applying`): so many make a group or two.
    private static let width = 256

    /// The network's part that may take its time: signing again what has expired, and the same bytes once more where nobody
    /// has been heard to have them. Some at once, so that a node that does not answer holds up few.
    func sendDue() async throws -> Duration {
        guard try await chainIsOne() else { return configuration.sweepInterval }
        try await tolerating("reading costs") { try await readCosts() }
        let attempts = try await store.unfinished(try epoch, margin: configuration.expiryMargin)
        guard !attempts.isEmpty else { return configuration.sweepInterval }
        let due = attempts.filter(isDue)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, attempt) in due.enumerated() {
                if number >= 16 { try await group.next() }
                group.addTask {
                    try await self.isolating(attempt.id, isTroubled: attempt.isTroubled) {
                        if attempt.machine.state == .expired {
                            try await self.signAgain(attempt)
                        } else {
                            try await self.resend(attempt)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        return configuration.pollInterval
    }

    private func isDue(_ attempt: AttemptRecord) -> Bool {
        let state = attempt.machine.state
        if state == .expired { return true }
        guard [.signed, .inDoubt, .sent].contains(state), attempt.machine.passedHeight == nil,
            attempt.machine.unexplained == nil
        else { return false }
        let now = configuration.now()
        return shared.withLock { shared in
            guard !shared.sending.contains(attempt.id) else { return false }
            if let next = shared.resends[attempt.id] { return next.at <= now }
            guard state == .sent else { return true }
            // It was accepted in an earlier life: nodes forget, but not at once.
            shared.resends[attempt.id] = Resend(at: now + configuration.resendAfter * 8, pause: .zero)
            return false
        }
    }

    /// The same bytes, to any node: same id, no harm.
    private func resend(_ attempt: AttemptRecord) async throws {
        guard let transaction = try await store.signedTransaction(attempt.id) else {
            throw SubmitterError(.contradiction, "the record of attempt \(attempt.id) is not what we write")
        }
        if attempt.machine.state == .signed { try await apply(.adopted, to: attempt.id) }
        try await send(OutgoingAttempt(id: attempt.id, transaction: transaction))
    }

    /// What the index has is sealed. It spares the reading of blocks that it has read already.
    private func readIndex(_ attempts: [AttemptRecord]) async throws {
        guard let height = try await outcomes.standing().height else { return }
        let open = attempts.filter { $0.machine.state.isOpen }
        let byID = Dictionary(open.map { ($0.transactionID, $0) }) { $1 }
        let known = try await outcomes.results(of: open.map(\.transactionID)).compactMap { result in
            byID[result.transactionID].map { ($0, result) }
        }
        let learned = Mutex<[(AttemptRecord, SeenExecution?)]>([])
        try await sideBySide(known) { attempt, result in
            let failure = result.errorMessage.map { text in self.failure(text, of: attempt) }
            try await self.isolating(attempt.id) {
                let isNew = try await self.saw(
                    AttemptStateMachine.Execution(height: result.height, isSealed: true, failure: failure), attempt,
                    seen: nil)
                if isNew { learned.withLock { $0.append((attempt, nil)) } }
            }
        }
        try await learn(learned.withLock { $0 })
        let next = BlockHeight(height.rawValue + 1)
        shared.withLock { shared in
            let first = attempts.map(\.referenceHeight).min().map { BlockHeight($0.rawValue + 1) } ?? next
            shared.nextHeight = max(shared.nextHeight ?? first, next)
        }
    }

    private func failure(_ text: String, of attempt: AttemptRecord) -> ExecutionFailure {
        ExecutionFailure(text: text, proposer: attempt.slot.keyIndex, account: configuration.account)
    }

    /// Every block once, for all attempts together.
    private func readBlocks(_ attempts: [AttemptRecord]) async throws {
        let open = attempts.filter { $0.machine.state.isOpen }
        guard let first = open.map(\.referenceHeight).min() else { return }
        let head = try await api.blockHeader(.latestFinalized).value.height
        let sealed = try await api.blockHeader(.latestSealed).value.height
        let byID = Dictionary(open.map { ($0.transactionID, $0) }) { $1 }

        var height = max(shared.withLock { $0.nextHeight } ?? 0, BlockHeight(first.rawValue + 1))
        while height <= head {
            guard try await readBlock(height, sealed: sealed, looking: byID) else { break }
            height = BlockHeight(height.rawValue + 1)
            shared.withLock { $0.nextHeight = height }
        }
        // Executed blocks that have been sealed since are read again: only now is what they said final.
        let awaiting = open.filter { $0.machine.state == .executed && $0.executedHeight.map { $0 <= sealed } ?? false }
        for height in Set(awaiting.compactMap(\.executedHeight)).sorted() {
            _ = try await readBlock(height, sealed: sealed, looking: byID)
        }
        // What was in none of the blocks up to here can be believed to have expired.
        let seen = min(sealed, BlockHeight(height.rawValue &- 1))
        for attempt in open where attempt.machine.state != .executed {
            try await isolating(attempt.id) {
                try await apply(.sealedHeightAdvanced(seen), to: attempt.id, unlessNothingFollows: attempt)
            }
        }
    }

    private func apply(
        _ event: AttemptStateMachine.Event, to id: Int64, unlessNothingFollows attempt: AttemptRecord
    ) async throws {
        var probe = attempt.machine
        guard !probe.receive(event).isEmpty else { return }
        try await apply(event, to: id)
    }

    /// False where the node cannot say yet what the block did.
    private func readBlock(
        _ height: BlockHeight, sealed: BlockHeight, looking byID: [TransactionID: AttemptRecord]
    ) async throws -> Bool {
        let header = try await api.blockHeader(.height(height)).value
        let results: [TransactionResult]
        do {
            results = try await api.transactionResults(inBlock: header.id, encoding: .ccf).value
        } catch let error as AccessError where error.code == .notFound && height > sealed {
            return false
        }
        let ours = Self.executions(results).compactMap { result in byID[result.transactionID].map { ($0, result) } }
        func isExecuted(_ result: TransactionResult) -> Bool { result.status >= .executed && result.status != .expired }
        let learned = Mutex<[(AttemptRecord, SeenExecution?)]>([])
        try await sideBySide(ours.filter { isExecuted($0.1) }) { attempt, result in
            let failed = result.statusCode != 0 || !result.errorMessage.isEmpty
            let isSealed = result.status == .sealed && height <= sealed
            try await self.isolating(attempt.id) {
                let seen = try self.seen(result, in: header.id, height: height)
                let isNew = try await self.saw(
                    AttemptStateMachine.Execution(
                        height: height, isSealed: isSealed,
                        failure: failed ? self.failure(result.errorMessage, of: attempt) : nil),
                    attempt, seen: seen)
                if isNew { learned.withLock { $0.append((attempt, seen)) } }
            }
        }
        try await learn(learned.withLock { $0 })
        guard ours.allSatisfy({ isExecuted($0.1) }) else { return false }
        return true
    }

    /// One result a transaction: one that is included twice in a block is executed once, and fails with 1007 the other time.
    static func executions(_ results: [TransactionResult]) -> [TransactionResult] {
        var places: [TransactionID: Int] = [:]
        var kept: [TransactionResult] = []
        for result in results {
            guard let place = places[result.transactionID] else {
                places[result.transactionID] = kept.count
                kept.append(result)
                continue
            }
            if TransactionFailure.classify(kept[place])?.effect == .untouched { kept[place] = result }
        }
        return kept
    }

    func seen(_ result: TransactionResult, in block: BlockID, height: BlockHeight) throws -> SeenExecution {
        let paid = try FeesDeducted(in: result.events)
        return SeenExecution(
            blockID: block, events: try result.events.compactMap { try OperationEvent($0, height: height) },
            eventBytes: result.events.reduce(0) { $0 + $1.payload.count },
            computation: result.computationUsage > 0 ? Int(clamping: result.computationUsage) : paid?.computation ?? 0,
            fee: paid?.amount)
    }

    /// Whether it was a success that had not been seen before.
    private func saw(
        _ execution: AttemptStateMachine.Execution, _ attempt: AttemptRecord, seen: SeenExecution?
    ) async throws -> Bool {
        let first = attempt.machine.state != .executed
        let actions = try await apply(.statusSeen(execution), to: attempt.id, seen: seen)
        let isNew = first && !actions.isEmpty
        if isNew {
            metrics.untilExecuted.observe(Date().timeIntervalSince(attempt.createdAt))
            if execution.failure == nil {
                logger.info(
                    "transaction executed",
                    [
                        "weir.transaction": attempt.transactionID.hex, "weir.height": "\(execution.height)",
                        "weir.recipe": attempt.recipe.rawValue,
                    ])
            }
        }
        try configuration.crash(.afterExecutedBeforeSealed)
        return isNew && execution.failure == nil
    }

    /// Successes show that the way is free, and what an item costs.
    private func learn(_ successes: [(attempt: AttemptRecord, seen: SeenExecution?)]) async throws {
        guard !successes.isEmpty else { return }
        let counts = try await store.itemCounts(slots: successes.map(\.attempt.slotID))
        let (learned, held) = shared.withLock { shared -> ([RecipeLimit], [Hold.Scope]) in
            var changed: [Recipe: RecipeLimit] = [:]
            for (attempt, seen) in successes {
                shared.failures[attempt.recipe]?.succeeded()
                let before = shared.limits[attempt.recipe] ?? RecipeLimit(attempt.recipe)
                var limit = before
                if let seen, let count = counts[attempt.slotID] {
                    limit.succeeded(
                        items: count, eventBytes: seen.eventBytes, computation: seen.computation,
                        computationLimit: shared.maximumComputation.map(Double.init) ?? RecipeLimit.computationLimit)
                }
                if limit != before { changed[attempt.recipe] = limit }
                shared.limits[attempt.recipe] = limit
            }
            let recipes = Set(successes.map(\.attempt.recipe))
            let held = shared.holds.filter { hold in
                hold.scope.isProbed && recipes.contains { hold.scope.covers($0) }
            }.map(\.scope)
            return (Array(changed.values), held)
        }
        if !learned.isEmpty || !held.isEmpty {
            try await store.owned(try epoch) { connection in
                for limit in learned { try await store.save(limit, on: connection) }
                for scope in try await held.isEmpty ? [] : store.lift(held, on: connection) {
                    logger.info("a hold has ended: a transaction succeeded", ["weir.hold": scope])
                }
            }
        }
        workWaker.signal()
    }

    /// The chain's own word on a proposal key, in the sealed state.
    func readSlot(of attempt: AttemptRecord) async throws {
        let sealed = try await api.blockHeader(.latestSealed).value.height
        let key = try await api.accountKey(attempt.slot.address, index: attempt.slot.keyIndex, at: .height(sealed))
            .value
        let hasSigner = shared.withLock { $0.builder.map { $0.keyring.entries[attempt.slot.keyIndex] != nil } ?? true }
        try await apply(
            .slotRead(key.sequenceNumber, isUsable: !key.revoked && hasSigner, at: sealed), to: attempt.id)
    }

    /// The same script, arguments and slot with a fresh reference block.
    func signAgain(_ attempt: AttemptRecord) async throws {
        guard let builder = shared.withLock({ $0.builder }) else { return }
        guard let old = try await store.signedTransaction(attempt.id) else {
            throw SubmitterError(.contradiction, "the record of attempt \(attempt.id) is not what we write")
        }
        guard try await store.takePass(attempt.recipe, pause: configuration.probePause, epoch: try epoch) else {
            return
        }
        let reference = try await referenceBlock()
        let transaction = try await builder.sign(
            script: old.script, arguments: old.arguments, slot: attempt.slot, reference: reference.id,
            computationLimit: computationLimit)
        let id = try await store.commitAgain(
            transaction, after: attempt, reference: reference, expiry: configuration.expiry, epoch: try epoch)
        guard let id else { return }
        logger.info(
            "signed again, in the same slot",
            [
                "weir.slot": "\(attempt.slot)", "weir.was": attempt.transactionID.hex,
                "weir.transaction": transaction.id.hex,
            ])
        try await send(OutgoingAttempt(id: id, transaction: transaction))
    }

    /// What is asked for: as configured, and no more than the network allows.
    var computationLimit: UInt64 {
        min(configuration.computationLimit, shared.withLock { $0.maximumComputation } ?? .max)
    }
}
