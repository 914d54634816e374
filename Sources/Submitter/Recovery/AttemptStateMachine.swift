package import FlowClient

/// One signed transaction, from its record to the last that must be known of it. A value: events go in, actions come out,
/// and the shell carries them out.
///
///     signed      recorded; no byte of it has gone out, as far as the record says   → any
///     sent        a node took it                                                    → in doubt, executed … superseded
///     in doubt    nobody knows whether a node has it, or what used its slot         → sent, executed … superseded
///     executed    in a block that is not sealed yet                                 → sealed, failed, superseded
///     sealed      succeeded, for good; the index must still name each item          (end)
///     failed      refused before any node can have had it, or failed for good       (end)
///     expired     too old to be executed, and its slot is unused                    (end; signed again in the same slot)
///     superseded  its slot was used by something else, or can't be used             (end; see what its own events say)
///
/// Events that do not fit are of three kinds. *Noise* (a second acceptance, a status already known) changes nothing.
/// *Late* events (anything after an end) change nothing either: what a slot came to is told by the slot and by the
/// operation's own events, not by the attempt. *Impossible* ones do not exist: every state takes every event.
package struct AttemptStateMachine: Hashable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case signed, sent
        case inDoubt = "in_doubt"
        case executed, sealed, failed, expired, superseded

        package var isOpen: Bool { self == .signed || self == .sent || self == .inDoubt || self == .executed }
    }

    package enum Event: Hashable, Sendable {
        case sendAccepted
        case sendRefused(SendRefusal)
        case sendUnclear
        /// Found in the database by someone who did not put it there just now: a send may have been cut off.
        case adopted
        case statusSeen(Execution)
        case sealedHeightAdvanced(BlockHeight)
        /// The chain's next number for the proposal key, in the sealed state at a height. Whether it can still be used: it
        /// is not revoked, and there is a signer for it.
        case slotRead(SequenceNumber, isUsable: Bool = true, at: BlockHeight)
        /// The index has the operation's own events, under this transaction id (ours, or a copy's of our content).
        case ownEventsSeen(under: TransactionID, at: BlockHeight)
        /// The index is complete up to this height and has none.
        case ownEventsAbsent(upTo: BlockHeight)
        /// The operations are named by a transaction that is not in the record, and no node has it any more.
        case ownEventsUnreadable(in: TransactionID)
    }

    package struct Execution: Hashable, Sendable {
        package var height: BlockHeight
        package var isSealed: Bool
        package var failure: ExecutionFailure?
        package init(height: BlockHeight, isSealed: Bool, failure: ExecutionFailure? = nil) {
            self.height = height
            self.isSealed = isSealed
            self.failure = failure
        }
    }

    package enum Action: Hashable, Sendable {
        /// The same bytes, to any node, after a pause.
        case sendAgain
        /// Ask the chain for the key's number.
        case readSlot
        /// Ask the index for the operations' own events, once it is complete up to this height.
        case lookForOwnEvents(upTo: BlockHeight)
        /// The same content in the same slot, with a fresh reference block.
        case signAgain
        /// The lane goes on with the next number.
        case consumeSlot(at: BlockHeight)
        /// The content will not execute in this slot: the lane goes on with the same number.
        case releaseSlot
        /// Something that we did not see used the number, or may have: the lane's next one must come from the chain, as it
        /// is at this height or later.
        case passSlot(at: BlockHeight)
        case quarantineLane(String)
        /// The payer's or the network's trouble: nothing of the kind is signed until it has passed.
        case hold(ExecutionFailure.Owner, String)
        /// The network takes no computation limit above this one.
        case learnComputationLimit(UInt64)
        /// What the chain says of the key comes first, before it is used again.
        case rereadLane
        /// Others use this key: it rests, and the work goes on by other lanes.
        case restLane
        /// Items that waited for these may go.
        case letDependentsGo
        /// Each item is finished when the index names it.
        case finishFromIndex
        /// As `finishFromIndex`, for a copy of our content under another id.
        case adoptOutcome(of: TransactionID)
        /// The chain may have done them, and nobody can tell: a person decides.
        case leaveUnproven(String)
        /// Split, fail or try again, item by item.
        case judge(ExecutionFailure)
        case judgeRefusal(SendRefusal)
        /// Back into the queue, to go in another slot.
        case requeueItems(String)
    }

    package let transactionID: TransactionID
    package let sequenceNumber: SequenceNumber
    package let expiryHeight: BlockHeight
    /// Heights past the expiry before it is believed: a node may have been behind when it took the bytes.
    package let margin: UInt64

    package private(set) var state: State
    /// A node may have the bytes: from here on a refusal proves nothing.
    package private(set) var possiblyKnown: Bool
    /// The sealed height at which the key's number was past ours, while we had seen nothing that used it.
    package private(set) var passedHeight: BlockHeight?
    /// It failed, and the node did not say how: whether the number was used must be asked for first.
    package private(set) var unexplained: ExecutionFailure?
    /// Where it was executed, so far as is known: what the chain says of an earlier height says nothing of it.
    package private(set) var executedHeight: BlockHeight?

    package init(
        transactionID: TransactionID, sequenceNumber: SequenceNumber, expiryHeight: BlockHeight, margin: UInt64,
        state: State = .signed, possiblyKnown: Bool = false, passedHeight: BlockHeight? = nil,
        unexplained: ExecutionFailure? = nil, executedHeight: BlockHeight? = nil
    ) {
        self.transactionID = transactionID
        self.sequenceNumber = sequenceNumber
        self.expiryHeight = expiryHeight
        self.margin = margin
        self.state = state
        self.possiblyKnown = possiblyKnown
        self.passedHeight = passedHeight
        self.unexplained = unexplained
        self.executedHeight = executedHeight
    }

    package mutating func receive(_ event: Event) -> [Action] {
        guard state.isOpen else { return [] }
        switch event {
        case .sendAccepted: return sendAccepted()
        case .sendRefused(let refusal): return sendRefused(refusal)
        case .sendUnclear: return sendUnclear()
        case .adopted: return adopted()
        case .statusSeen(let execution): return statusSeen(execution)
        case .sealedHeightAdvanced(let height): return sealedHeightAdvanced(height)
        case .slotRead(let number, let isUsable, let height): return slotRead(number, isUsable: isUsable, at: height)
        case .ownEventsSeen(let id, let height): return ownEventsSeen(under: id, at: height)
        case .ownEventsAbsent(let height): return ownEventsAbsent(upTo: height)
        case .ownEventsUnreadable(let id): return ownEventsUnreadable(in: id)
        }
    }

    private mutating func sendAccepted() -> [Action] {
        possiblyKnown = true
        if state == .signed || state == .inDoubt && !awaitsTheChain { state = .sent }
        return []
    }

    private mutating func sendUnclear() -> [Action] {
        possiblyKnown = true
        guard state == .signed || state == .inDoubt else { return [] }
        state = .inDoubt
        return awaitsTheChain ? [] : [.sendAgain]
    }

    private mutating func adopted() -> [Action] {
        guard state == .signed || state == .inDoubt else { return [] }
        possiblyKnown = true
        state = .inDoubt
        if let passedHeight { return [.lookForOwnEvents(upTo: passedHeight)] }
        return unexplained == nil ? [.sendAgain] : [.readSlot]
    }

    private mutating func sendRefused(_ refusal: SendRefusal) -> [Action] {
        guard state == .signed || state == .inDoubt, !awaitsTheChain else { return [] }
        switch refusal.kind {
        case .busy, .unknownReference:
            return [.sendAgain]
        case .payer:
            return [.hold(.payer, refusal.reason), .sendAgain]
        case .expired, .invalid, .tooLarge, .computationLimit:
            // Another node may have taken the bytes from us before: then the chain decides, at the latest at the expiry.
            if possiblyKnown { return [] }
            if refusal.kind == .expired {
                // The slot still stands between the two, should a node have lied.
                state = .expired
                return [.signAgain]
            }
            state = .failed
            if case .computationLimit(let most) = refusal.kind {
                return [.learnComputationLimit(most), .releaseSlot, .judgeRefusal(refusal)]
            }
            return [.releaseSlot, .judgeRefusal(refusal)]
        }
    }

    private mutating func statusSeen(_ execution: Execution) -> [Action] {
        possiblyKnown = true
        guard let failure = execution.failure else {
            let first = state != .executed
            state = execution.isSealed ? .sealed : .executed
            return (first ? [.consumeSlot(at: execution.height), .letDependentsGo] : [])
                + (execution.isSealed ? [.finishFromIndex] : [])
        }
        return failed(failure, execution)
    }

    private mutating func failed(_ failure: ExecutionFailure, _ execution: Execution) -> [Action] {
        // It has been executed. A second inclusion of the same bytes fails with 1007, and says nothing of the first.
        if state == .executed, failure.effect == .untouched { return [] }
        if failure.effect == .consumed {
            let first = state != .executed
            state = execution.isSealed ? .failed : .executed
            return (first ? [.consumeSlot(at: execution.height)] : []) + (execution.isSealed ? [.judge(failure)] : [])
        }
        // What is not sealed could still come out differently; nothing is decided on it.
        guard execution.isSealed else { return [] }
        switch failure.remedy {
        case .wrongNumber(let chain?, _) where chain < sequenceNumber:
            // We ran ahead of the chain. The bytes may still be taken, until they expire.
            state = .inDoubt
            return [.quarantineLane("the chain's sequence number is \(chain), behind \(sequenceNumber)")]
        case .wrongNumber:
            return passed(at: execution.height)
        case .leaveLane:
            // A signature that is not valid under this key, or a key that is revoked for good: no copy is any better.
            state = .superseded
            return [.quarantineLane(failure.reason), .releaseSlot, .requeueItems(failure.reason)]
        case .hold(let owner) where failure.effect == .untouched:
            // The signatures are good, they only do not weigh enough today: whoever has a copy could still have it
            // executed later. So the content stays in its slot until it has expired.
            state = .inDoubt
            return [.hold(owner, failure.reason)]
        case .split, .splitAndLearn, .setApart, .fail, .hold:
            state = .inDoubt
            unexplained = failure
            executedHeight = execution.height
            return [.readSlot]
        }
    }

    /// Something used our number. It may have been a copy of our own content: the operation's events will say.
    private mutating func passed(at height: BlockHeight) -> [Action] {
        state = .inDoubt
        passedHeight = max(passedHeight ?? height, height)
        return [.lookForOwnEvents(upTo: passedHeight!)]
    }

    private mutating func sealedHeightAdvanced(_ height: BlockHeight) -> [Action] {
        guard state != .executed, passedHeight == nil else { return [] }
        if unexplained != nil { return [.readSlot] }
        guard isExpired(at: height) else { return [] }
        state = .inDoubt
        possiblyKnown = true
        return [.readSlot]
    }

    private mutating func slotRead(_ number: SequenceNumber, isUsable: Bool, at height: BlockHeight) -> [Action] {
        guard state != .executed, passedHeight == nil else { return [] }
        if number > sequenceNumber { return passed(at: height) }
        if let unexplained {
            guard height >= executedHeight ?? 0 else { return [] }
            // Executed and sealed by then, and the number is still ours: it did not use it.
            state = .failed
            return [.releaseSlot, .judge(unexplained)]
        }
        guard isExpired(at: height) else { return [] }
        guard number == sequenceNumber else {
            state = .superseded
            return [
                .quarantineLane("the chain's sequence number is \(number), behind \(sequenceNumber)"), .releaseSlot,
                .requeueItems("the proposal key ran ahead of the chain"),
            ]
        }
        guard isUsable else {
            // Too old to be executed by anyone, and nobody here can sign for this key again: another lane carries it.
            state = .superseded
            return [
                .releaseSlot, .rereadLane, .requeueItems("its proposal key can't be used any more"),
            ]
        }
        state = .expired
        return [.signAgain]
    }

    private mutating func ownEventsSeen(under id: TransactionID, at height: BlockHeight) -> [Action] {
        let first = state != .executed
        if id == transactionID {
            state = .sealed
            return (first ? [.consumeSlot(at: height), .letDependentsGo] : []) + [.finishFromIndex]
        }
        state = .superseded
        return [.passSlot(at: height), .adoptOutcome(of: id)]
    }

    private mutating func ownEventsAbsent(upTo height: BlockHeight) -> [Action] {
        guard let passedHeight, state == .inDoubt, height >= passedHeight else { return [] }
        if let unexplained {
            state = .failed
            return [.passSlot(at: passedHeight), .judge(unexplained)]
        }
        state = .superseded
        return [
            .passSlot(at: passedHeight), .restLane,
            .requeueItems("its sequence number was used by another transaction"),
        ]
    }

    private mutating func ownEventsUnreadable(in id: TransactionID) -> [Action] {
        guard let passedHeight, state == .inDoubt else { return [] }
        state = .superseded
        return [
            .passSlot(at: passedHeight),
            .leaveUnproven("transaction \(id.hex) names the operation, and no node has it any more to say what it did"),
        ]
    }

    /// The bytes have done what they could; sending them again would not help.
    private var awaitsTheChain: Bool { passedHeight != nil || unexplained != nil }

    private func isExpired(at height: BlockHeight) -> Bool {
        height.rawValue > expiryHeight.rawValue &+ margin
    }
}
