import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

/// What was seen of a transaction in a block, beside the status: for whatever can be learned before the index has it.
struct SeenExecution: Sendable {
    var blockID: BlockID?
    var events: [OperationEvent]
    var eventBytes: Int
    var computation: Int
}

extension LaneSubmitter {
    /// Gives an event to an attempt's machine, and carries the actions out: those on the tables in one transaction with
    /// the new state, those on the network after it.
    @discardableResult
    func apply(
        _ event: AttemptStateMachine.Event, to id: Int64, seen: SeenExecution? = nil, own: [OperationEvent] = []
    ) async throws -> [AttemptStateMachine.Action] {
        let epoch = try epoch
        let (attempt, actions) = try await store.owned(epoch) {
            connection -> (AttemptRecord?, [AttemptStateMachine.Action]) in
            guard
                var attempt = try await store.attempt(
                    id, epoch: epoch, margin: configuration.expiryMargin, on: connection)
            else { return (nil, []) }
            let before = attempt.machine.state
            let actions = attempt.machine.receive(event)
            if case .statusSeen(let execution) = event {
                attempt.executedHeight = execution.height
                attempt.executedBlockID = seen?.blockID ?? attempt.executedBlockID
                if let failure = execution.failure { try await store.saveFailure(failure, of: id, on: connection) }
            }
            if case .ownEventsSeen(attempt.transactionID, let height) = event { attempt.executedHeight = height }
            try await store.save(attempt, epoch: epoch, on: connection)
            try await note(event, attempt, before, on: connection)
            for action in actions { try await perform(action, attempt, seen, own, on: connection) }
            return (attempt, actions)
        }
        guard let attempt else { return [] }
        try await followUp(actions, attempt)
        return actions
    }

    private func note(
        _ event: AttemptStateMachine.Event, _ attempt: AttemptRecord, _ before: AttemptStateMachine.State,
        on connection: PostgresConnection
    ) async throws {
        let after = attempt.machine.state
        guard before != after else { return }
        if before == .inDoubt || after == .inDoubt {
            try await store.setInDoubt(slot: attempt.slotID, after == .inDoubt, on: connection)
        }
        var detail: String?
        if case .statusSeen(let execution) = event { detail = execution.failure?.reason }
        if case .sendRefused(let refusal) = event { detail = refusal.reason }
        try await store.remember(
            after.rawValue.replacing("_", with: " "), slot: attempt.slotID, attempt: attempt.id, attempt.transactionID,
            height: attempt.executedHeight, detail: detail, on: connection)
        logger.debug(
            "attempt is \(after.rawValue)",
            [
                "weir.transaction": attempt.transactionID.hex, "weir.was": before.rawValue,
                "weir.slot": "\(attempt.slot)",
            ])
    }

    /// The part of an action that belongs into the transaction.
    private func perform(
        _ action: AttemptStateMachine.Action, _ attempt: AttemptRecord, _ seen: SeenExecution?, _ own: [OperationEvent],
        on connection: PostgresConnection
    ) async throws {
        switch action {
        case .consumeSlot(let height):
            try await store.end(
                slot: attempt.slotID, attempt.slot, .slotConsumed(at: height), by: attempt.transactionID, at: height,
                on: connection)
        case .passSlot(let height):
            try await store.end(slot: attempt.slotID, attempt.slot, .slotPassed(at: height), at: height, on: connection)
        case .releaseSlot:
            try await store.end(slot: attempt.slotID, attempt.slot, .slotReleased, on: connection)
        case .quarantineLane(let reason):
            try await store.withLane(attempt.slot.keyIndex, on: connection) {
                $0.receive(.quarantined(because: reason))
            }
        case .letDependentsGo:
            try await letDependentsGo(attempt, seen, on: connection)
        case .judge(let failure):
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await settle(
                attempt, items, Splitter.verdict(on: items, failure, budget: configuration.budget), on: connection)
        case .judgeRefusal(let refusal):
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await settle(attempt, items, Splitter.verdict(on: items, refusal), on: connection)
        case .requeueItems(let reason):
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await settle(
                attempt, items, Splitter.again(items, because: reason, budget: configuration.budget), on: connection)
        case .adoptOutcome(let transaction):
            try await adopt(attempt, own.filter { $0.transactionID == transaction }, on: connection)
        case .sendAgain, .readSlot, .lookForOwnEvents, .signAgain, .holdEverything, .finishFromIndex:
            break
        }
    }

    /// The part that is done after it. What is not done here, because the process ends, is found again in the tables.
    private func followUp(_ actions: [AttemptStateMachine.Action], _ attempt: AttemptRecord) async throws {
        let now = configuration.now()
        for action in actions {
            switch action {
            case .readSlot: try await readSlot(of: attempt)
            case .signAgain: try await signAgain(attempt)
            case .holdEverything(let reason):
                shared.withLock { $0.payerBreaker.trip(reason, at: now) }
                logger.error("the payer can't pay or can't sign: nothing goes out", ["reason": reason])
            case .quarantineLane(let reason):
                logger.error(
                    "a proposal key is out of use", ["weir.key": "\(attempt.slot.keyIndex)", "reason": reason])
            case .judge(let failure): try await judged(attempt, failure, at: now)
            case .judgeRefusal(let refusal):
                shared.withLock {
                    $0.breakers[attempt.recipe, default: configuration.breaker].failed(refusal.reason, at: now)
                }
            case .consumeSlot, .passSlot, .releaseSlot, .requeueItems: workWaker.signal()
            case .finishFromIndex, .lookForOwnEvents: chainWaker.signal()
            case .sendAgain, .letDependentsGo, .adoptOutcome: break
            }
        }
        if !attempt.machine.state.isOpen {
            shared.withLock { _ = $0.resends.removeValue(forKey: attempt.id) }
        }
    }

    private func judged(_ attempt: AttemptRecord, _ failure: ExecutionFailure, at now: Date) async throws {
        let recipe = attempt.recipe
        if failure.remedy == .splitAndLearn {
            let count = try await store.itemCount(slot: attempt.slotID)
            let limit = shared.withLock { shared in
                var limit = shared.limits[recipe] ?? RecipeLimit(recipe)
                limit.wasTooMuch(items: count)
                shared.limits[recipe] = limit
                return limit
            }
            try await store.save(limit)
        }
        shared.withLock { shared in
            if failure.remedy == .waitForPayer {
                shared.payerBreaker.trip(failure.reason, at: now)
            } else {
                shared.breakers[recipe, default: configuration.breaker].failed(failure.reason, at: now)
            }
        }
        metrics.failedTransactions.increment()
        logger.warning("a transaction failed", ["weir.recipe": recipe.rawValue, "reason": failure.reason])
    }

    /// Items of a content that did not do them: tried again, in groups, or failed.
    private func settle(
        _ attempt: AttemptRecord, _ items: [ReadyItem], _ verdict: Splitter.Verdict, on connection: PostgresConnection
    ) async throws {
        try await store.close(slot: attempt.slotID, attempt: attempt.id, on: connection)
        switch verdict {
        case .tryAgain(let groups):
            if groups.count > 1 {
                try await store.remember(
                    "split", slot: attempt.slotID, attempt: attempt.id, attempt.transactionID, on: connection)
            }
            for (number, group) in groups.enumerated() {
                let suspects = groups.count > 1 ? attempt.id * 2 + Int64(number) : group.first?.suspectGroup
                try await store.requeue(group.map(\.reference), suspects: suspects, on: connection)
            }
        case .fail(let reason):
            try await store.finish(
                items.map {
                    ItemResult(
                        reference: $0.reference, state: .failed, reason: reason, transactionID: attempt.transactionID,
                        height: attempt.executedHeight)
                }, on: connection)
        }
    }

    /// Executed is enough for what waits: the contract has said yes to the item, in a block that will be sealed.
    private func letDependentsGo(
        _ attempt: AttemptRecord, _ seen: SeenExecution?, on connection: PostgresConnection
    ) async throws {
        guard let seen, let height = attempt.executedHeight else { return }
        let items = try await store.items(inSlot: attempt.slotID, on: connection)
        let said = OutcomeResolver.outcomes(
            of: items.map { .init($0.reference.operation, $0.content) }, recipe: attempt.recipe, events: seen.events)
        let done = zip(items, said).compactMap { item, outcome in
            if case .done = outcome { item.reference } else { nil }
        }
        try await store.markExecuted(done, at: height, on: connection)
    }
}
