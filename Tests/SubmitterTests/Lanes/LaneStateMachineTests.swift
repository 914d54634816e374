import FlowClient
import Testing

@testable import Submitter

@Suite struct LaneStateMachineTests {
    typealias Lane = LaneStateMachine

    /// Next number 7, proven at height 50.
    static func lane(_ state: Lane.State) -> Lane { Lane(state: state, nextNumber: 7, evidenceHeight: 50) }

    static let states: [(String, Lane.State)] = [
        ("unread", .unread), ("idle", .idle), ("busy", .busy), ("quarantined", .quarantined(because: "x")),
        ("revoked", .revoked),
    ]

    static let events: [String: Lane.Event] = [
        "read 7": .read(7, revoked: false, at: 60), "read 9": .read(9, revoked: false, at: 60),
        "read 6": .read(6, revoked: false, at: 60), "read 6, older": .read(6, revoked: false, at: 49),
        "read revoked": .read(7, revoked: true, at: 60), "leased": .leased, "consumed": .slotConsumed(at: 70),
        "released": .slotReleased, "passed": .slotPassed(at: 70), "quarantined": .quarantined(because: "y"),
        "cleared": .cleared,
    ]

    /// State after, next number, actions.
    static let table = """
        event         | unread               | idle                  | busy               | quarantined         | revoked
        read 7        | idle 7               | idle 7                | busy 7             | quarantined 7       | revoked 7
        read 9        | idle 9               | idle 9 warn           | busy 7             | quarantined 7       | revoked 7
        read 6        | quarantined 7 warn   | quarantined 7 warn    | busy 7             | quarantined 7       | revoked 7
        read 6, older | unread 7 read        | idle 7                | busy 7             | quarantined 7       | revoked 7
        read revoked  | revoked 7 warn       | revoked 7 warn        | busy 7             | revoked 7 warn      | revoked 7
        leased        | unread 7 read        | busy 7 fill           | busy 7             | quarantined 7       | revoked 7
        consumed      | unread 7             | idle 7                | idle 8             | quarantined 8       | revoked 7
        released      | unread 7             | idle 7                | idle 7             | quarantined 7       | revoked 7
        passed        | unread 7             | idle 7                | unread 7 read      | quarantined 7       | revoked 7
        quarantined   | quarantined 7 warn   | quarantined 7 warn    | quarantined 7 warn | quarantined 7 warn  | revoked 7
        cleared       | unread 7             | idle 7                | busy 7             | unread 7 read       | revoked 7
        """

    @Test func `every state does with every event what the table says`() throws {
        let rows = Self.table.split(separator: "\n").dropFirst().map { line in
            line.split(separator: "|").map { $0.trimming(while: { $0 == " " }) }
        }
        #expect(Set(rows.map { $0[0] }) == Set(Self.events.keys))
        for row in rows {
            for ((name, state), expected) in zip(Self.states, row.dropFirst()) {
                var lane = Self.lane(state)
                let actions = lane.receive(try #require(Self.events[row[0]])).map(Self.word)
                let told = [Self.word(lane.state), "\(lane.nextNumber)"] + actions
                #expect(told.joined(separator: " ") == expected, "\(row[0]) in \(name)")
            }
        }
    }

    @Test func `a number read from an older state than our own evidence is not believed`() {
        var lane = Self.lane(.busy)
        _ = lane.receive(.slotConsumed(at: 70))
        #expect(lane.receive(.read(7, revoked: false, at: 69)).isEmpty)
        #expect(lane.nextNumber == 8 && lane.state == .idle)
    }

    @Test func `a slot that was passed unseen makes the lane wait for a state that is as new`() {
        var lane = Self.lane(.busy)
        _ = lane.receive(.slotPassed(at: 70))
        #expect(lane.receive(.read(7, revoked: false, at: 69)) == [.read])
        #expect(lane.receive(.leased) == [.read])
        _ = lane.receive(.read(8, revoked: false, at: 70))
        #expect(lane.receive(.leased) == [.fill(8)])
    }

    static func word(_ state: Lane.State) -> String {
        switch state {
        case .unread: "unread"
        case .idle: "idle"
        case .busy: "busy"
        case .quarantined: "quarantined"
        case .revoked: "revoked"
        }
    }

    static func word(_ action: Lane.Action) -> String {
        switch action {
        case .read: "read"
        case .fill: "fill"
        case .warn: "warn"
        }
    }
}
