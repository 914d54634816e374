import Cadence
import Daemon
import FlowClient
import FoundationEssentials
import Postgres
import Synchronization

/// A recorded attempt, with the bytes to send.
struct OutgoingAttempt: Sendable {
    var id: Int64
    var transaction: Transaction
}

extension LaneSubmitter {
    /// Makes as many transactions as there are lanes and items for, and records them. None has been sent when this returns.
    func dispatch() async throws -> [OutgoingAttempt] {
        guard try await mayWork(), try await !PausedParts(pool: store.pool).isPaused(.submit) else { return [] }
        let epoch = try epoch
        guard let keys = shared.withLock({ $0.builder.map { Set($0.keyring.entries.keys) } }) else { return [] }
        let (limits, turns) = shared.withLock { ($0.limits.mapValues(\.items), $0.turns) }
        let claims = try await store.claim(
            epoch,
            .init(
                limits: limits, keys: keys, itemLimit: configuration.claimLimit, turns: turns,
                probePause: configuration.probePause))
        guard !claims.isEmpty else { return [] }
        shared.withLock { shared in
            shared.turn += 1
            for claim in claims { shared.turns[claim.batch.recipe] = shared.turn }
        }
        try configuration.crash(.afterLease)

        var made: [OutgoingAttempt] = []
        do {
            let reference = try await referenceBlock()
            for group in claims.batches(of: Self.committedTogether) {
                made += try await make(group, reference, epoch)
            }
        } catch let error where !(error is SimulatedCrash) {
            try await giveBack(claims, epoch)
            guard !made.isEmpty else { throw error }
            logger.warning("a transaction could not be made, will try again", ["error": "\(error)"])
        }
        if made.count < claims.count { try await giveBack(claims, epoch) }
        return made
    }

    /// So many are signed side by side, and recorded in one transaction; the first of many are sent soon.
    private static let committedTogether = 64

    /// What was recorded is no claim any more. Where this fails, the next claim gives it back.
    private func giveBack(_ claims: [Claim], _ epoch: Int64) async throws {
        do { try await store.unclaim(claims, epoch: epoch) } catch let error as PostgresError {
            logger.debug("claims were not given back yet", ["error": "\(error)"])
        }
    }

    private typealias Made = (claim: Claim, transaction: Transaction)

    /// Signed and recorded. Claims that did not hold are left out.
    private func make(
        _ claims: [Claim], _ reference: ReferenceBlock, _ epoch: Int64
    ) async throws -> [OutgoingAttempt] {
        let signed = try await sign(claims, reference)
        for _ in signed { try configuration.crash(.afterSignBeforeCommit) }
        do {
            return try await record(signed, reference, epoch)
        } catch let error where Self.isOfOne(error) {
            // One by one: what keeps one from being recorded keeps no other.
            var each: [OutgoingAttempt] = []
            for one in signed { each += try await recordAlone(one, reference, epoch) }
            return each
        }
    }

    /// Taken back by its operation's cancellation, or a slot that is taken already.
    private static func isOfOne(_ error: any Error) -> Bool {
        error is SubmissionStore.ClaimLost || (error as? PostgresError)?.sqlState == .uniqueViolation
    }

    private func recordAlone(
        _ one: Made, _ reference: ReferenceBlock, _ epoch: Int64
    ) async throws -> [OutgoingAttempt] {
        do {
            return try await record([one], reference, epoch)
        } catch let error where Self.isOfOne(error) {
            return try await refused(one.claim, error, epoch)
        }
    }

    private func record(
        _ made: [Made], _ reference: ReferenceBlock, _ epoch: Int64
    ) async throws -> [OutgoingAttempt] {
        let ids = try await store.commit(made, reference: reference, expiry: configuration.expiry, epoch: epoch)
        let now = configuration.now()
        shared.withLock { shared in
            // Whoever is to send it may not come to it: then it is found when this time has come.
            for id in ids { shared.resends[id] = Resend(at: now + configuration.resendAfter, pause: .zero) }
            let first = BlockHeight(reference.height.rawValue + 1)
            if shared.nextHeight == nil { shared.nextHeight = first }
        }
        for (claim, transaction) in made {
            metrics.signed.increment()
            logger.debug(
                "recorded a transaction",
                [
                    "weir.transaction": transaction.id.hex, "weir.recipe": claim.batch.recipe.rawValue,
                    "weir.items": "\(claim.batch.items.count)", "weir.slot": "\(claim.lane.slot)",
                ])
            try configuration.crash(.afterCommitBeforeSend)
        }
        return zip(ids, made).map { OutgoingAttempt(id: $0, transaction: $1.transaction) }
    }

    private func refused(_ claim: Claim, _ error: any Error, _ epoch: Int64) async throws -> [OutgoingAttempt] {
        guard let error = error as? PostgresError else { return [] }
        // Another process was faster with the sequence; or the record has this number as used, and the chain knows.
        logger.warning(
            "a slot was taken already: the lane's number is read from the chain",
            ["weir.slot": "\(claim.lane.slot)", "constraint": error.constraint ?? ""])
        if error.constraint == "one_slot_one_content" {
            try await store.owned(epoch) { try await store.forgetNumber(of: claim.lane.slot.keyIndex, on: $0) }
        }
        return []
    }

    /// Side by side: a key store that is far away takes its time for each. One lane that can't be signed for is that lane's
    /// trouble.
    private func sign(_ claims: [Claim], _ reference: ReferenceBlock) async throws -> [Made] {
        try await withThrowingTaskGroup(of: (Int, Transaction?).self) { group in
            for (place, claim) in claims.enumerated() {
                group.addTask {
                    do { return (place, try await self.sign(claim, reference)) } catch let error as SubmitterError
                        where error.code == .account
                    {
                        self.logger.warning("a transaction could not be made, will try again", ["error": "\(error)"])
                        return (place, nil)
                    }
                }
            }
            var signed = [Transaction?](repeating: nil, count: claims.count)
            for try await (place, transaction) in group { signed[place] = transaction }
            return zip(claims, signed).compactMap { claim, transaction in transaction.map { (claim, $0) } }
        }
    }

    private func sign(_ claim: Claim, _ reference: ReferenceBlock) async throws -> Transaction {
        guard let builder = shared.withLock({ $0.builder }), let script = configuration.scripts[claim.batch.recipe]
        else {
            throw SubmitterError(.account, "there is no source for \(claim.batch.recipe.rawValue)")
        }
        let arguments = claim.batch.recipe.arguments(
            for: claim.batch.items.map { ($0.reference.operation, $0.content) })
        return try await builder.sign(
            script: script, arguments: arguments.map { JSONCDC.encode($0) }, slot: claim.lane.slot,
            reference: reference.id, computationLimit: computationLimit)
    }

    /// The latest finalized block: the latest sealed one would give a part of the time before the expiry away.
    func referenceBlock() async throws -> ReferenceBlock {
        let header = try await api.blockHeader(.latestFinalized).value
        return ReferenceBlock(id: header.id, height: header.height)
    }

    /// Sends a recorded transaction, and records what the answer proves.
    func send(_ attempt: OutgoingAttempt) async throws {
        shared.withLock { _ = $0.sending.insert(attempt.id) }
        defer { shared.withLock { _ = $0.sending.remove(attempt.id) } }
        try await counting.run(attempt.id) { ids in
            do {
                try await self.store.countSends(ids)
                return ids.map { _ in .success(()) }
            } catch { return ids.map { _ in .failure(error) } }
        }
        let event: AttemptStateMachine.Event
        do {
            let key = attempt.transaction.proposalKey
            // One slot, one node, while it is well: it drops duplicates that two nodes would pass on.
            _ = try await NodeAffinity.$key.withValue("\(key.address.hex)/\(key.keyIndex)") {
                try await api.send(attempt.transaction)
            }
            event = .sendAccepted
        } catch let error as AccessError {
            event =
                switch SendVerdict(error) {
                case .accepted: .sendAccepted
                case .refused(let refusal): .sendRefused(refusal.judged(for: attempt.transaction.computationLimit))
                case .unclear: .sendUnclear
                }
            logger.debug(
                "a send was not accepted", ["weir.transaction": attempt.transaction.id.hex, "error": "\(error)"])
        } catch let error where !(error is CancellationError) {
            event = .sendUnclear
        }
        try configuration.crash(.afterSendBeforeReply)
        metrics.sends(event).increment()
        scheduleResend(attempt.id, accepted: event == .sendAccepted)
        try await apply(event, to: attempt.id)
    }

    /// What is not accepted is sent again soon, what is accepted and not seen in a block some time later: nodes forget.
    private func scheduleResend(_ id: Int64, accepted: Bool) {
        let now = configuration.now()
        shared.withLock { shared in
            let first = accepted ? configuration.resendAfter * 8 : configuration.resendAfter
            let pause = min(shared.resends[id].map { max($0.pause * 2, first) } ?? first, .seconds(60))
            shared.resends[id] = Resend(at: now + pause, pause: pause)
        }
    }
}
