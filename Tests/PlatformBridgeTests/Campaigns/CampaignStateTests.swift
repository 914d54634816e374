import PlatformBridge
import Testing

@Suite struct CampaignStateTests {
    private static let events: [CampaignState.Event] = [
        .changed, .plan, .asked, .start(later: false, unasked: false), .start(later: true, unasked: false),
        .start(later: false, unasked: true), .start(later: true, unasked: true), .due, .pause, .resume, .abort,
        .exhausted, .retry,
    ]

    @Test func `what is aborted stays aborted, and everything that has not ended can be`() {
        for event in Self.events { #expect(CampaignState.aborted.after(event) == nil, "\(event)") }
        for state in CampaignState.allCases where !state.isOver { #expect(state.after(.abort) == .aborted) }
        #expect(CampaignState.finished.after(.abort) == nil)
    }

    @Test func `terms and recipients are fixed from the beginning on`() {
        for state in CampaignState.allCases {
            #expect((state.after(.changed) != nil) == (state == .draft || state == .planned), "\(state)")
        }
    }

    @Test func `nothing is sent before it was planned, unless that is said`() {
        #expect(CampaignState.draft.after(.start(later: false, unasked: false)) == nil)
        #expect(CampaignState.draft.after(.start(later: false, unasked: true)) == .running)
        #expect(CampaignState.planning.after(.start(later: false, unasked: true)) == nil)
        #expect(CampaignState.planned.after(.start(later: true, unasked: false)) == .scheduled)
    }

    @Test
    func `every state but the last is left by some event, and running is reached from every one that has not ended`() {
        for state in CampaignState.allCases where !state.isOver {
            var reached: Set<CampaignState> = [state]
            for _ in CampaignState.allCases {
                reached.formUnion(reached.flatMap { from in Self.events.compactMap { from.after($0) } })
            }
            #expect(reached.isSuperset(of: [.running, .finished, .aborted]), "\(state) reaches \(reached)")
        }
    }
}
