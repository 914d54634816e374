package import FlowClient

/// One proposal key as a lane: one transaction under way at a time, one number after another. A value; its row is
/// `proposal_keys`.
///
///     unread       its number must come from the chain before anything else   → idle, revoked
///     idle         the next number is known                                   → busy, unread, quarantined, revoked
///     busy         a slot is held                                             → idle, unread, quarantined
///     quarantined  the chain and the record disagree; an operator looks        → unread
///     revoked      for good                                                    (end)
///
/// The number advances on evidence alone: an executed transaction of ours, or the chain's own word at a height that is
/// not older than the evidence we have.
package struct LaneStateMachine: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case unread, idle, busy
        case quarantined(because: String)
        case revoked
    }

    package enum Event: Hashable, Sendable {
        /// What the account said in the state at a height.
        case read(SequenceNumber, revoked: Bool, at: BlockHeight)
        case leased
        /// The held slot was used, by whatever.
        case slotConsumed(at: BlockHeight)
        /// The held slot was given back unused.
        case slotReleased
        /// The held slot was used, or may have been, by something that we did not see, at this height or before.
        case slotPassed(at: BlockHeight)
        case quarantined(because: String)
        /// An operator's word.
        case cleared
    }

    package enum Action: Hashable, Sendable {
        case read
        /// The slot to fill.
        case fill(SequenceNumber)
        /// Somebody outside used numbers of this key, or the chain forgot some.
        case warn(String)
    }

    package private(set) var state: State
    package private(set) var nextNumber: SequenceNumber
    package private(set) var evidenceHeight: BlockHeight

    package init(state: State = .unread, nextNumber: SequenceNumber = 0, evidenceHeight: BlockHeight = 0) {
        self.state = state
        self.nextNumber = nextNumber
        self.evidenceHeight = evidenceHeight
    }

    package mutating func receive(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.revoked, _): return []
        case (_, .read(let number, let revoked, let height)): return read(number, revoked: revoked, at: height)
        case (.idle, .leased):
            state = .busy
            return [.fill(nextNumber)]
        case (.unread, .leased): return [.read]
        case (.busy, .leased), (.quarantined, .leased): return []
        case (.busy, .slotConsumed(let height)):
            state = .idle
            consumed(at: height)
            return []
        case (.quarantined, .slotConsumed(let height)):
            consumed(at: height)
            return []
        case (_, .slotConsumed): return []
        case (.busy, .slotReleased):
            state = .idle
            return []
        case (_, .slotReleased): return []
        case (.busy, .slotPassed(let height)):
            state = .unread
            evidenceHeight = max(evidenceHeight, height)
            return [.read]
        case (_, .slotPassed): return []
        case (_, .quarantined(let reason)):
            state = .quarantined(because: reason)
            return [.warn(reason)]
        case (.quarantined, .cleared):
            state = .unread
            return [.read]
        case (_, .cleared): return []
        }
    }

    private mutating func consumed(at height: BlockHeight) {
        nextNumber = SequenceNumber(nextNumber.rawValue + 1)
        evidenceHeight = max(evidenceHeight, height)
    }

    private mutating func read(_ number: SequenceNumber, revoked: Bool, at height: BlockHeight) -> [Action] {
        if revoked {
            // What a revoked key has under way can't be executed any more, or already was: its attempt will be told.
            guard state != .busy else { return [] }
            state = .revoked
            return [.warn("the key is revoked")]
        }
        switch state {
        case .busy, .quarantined, .revoked: return []
        case .unread, .idle: break
        }
        guard height >= evidenceHeight else { return state == .unread ? [.read] : [] }
        if number < nextNumber {
            let reason = "the chain's sequence number is \(number), behind \(nextNumber) as recorded"
            state = .quarantined(because: reason)
            return [.warn(reason)]
        }
        let strangers = state == .idle && number > nextNumber
        state = .idle
        defer { (nextNumber, evidenceHeight) = (number, height) }
        return strangers ? [.warn("the sequence number went from \(nextNumber) to \(number) without us")] : []
    }
}
