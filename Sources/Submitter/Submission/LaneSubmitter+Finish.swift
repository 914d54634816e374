import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

/// An item's end as the chain tells it, and where it was decided.
struct DecidedOutcome: Hashable, Sendable {
    var outcome: OutcomeResolver.Outcome
    var transactionID: TransactionID
    var height: BlockHeight?

    /// Nil where nothing was decided.
    func result(of reference: ItemReference) -> ItemResult? {
        var result = ItemResult(reference: reference, state: .done, transactionID: transactionID, height: height)
        switch outcome {
        case .done(let token): result.tokenID = token
        case .rejected(let reason): (result.state, result.reason) = (.rejected, reason)
        case .unnamed: return nil
        }
        return result
    }
}

extension LaneSubmitter {
    /// Finishes what the index has reached: it is sealed there, and each item is named by an event of its own.
    func finish(_ attempts: [AttemptRecord]) async throws {
        let sealed = attempts.filter { $0.machine.state == .sealed }
        if !sealed.isEmpty {
            let indexed = try await outcomes.events(of: sealed.map(\.transactionID))
            let events = Dictionary(grouping: indexed.events, by: \.transactionID)
            let reached = sealed.filter { attempt in
                guard let height = attempt.executedHeight, let indexed = indexed.height else { return false }
                return height <= indexed
            }
            let left = try await finishTogether(reached.map { ($0, events[$0.transactionID] ?? []) })
            try await sideBySide(left) { attempt, events in
                try await self.isolating(attempt.id, isTroubled: attempt.isTroubled) {
                    try await self.finish(attempt, events)
                }
            }
        }
        for attempt in attempts where attempt.machine.state == .inDoubt {
            guard let passed = attempt.machine.passedHeight else { continue }
            try await isolating(attempt.id, isTroubled: attempt.isTroubled) {
                try await lookForOwnEvents(attempt, passed: passed)
            }
        }
    }

    /// Those whose items' outcomes their own events tell, some at a time in one transaction. Returns those that need more than
    /// that, each for itself.
    private func finishTogether(
        _ all: [(AttemptRecord, [OperationEvent])]
    ) async throws -> [(AttemptRecord, [OperationEvent])] {
        var left: [(AttemptRecord, [OperationEvent])] = []
        for group in all.batches(of: 64) {
            guard group.count > 1 else {
                left += group
                continue
            }
            do {
                left += try await finishGroup(group)
            } catch let error where !Self.concernsAll(error) {
                left += group
            }
        }
        return left
    }

    private func finishGroup(
        _ group: [(AttemptRecord, [OperationEvent])]
    ) async throws -> [(AttemptRecord, [OperationEvent])] {
        let epoch = try epoch
        let items = try await store.pool.withConnection {
            try await store.items(inSlots: group.map(\.0.slotID), on: $0)
        }
        var left: [(AttemptRecord, [OperationEvent])] = []
        var decided: [(attempt: AttemptRecord, results: [ItemResult], outcomes: [OutcomeResolver.Outcome])] = []
        for (attempt, events) in group {
            let own = items[attempt.slotID] ?? []
            let said = OutcomeResolver.outcomes(
                of: own.map { .init($0.reference.operation, $0.content) }, recipe: attempt.recipe, events: events)
            let isPlain = said.allSatisfy { outcome in
                switch outcome {
                case .done: true
                case .rejected(let reason): !RejectionReason.meansDoneBefore.contains(reason)
                case .unnamed: false
                }
            }
            guard isPlain, attempt.recipe.namesItsOperation, !attempt.isTroubled else {
                left.append((attempt, events))
                continue
            }
            let results = zip(own, said).compactMap { item, outcome in
                DecidedOutcome(outcome: outcome, transactionID: attempt.transactionID, height: attempt.executedHeight)
                    .result(of: item.reference)
            }
            decided.append((attempt, results, said))
            try configuration.crash(.afterSealedBeforeFinished)
        }
        let finished = try await store.owned(epoch) { connection in
            // Locked: another process that has taken over finds nothing to finish here, or finishes it itself.
            let own = Set(
                try await store.attempts(
                    decided.map(\.attempt.id), epoch: epoch, margin: configuration.expiryMargin, on: connection
                ).map(\.id))
            let ours = decided.filter { own.contains($0.attempt.id) }
            try await ItemOutcomes.finish(ours.flatMap(\.results), on: connection)
            try await store.close(ours.map { ($0.attempt.slotID, $0.attempt.id) }, on: connection)
            return ours
        }
        workWaker.signal()
        count(finished.flatMap(\.outcomes))
        return left
    }

    private func finish(_ attempt: AttemptRecord, _ events: [OperationEvent]) async throws {
        let epoch = try epoch
        let items = try await store.owned(epoch) { try await store.items(inSlot: attempt.slotID, on: $0) }
        let said = OutcomeResolver.outcomes(
            of: items.map { .init($0.reference.operation, $0.content) }, recipe: attempt.recipe, events: events)
        var decided = Dictionary(
            uniqueKeysWithValues: zip(items, said).map { item, outcome in
                (
                    item.reference,
                    DecidedOutcome(
                        outcome: outcome, transactionID: attempt.transactionID, height: attempt.executedHeight)
                )
            })
        try await findOlderDeeds(&decided, items, attempt)
        try configuration.crash(.afterSealedBeforeFinished)
        try await write(decided, items, attempt, epoch)
        if !attempt.recipe.namesItsOperation { try await readAccount() }
    }

    private func write(
        _ decided: [ItemReference: DecidedOutcome], _ items: [ReadyItem], _ attempt: AttemptRecord, _ epoch: Int64
    ) async throws {
        let unnamed = items.filter { decided[$0.reference]?.outcome == .unnamed }
        try await store.owned(epoch) { connection in
            // Locked: another process that has taken over finds nothing to finish here, or finishes it itself.
            guard
                try await !store.attempts(
                    [attempt.id], epoch: epoch, margin: configuration.expiryMargin, on: connection
                ).isEmpty
            else { return }
            try await ItemOutcomes.finish(
                items.compactMap { decided[$0.reference]?.result(of: $0.reference) }, on: connection)
            try await leaveUnnamed(unnamed.map(\.reference), attempt.transactionID, on: connection)
            try await store.close([(attempt.slotID, attempt.id)], on: connection)
        }
        workWaker.signal()
        count(decided.values.map(\.outcome))
    }

    private func leaveUnnamed(
        _ items: [ItemReference], _ transaction: TransactionID, on connection: PostgresConnection
    ) async throws {
        guard !items.isEmpty else { return }
        let reason = "transaction \(transaction.hex) succeeded, and no event of it says what became of this item"
        try await ItemOutcomes.leaveUnproven(items, because: reason, on: connection)
        logger.error(
            "a person must say what became of these items: weir operations resolve",
            ["weir.transaction": transaction.hex, "weir.items": "\(items.count)"])
    }

    func count(_ outcomes: [OutcomeResolver.Outcome]) {
        for outcome in outcomes {
            switch outcome {
            case .done: metrics.itemsDone.increment()
            case .rejected: metrics.itemsRejected.increment()
            case .unnamed: break
            }
        }
    }

    /// "It has been done before" is a success where the operation's own events, in another transaction, say that it was
    /// this very item's.
    private func findOlderDeeds(
        _ decided: inout [ItemReference: DecidedOutcome], _ items: [ReadyItem], _ attempt: AttemptRecord
    ) async throws {
        let doubtful = items.filter { item in
            if case .rejected(let reason)? = decided[item.reference]?.outcome {
                return RejectionReason.meansDoneBefore.contains(reason)
            }
            return false
        }
        guard !doubtful.isEmpty else { return }
        let operations = Set(doubtful.map(\.reference.operation)).sorted()
        let named = try await outcomes.events(naming: operations)
        guard let reached = named.height, attempt.executedHeight.map({ $0 <= reached }) ?? false else {
            throw SubmitterError(.contradiction, "the index is being built again: what it lacks says nothing")
        }
        let others = Set(named.events.map(\.transactionID)).subtracting([attempt.transactionID])
        // All that these transactions said, of whatever operation: what a row came to is told by its place among them.
        let said = try await outcomes.events(of: others.sorted { $0.hex < $1.hex }).events
        for (transaction, events) in Dictionary(grouping: said, by: \.transactionID) {
            let told: [DeedName: OutcomeResolver.Outcome]?
            var isReadable = true
            do { told = try await deeds(of: transaction, events) } catch let error as AccessError
                where error.code == .notFound
            {
                (told, isReadable) = (nil, false)
            }
            let operations = Set(events.map(\.operation))
            for item in doubtful {
                if !isReadable, operations.contains(item.reference.operation.rawValue),
                    case .rejected? = decided[item.reference]?.outcome
                {
                    // It may have been this item that was done there, and no node can say any more.
                    decided[item.reference]?.outcome = .unnamed
                }
                let name = DeedName(operation: item.reference.operation.rawValue, key: item.content.key)
                guard case .done(let token)? = told?[name] else { continue }
                decided[item.reference] = DecidedOutcome(
                    outcome: .done(tokenID: token), transactionID: transaction, height: events[0].height)
            }
        }
    }

    struct DeedName: Hashable {
        var operation: String
        var key: String
    }

    /// What a transaction did, by operation and item: its items from our record where it is ours, from its own arguments
    /// where it is not. Nil where it is none of our recipes. `events` are those that name operations, in order.
    func deeds(
        of transaction: TransactionID, _ events: [OperationEvent]
    ) async throws -> [DeedName: OutcomeResolver.Outcome]? {
        guard let (recipe, items) = try await content(of: transaction) else { return nil }
        var told: [DeedName: OutcomeResolver.Outcome] = [:]
        for (item, outcome) in zip(items, OutcomeResolver.outcomes(of: items, recipe: recipe, events: events)) {
            let name = DeedName(operation: item.operation, key: item.key)
            if case .done? = told[name] { continue }
            told[name] = outcome
        }
        return told
    }

    func content(of transaction: TransactionID) async throws -> (Recipe, [OutcomeResolver.Item])? {
        if let (recipe, items) = try await store.content(of: transaction) {
            return (recipe, items.map { .init($0.reference.operation, $0.content) })
        }
        let body = try await api.transaction(transaction, blockID: nil, collectionID: nil).value
        guard let recipe = configuration.scripts.first(where: { $0.value == body.script })?.key else { return nil }
        return recipe.items(fromArguments: body.arguments).map { (recipe, $0) }
    }

    /// Something used our number. Anyone on the way can make another id of our bytes by flipping a signature's S, so the
    /// operations' own events say whether that was our content: in an earlier signature of ours, or in a copy.
    private func lookForOwnEvents(_ attempt: AttemptRecord, passed: BlockHeight) async throws {
        let epoch = try epoch
        let items = try await store.owned(epoch) { try await store.items(inSlot: attempt.slotID, on: $0) }
        let found = try await outcomes.events(naming: Set(items.map(\.reference.operation)).sorted())
        guard let indexed = found.height, passed <= indexed else { return }
        let events = found.events
        let ours = try await store.slots(of: Array(Set(events.map(\.transactionID))))
        for (transaction, said) in Dictionary(grouping: events, by: \.transactionID) {
            let slot: Bool
            if let known = ours[transaction] {
                slot = known == attempt.slotID
            } else {
                let key: Transaction.ProposalKey
                do {
                    key = try await api.transaction(transaction, blockID: nil, collectionID: nil).value.proposalKey
                } catch let error as AccessError where error.code == .notFound {
                    try await apply(.ownEventsUnreadable(in: transaction), to: attempt.id)
                    return
                }
                slot =
                    key.address == attempt.slot.address && key.keyIndex == attempt.slot.keyIndex
                    && key.sequenceNumber == attempt.slot.sequenceNumber
            }
            guard slot else { continue }
            logger.warning(
                "our content was executed under another id",
                [
                    "weir.transaction": transaction.hex, "weir.was": attempt.transactionID.hex,
                    "weir.slot": "\(attempt.slot)",
                ])
            try await apply(.ownEventsSeen(under: transaction, at: said[0].height), to: attempt.id, own: said)
            return
        }
        logger.warning("a sequence number of ours was used by another transaction", ["weir.slot": "\(attempt.slot)"])
        try await apply(.ownEventsAbsent(upTo: indexed), to: attempt.id)
    }

    /// The outcome of a copy of our content, inside the transaction that says so.
    func adopt(_ attempt: AttemptRecord, _ events: [OperationEvent], on connection: PostgresConnection) async throws {
        guard let first = events.first else { return }
        let items = try await store.items(inSlot: attempt.slotID, on: connection)
        let said = OutcomeResolver.outcomes(
            of: items.map { .init($0.reference.operation, $0.content) }, recipe: attempt.recipe, events: events)
        try await ItemOutcomes.finish(
            zip(items, said).compactMap { item, outcome in
                DecidedOutcome(outcome: outcome, transactionID: first.transactionID, height: first.height)
                    .result(of: item.reference)
            }, on: connection)
        try await store.close([(attempt.slotID, attempt.id)], on: connection)
        count(said)
        try await leaveUnnamed(
            zip(items, said).filter { $0.1 == .unnamed }.map(\.0.reference), first.transactionID, on: connection)
    }
}
