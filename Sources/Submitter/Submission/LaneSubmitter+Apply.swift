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
    /// In FLOW, scaled by 1e8. Nil where the chain takes none.
    var fee: UInt64?
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
                if let seen { try await store.save(seen, of: id, on: connection) }
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
        case .judge(let failure): try await judge(failure, attempt, on: connection)
        case .judgeRefusal(let refusal): try await judge(refusal, attempt, on: connection)
        case .requeueItems:
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await settle(attempt, .again(items), blameless: true, on: connection)
        case .adoptOutcome(let transaction):
            try await adopt(attempt, own.filter { $0.transactionID == transaction }, on: connection)
        case .leaveUnproven(let reason):
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await store.close(slot: attempt.slotID, attempt: attempt.id, on: connection)
            try await ItemOutcomes.leaveUnproven(items.map(\.reference), because: reason, on: connection)
            logger.error("a person must say what became of these items", ["reason": reason])
        case .hold(let owner, let reason):
            try await hold(owner.scope(attempt.recipe), because: reason, remedy: owner.remedy, on: connection)
        case .learnComputationLimit(let most):
            try await store.saveMaximumComputation(most, on: connection)
        case .rereadLane: try await store.forgetNumber(of: attempt.slot.keyIndex, on: connection)
        case .restLane:
            try await store.restLane(attempt.slot.keyIndex, first: configuration.laneRest, on: connection)
        case .sendAgain, .readSlot, .lookForOwnEvents, .signAgain, .finishFromIndex:
            break
        }
    }

    /// The part that is done after it. What is not done here, because the process ends, is found again in the tables.
    private func followUp(_ actions: [AttemptStateMachine.Action], _ attempt: AttemptRecord) async throws {
        for action in actions {
            switch action {
            case .readSlot: try await readSlot(of: attempt)
            case .signAgain: sendWaker.signal()
            case .quarantineLane(let reason):
                logger.error(
                    "a proposal key is out of use", ["weir.key": "\(attempt.slot.keyIndex)", "reason": reason])
            case .judge(let failure):
                metrics.failedTransactions.increment()
                logger.warning(
                    "a transaction failed", ["weir.recipe": attempt.recipe.rawValue, "reason": failure.reason])
                workWaker.signal()
            case .learnComputationLimit(let most):
                learn(maximumComputation: most)
            case .consumeSlot, .passSlot, .releaseSlot, .requeueItems, .judgeRefusal: workWaker.signal()
            case .finishFromIndex, .lookForOwnEvents: chainWaker.signal()
            case .sendAgain, .letDependentsGo, .adoptOutcome, .leaveUnproven, .hold, .rereadLane, .restLane: break
            }
        }
        if !attempt.machine.state.isOpen {
            shared.withLock { _ = $0.resends.removeValue(forKey: attempt.id) }
        }
    }

    private func learn(maximumComputation most: UInt64) {
        shared.withLock { shared in
            shared.maximumComputation = most
            for recipe in Recipe.allCases {
                var limit = shared.limits[recipe] ?? RecipeLimit(recipe)
                limit.shrink(to: Double(most))
                shared.limits[recipe] = limit
            }
        }
        logger.info(
            "the network allows less computation than was asked for", ["limit": "\(most)"])
    }

    private func judge(
        _ failure: ExecutionFailure, _ attempt: AttemptRecord, on connection: PostgresConnection
    ) async throws {
        let items = try await store.items(inSlot: attempt.slotID, on: connection)
        // Of what failed together before: a search for the one item that is to blame.
        let isSearch = items.contains { $0.suspectGroup != nil }
        var blameless = true
        switch failure.remedy {
        case .hold(let owner):
            try await hold(
                owner.scope(attempt.recipe), because: failure.reason, remedy: failure.advice, on: connection)
        case .splitAndLearn where !isSearch: try await learnTooMuch(attempt, items.count, on: connection)
        case .split, .fail:
            blameless = false
            if !isSearch { try await countFailure(failure.reason, attempt, on: connection) }
        case .splitAndLearn, .setApart, .leaveLane, .wrongNumber: break
        }
        try await settle(attempt, Splitter.verdict(on: items, failure), blameless: blameless, on: connection)
    }

    private func judge(
        _ refusal: SendRefusal, _ attempt: AttemptRecord, on connection: PostgresConnection
    ) async throws {
        let items = try await store.items(inSlot: attempt.slotID, on: connection)
        if refusal.kind == .invalid { try await countFailure(refusal.reason, attempt, on: connection) }
        try await settle(
            attempt, Splitter.verdict(on: items, refusal), blameless: refusal.kind != .invalid, on: connection)
    }

    private func learnTooMuch(_ attempt: AttemptRecord, _ count: Int, on connection: PostgresConnection) async throws {
        let limit = shared.withLock { shared in
            var limit = shared.limits[attempt.recipe] ?? RecipeLimit(attempt.recipe)
            limit.wasTooMuch(items: count)
            shared.limits[attempt.recipe] = limit
            return limit
        }
        try await store.save(limit, on: connection)
    }

    private func countFailure(
        _ reason: String, _ attempt: AttemptRecord, on connection: PostgresConnection
    ) async throws {
        let isTooMany = shared.withLock {
            $0.failures[attempt.recipe, default: FailureCount(threshold: configuration.failuresBeforeHold)].failed()
        }
        guard isTooMany else { return }
        try await hold(
            .recipe(attempt.recipe),
            because: "\(configuration.failuresBeforeHold) transactions in a row failed, the last one with: \(reason)",
            remedy:
                "see to what the reason names; one transaction is tried from time to time, and a success lets all go",
            on: connection)
    }

    /// Items of a content that did not do them: tried again, in groups, or failed.
    private func settle(
        _ attempt: AttemptRecord, _ verdict: Splitter.Verdict, blameless: Bool, on connection: PostgresConnection
    ) async throws {
        try await store.close(slot: attempt.slotID, attempt: attempt.id, on: connection)
        if verdict.groups.count > 1 {
            try await store.remember(
                "split", slot: attempt.slotID, attempt: attempt.id, attempt.transactionID, on: connection)
        }
        try await ItemOutcomes.finish(
            verdict.failed.map {
                ItemResult(
                    reference: $0.reference, state: .failed, reason: verdict.reason,
                    transactionID: attempt.transactionID, height: attempt.executedHeight)
            }, on: connection)
        for (number, group) in verdict.groups.enumerated() {
            // The guilty were named: the others are under no suspicion any more.
            let before = verdict.failed.isEmpty ? group.first?.suspectGroup : nil
            let suspects = verdict.groups.count > 1 ? attempt.id * 2 + Int64(number) : before
            try await ItemOutcomes.requeue(
                group.map(\.reference), suspects: suspects, blameless: blameless, on: connection)
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
        try await ItemOutcomes.markExecuted(done, at: height, on: connection)
    }
}
