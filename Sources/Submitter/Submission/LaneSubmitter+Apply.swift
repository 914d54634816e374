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

/// An event for an attempt, and what came with it.
struct AppliedEvent: Sendable {
    var event: AttemptStateMachine.Event
    var attempt: Int64
    var seen: SeenExecution?
    var own: [OperationEvent] = []
}

extension LaneSubmitter {
    /// An attempt as it is after an event, and what follows; nil where it is finished, or not this process's any more.
    typealias Applied = (attempt: AttemptRecord, actions: [AttemptStateMachine.Action])

    /// Gives an event to an attempt's machine, and carries the actions out: those on the tables in one transaction with
    /// the new state, those on the network after it. What comes at the same time shares the transaction.
    @discardableResult
    func apply(
        _ event: AttemptStateMachine.Event, to id: Int64, seen: SeenExecution? = nil, own: [OperationEvent] = []
    ) async throws -> [AttemptStateMachine.Action] {
        let applied = try await applying.run(AppliedEvent(event: event, attempt: id, seen: seen, own: own)) {
            await self.applyEach($0)
        }
        guard let applied else { return [] }
        try await followUp(applied.actions, applied.attempt)
        return applied.actions
    }

    /// All in one transaction; one by one where one of them keeps the others from it.
    private func applyEach(_ events: [AppliedEvent]) async -> [Result<Applied?, any Error>] {
        do {
            return try await applyTogether(events).map { .success($0) }
        } catch {
            guard events.count > 1, !Self.concernsAll(error) else { return events.map { _ in .failure(error) } }
            var results: [Result<Applied?, any Error>] = []
            for event in events { results += await applyEach([event]) }
            return results
        }
    }

    /// What ends the process, and a database that is gone: not the trouble of one attempt.
    static func concernsAll(_ error: any Error) -> Bool {
        error is CancellationError || error is SimulatedCrash || (error as? SubmitterError)?.code == .fenced
            || (error as? PostgresError)?.isTransient == true
    }

    private func applyTogether(_ events: [AppliedEvent]) async throws -> [Applied?] {
        let epoch = try epoch
        return try await store.owned(epoch) { connection in
            var attempts = Dictionary(
                uniqueKeysWithValues: try await store.attempts(
                    Array(Set(events.map(\.attempt))), epoch: epoch, margin: configuration.expiryMargin, on: connection
                ).map { ($0.id, $0) })
            var changes = AttemptChanges()
            var answers: [Applied?] = []
            for event in events {
                guard var attempt = attempts[event.attempt] else {
                    answers.append(nil)
                    continue
                }
                let before = attempt.machine.state
                let actions = attempt.machine.receive(event.event)
                if case .statusSeen(let execution) = event.event {
                    attempt.executedHeight = execution.height
                    attempt.executedBlockID = event.seen?.blockID ?? attempt.executedBlockID
                    if let failure = execution.failure { changes.failures.append((attempt.id, failure)) }
                    if let seen = event.seen { changes.seen[attempt.id] = seen }
                }
                if case .ownEventsSeen(attempt.transactionID, let height) = event.event {
                    attempt.executedHeight = height
                }
                attempts[attempt.id] = attempt
                changes.saved[attempt.id] = attempt
                note(event.event, attempt, before, &changes)
                answers.append((attempt, actions))
            }
            try await store.save(changes, epoch: epoch, on: connection)
            let all = zip(events, answers).compactMap { event, applied in
                applied.map { (event, $0.attempt, $0.actions) }
            }
            try await consumeSlots(all, on: connection)
            try await letDependentsGo(all, on: connection)
            for (event, attempt, actions) in all {
                for action in actions { try await perform(action, attempt, event.own, on: connection) }
            }
            return answers
        }
    }

    private func note(
        _ event: AttemptStateMachine.Event, _ attempt: AttemptRecord, _ before: AttemptStateMachine.State,
        _ changes: inout AttemptChanges
    ) {
        let after = attempt.machine.state
        guard before != after else { return }
        if before == .inDoubt || after == .inDoubt { changes.inDoubt.append((attempt.slotID, after == .inDoubt)) }
        var detail: String?
        if case .statusSeen(let execution) = event { detail = execution.failure?.reason }
        if case .sendRefused(let refusal) = event { detail = refusal.reason }
        changes.history.append(
            SlotHistory(
                what: after.rawValue.replacing("_", with: " "), slot: attempt.slotID, attempt: attempt.id,
                transaction: attempt.transactionID, height: attempt.executedHeight, detail: detail))
        logger.debug(
            "attempt is \(after.rawValue)",
            [
                "weir.transaction": attempt.transactionID.hex, "weir.was": before.rawValue,
                "weir.slot": "\(attempt.slot)",
            ])
    }

    private typealias Performed = (AppliedEvent, AttemptRecord, [AttemptStateMachine.Action])

    /// The usual end of a slot, for all of them at once.
    private func consumeSlots(_ all: [Performed], on connection: PostgresConnection) async throws {
        let ended = all.flatMap { _, attempt, actions in
            actions.compactMap { action -> SlotEnd? in
                guard case .consumeSlot(let height) = action else { return nil }
                return SlotEnd(
                    slot: attempt.slotID, place: attempt.slot, event: .slotConsumed(at: height),
                    transaction: attempt.transactionID, height: height)
            }
        }
        try await store.end(ended, on: connection)
    }

    /// Executed is enough for what waits: the contract has said yes to the item, in a block that will be sealed.
    private func letDependentsGo(_ all: [Performed], on connection: PostgresConnection) async throws {
        let executed = all.filter { $0.2.contains(.letDependentsGo) && $0.0.seen != nil }
        guard !executed.isEmpty else { return }
        let items = try await store.items(inSlots: executed.map(\.1.slotID), on: connection)
        var done: [(ItemReference, BlockHeight)] = []
        for (event, attempt, _) in executed {
            guard let seen = event.seen, let height = attempt.executedHeight, let own = items[attempt.slotID] else {
                continue
            }
            let said = OutcomeResolver.outcomes(
                of: own.map { .init($0.reference.operation, $0.content) }, recipe: attempt.recipe, events: seen.events)
            for (item, outcome) in zip(own, said) {
                if case .done = outcome { done.append((item.reference, height)) }
            }
        }
        try await ItemOutcomes.markExecuted(done, on: connection)
    }

    /// The part of an action that belongs into the transaction.
    private func perform(
        _ action: AttemptStateMachine.Action, _ attempt: AttemptRecord, _ own: [OperationEvent],
        on connection: PostgresConnection
    ) async throws {
        switch action {
        case .passSlot(let height):
            try await store.end(
                [SlotEnd(slot: attempt.slotID, place: attempt.slot, event: .slotPassed(at: height), height: height)],
                on: connection)
        case .releaseSlot:
            try await store.end(
                [SlotEnd(slot: attempt.slotID, place: attempt.slot, event: .slotReleased)], on: connection)
        case .quarantineLane(let reason):
            try await store.withLane(attempt.slot.keyIndex, on: connection) {
                $0.receive(.quarantined(because: reason))
            }
        case .judge(let failure): try await judge(failure, attempt, on: connection)
        case .judgeRefusal(let refusal): try await judge(refusal, attempt, on: connection)
        case .requeueItems:
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await settle(attempt, .again(items), blameless: true, on: connection)
        case .adoptOutcome(let transaction):
            try await adopt(attempt, own.filter { $0.transactionID == transaction }, on: connection)
        case .leaveUnproven(let reason):
            let items = try await store.items(inSlot: attempt.slotID, on: connection)
            try await store.close([(attempt.slotID, attempt.id)], on: connection)
            try await ItemOutcomes.leaveUnproven(items.map(\.reference), because: reason, on: connection)
            logger.error("a person must say what became of these items", ["reason": reason])
        case .hold(let owner, let reason):
            try await hold(owner.scope(attempt.recipe), because: reason, remedy: owner.remedy, on: connection)
        case .learnComputationLimit(let most):
            try await store.saveMaximumComputation(most, on: connection)
        case .rereadLane: try await store.forgetNumber(of: attempt.slot.keyIndex, on: connection)
        case .restLane:
            try await store.restLane(attempt.slot.keyIndex, first: configuration.laneRest, on: connection)
        case .consumeSlot, .letDependentsGo:
            // Done already, for all together.
            break
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
        try await store.close([(attempt.slotID, attempt.id)], on: connection)
        if verdict.groups.count > 1 {
            try await store.remember(
                [
                    SlotHistory(
                        what: "split", slot: attempt.slotID, attempt: attempt.id, transaction: attempt.transactionID)
                ], on: connection)
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
}
