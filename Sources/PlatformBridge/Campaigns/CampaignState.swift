/// Where a campaign is, and what may be done to it there. A plain value: what carries it out reads and writes tables.
package enum CampaignState: String, CaseIterable, Sendable {
    /// Recipients are being told.
    case draft
    /// The chain is being asked who is ready.
    case planning
    case planned
    /// It begins at its time.
    case scheduled
    case running
    case paused
    /// Every recipient has an outcome: delivered, failed or left out.
    case finished
    case aborted

    package enum Event: Hashable, Sendable {
        /// Recipients or terms were changed.
        case changed
        case plan
        /// Everybody has been asked about.
        case asked
        /// `later`: its time is still to come. `unasked`: without a plan.
        case start(later: Bool, unasked: Bool)
        case due
        case pause
        case resume
        case abort
        /// Nobody is left to send to.
        case exhausted
        /// What failed is sent again.
        case retry
    }

    /// Nil where this can't be done now.
    package func after(_ event: Event) -> CampaignState? {
        switch (self, event) {
        case (.draft, .changed), (.planned, .changed): .draft
        case (.draft, .plan), (.planned, .plan), (.paused, .plan), (.finished, .plan): .planning
        case (.planning, .asked): .planned
        case (.planned, .start(let later, _)), (.draft, .start(let later, true)): later ? .scheduled : .running
        case (.scheduled, .due): .running
        case (.scheduled, .pause), (.running, .pause): .paused
        case (.paused, .resume): .running
        case (.draft, .abort), (.planning, .abort), (.planned, .abort), (.scheduled, .abort), (.running, .abort),
            (.paused, .abort):
            .aborted
        case (.running, .exhausted): .finished
        case (.finished, .retry), (.running, .retry): .running
        case (.paused, .retry): .paused
        default: nil
        }
    }

    /// Whether operations of its own may still be on their way to the chain when it is in this state.
    package var mayHaveWaves: Bool { self == .running || self == .paused || self == .aborted }
    package var isOver: Bool { self == .finished || self == .aborted }
}
