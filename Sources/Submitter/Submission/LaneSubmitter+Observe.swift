import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

extension LaneSubmitter {
    /// One look at everything that is under way. Returns how long nothing can be expected to happen.
    func observe() async throws -> Duration {
        try await adoptIfDue()
        let epoch = try epoch
        var attempts = try await store.unfinished(epoch, margin: configuration.expiryMargin)
        metrics.underWay.set(attempts.count)
        guard !attempts.isEmpty else {
            shared.withLock { $0.nextHeight = nil }
            return configuration.sweepInterval
        }
        for attempt in attempts where attempt.machine.state == .expired { try await signAgain(attempt) }
        try await resend(attempts)
        try await readIndex(attempts)
        try await readBlocks(attempts)
        attempts = try await store.unfinished(epoch, margin: configuration.expiryMargin)
        try await finish(attempts)
        return configuration.pollInterval
    }

    private func adoptIfDue() async throws {
        let now = configuration.now()
        let due = shared.withLock { shared in
            guard now.timeIntervalSince(shared.adoptedAt) * 1000 >= Double(configuration.sweepInterval.milliseconds)
            else {
                return false
            }
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
        for id in adopted { try await apply(.adopted, to: id) }
    }

    /// The same bytes, to any node: same id, no harm.
    private func resend(_ attempts: [AttemptRecord]) async throws {
        let now = configuration.now()
        for attempt in attempts where [.signed, .inDoubt, .sent].contains(attempt.machine.state) {
            let due = shared.withLock { shared -> Bool in
                guard !shared.sending.contains(attempt.id) else { return false }
                if let next = shared.resends[attempt.id] { return next.at <= now }
                // Nothing is planned: the process that would have sent it is gone, or it was accepted in an earlier life.
                return attempt.machine.state != .sent
                    || now.timeIntervalSince(attempt.createdAt) * 1000 > Double(configuration.resendAfter.milliseconds)
                        * 8
            }
            guard due, attempt.machine.passedHeight == nil, attempt.machine.unexplained == nil,
                let transaction = try await store.signedTransaction(attempt.id)
            else { continue }
            if attempt.machine.state == .signed { try await apply(.adopted, to: attempt.id) }
            try await send(OutgoingAttempt(id: attempt.id, transaction: transaction))
        }
    }

    /// What the index has is sealed. It spares the reading of blocks that it has read already.
    private func readIndex(_ attempts: [AttemptRecord]) async throws {
        guard let height = try await outcomes.indexedHeight() else { return }
        let open = attempts.filter { $0.machine.state.isOpen }
        let byID = Dictionary(open.map { ($0.transactionID, $0) }) { $1 }
        for result in try await outcomes.results(of: open.map(\.transactionID)) {
            guard let attempt = byID[result.transactionID] else { continue }
            let failure = result.errorMessage.map { ExecutionFailure(text: $0, proposer: attempt.slot.keyIndex) }
            try await saw(
                AttemptStateMachine.Execution(height: result.height, isSealed: true, failure: failure), attempt,
                seen: nil)
        }
        let next = BlockHeight(height.rawValue + 1)
        shared.withLock { shared in
            let first = attempts.map(\.referenceHeight).min().map { BlockHeight($0.rawValue + 1) } ?? next
            shared.nextHeight = max(shared.nextHeight ?? first, next)
        }
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
            try await apply(.sealedHeightAdvanced(seen), to: attempt.id, unlessNothingFollows: attempt)
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
        for (index, result) in results.enumerated() {
            guard let attempt = byID[result.transactionID] else { continue }
            guard result.status >= .executed, result.status != .expired else { return false }
            let failure =
                result.statusCode == 0 && result.errorMessage.isEmpty
                ? nil : ExecutionFailure(text: result.errorMessage, proposer: attempt.slot.keyIndex)
            let isSealed = result.status == .sealed && height <= sealed
            try await saw(
                AttemptStateMachine.Execution(height: height, isSealed: isSealed, failure: failure), attempt,
                seen: try seen(result, in: header.id, height: height))
            _ = index
        }
        return true
    }

    private func seen(_ result: TransactionResult, in block: BlockID, height: BlockHeight) throws -> SeenExecution {
        SeenExecution(
            blockID: block, events: try result.events.compactMap { try OperationEvent($0, height: height) },
            eventBytes: result.events.reduce(0) { $0 + $1.payload.count },
            computation: Int(clamping: result.computationUsage))
    }

    private func saw(
        _ execution: AttemptStateMachine.Execution, _ attempt: AttemptRecord, seen: SeenExecution?
    ) async throws {
        let first = attempt.machine.state != .executed
        let actions = try await apply(.statusSeen(execution), to: attempt.id, seen: seen)
        if first, !actions.isEmpty {
            metrics.untilExecuted.observe(configuration.now().timeIntervalSince(attempt.createdAt))
            if execution.failure == nil {
                try await learn(attempt, seen)
                logger.info(
                    "transaction executed",
                    [
                        "weir.transaction": attempt.transactionID.hex, "weir.height": "\(execution.height)",
                        "weir.recipe": attempt.recipe.rawValue,
                    ])
            }
        }
        try configuration.crash(.afterExecutedBeforeSealed)
    }

    /// A success shows that the way is free, and what an item costs.
    private func learn(_ attempt: AttemptRecord, _ seen: SeenExecution?) async throws {
        let count = try await store.itemCount(slot: attempt.slotID)
        let learned = shared.withLock { shared -> RecipeLimit in
            shared.breakers[attempt.recipe]?.succeeded()
            shared.payerBreaker.succeeded()
            var limit = shared.limits[attempt.recipe] ?? RecipeLimit(attempt.recipe)
            if let seen {
                limit.succeeded(items: count, eventBytes: seen.eventBytes, computation: seen.computation)
            }
            shared.limits[attempt.recipe] = limit
            return limit
        }
        try await store.save(learned)
    }

    /// The chain's own word on a proposal key, in the sealed state.
    func readSlot(of attempt: AttemptRecord) async throws {
        let sealed = try await api.blockHeader(.latestSealed).value.height
        let key = try await api.accountKey(attempt.slot.address, index: attempt.slot.keyIndex, at: .height(sealed))
            .value
        try await apply(.slotRead(key.sequenceNumber, at: sealed), to: attempt.id)
    }

    /// The same script, arguments and slot with a fresh reference block.
    func signAgain(_ attempt: AttemptRecord) async throws {
        guard let old = try await store.signedTransaction(attempt.id), let builder = shared.withLock({ $0.builder }),
            shared.withLock({ $0.payerBreaker.allowance(at: configuration.now()) }) > 0
        else { return }
        let reference = try await referenceBlock()
        let transaction = try await builder.sign(
            script: old.script, arguments: old.arguments, slot: attempt.slot, reference: reference.id)
        let id = try await store.commitAgain(
            transaction, after: attempt, reference: reference, expiry: configuration.expiry, epoch: try epoch)
        logger.info(
            "signed again, in the same slot",
            [
                "weir.slot": "\(attempt.slot)", "weir.was": attempt.transactionID.hex,
                "weir.transaction": transaction.id.hex,
            ])
        try await send(OutgoingAttempt(id: id, transaction: transaction))
    }
}
