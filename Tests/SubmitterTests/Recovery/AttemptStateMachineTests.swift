import FlowClient
import TestSupport
import Testing

@testable import Submitter

/// Slot number 7, expiry at height 100, a margin of 10.
@Suite struct AttemptStateMachineTests {
    typealias Machine = AttemptStateMachine

    static let ours = TransactionID(bytes: [UInt8](repeating: 1, count: 32))!
    static let copy = TransactionID(bytes: [UInt8](repeating: 2, count: 32))!

    static func failure(_ code: Int?, _ rest: String = "") -> ExecutionFailure {
        ExecutionFailure(
            text: code.map { "[Error Code: \($0)] error caused by: 1 error occurred:\n\t* \(rest)" } ?? "failed",
            proposer: 3)
    }

    static func seen(sealed: Bool, _ failure: ExecutionFailure? = nil) -> Machine.Event {
        .statusSeen(.init(height: 50, isSealed: sealed, failure: failure))
    }

    static let events: [String: Machine.Event] = [
        "accepted": .sendAccepted,
        "busy": .sendRefused(SendRefusal(.busy, "")),
        "not yet": .sendRefused(SendRefusal(.unknownReference, "")),
        "too old": .sendRefused(SendRefusal(.expired, "")),
        "invalid": .sendRefused(SendRefusal(.invalid, "")),
        "no funds": .sendRefused(SendRefusal(.payer, "")),
        "limit 500": .sendRefused(SendRefusal(.computationLimit(500), "")),
        "unclear": .sendUnclear,
        "adopted": .adopted,
        "executed": seen(sealed: false),
        "sealed": seen(sealed: true),
        "panics": seen(sealed: false, failure(1101)),
        "panicked": seen(sealed: true, failure(1101)),
        "1007 unsealed": seen(sealed: false, failure(1007, "has sequence number 8, but given 7")),
        "1007 ahead": seen(sealed: true, failure(1007, "has sequence number 8, but given 7")),
        "1007 behind": seen(sealed: true, failure(1007, "has sequence number 6, but given 7")),
        "1009": seen(sealed: true, failure(1009, "public key 3 on account x does not have a valid signature")),
        "1055": seen(sealed: true, failure(1055, "transaction verification failed")),
        "failed": seen(sealed: true, failure(nil)),
        "height 110": .sealedHeightAdvanced(110),
        "height 111": .sealedHeightAdvanced(111),
        "slot 7 at 110": .slotRead(7, at: 110),
        "slot 7 at 111": .slotRead(7, at: 111),
        "slot 8": .slotRead(8, at: 60),
        "slot 6 at 111": .slotRead(6, at: 111),
        "revoked at 110": .slotRead(7, isUsable: false, at: 110),
        "revoked at 111": .slotRead(7, isUsable: false, at: 111),
        "own events": .ownEventsSeen(under: ours, at: 50),
        "a copy's events": .ownEventsSeen(under: copy, at: 50),
        "none up to 59": .ownEventsAbsent(upTo: 59),
        "none up to 60": .ownEventsAbsent(upTo: 60),
        "unreadable": .ownEventsUnreadable(in: copy),
    ]

    static func machine(
        _ state: Machine.State, known: Bool = true, passed: BlockHeight? = nil, _ why: ExecutionFailure? = nil
    )
        -> Machine
    {
        Machine(
            transactionID: ours, sequenceNumber: 7, expiryHeight: 100, margin: 10, state: state, possiblyKnown: known,
            passedHeight: passed, unexplained: why)
    }

    /// "passed" and "unexplained" are in doubt, too, and wait for the index and for the chain's word on the slot.
    static let states: [(String, Machine)] = [
        ("signed", machine(.signed, known: false)), ("sent", machine(.sent)), ("doubt", machine(.inDoubt)),
        ("passed", machine(.inDoubt, passed: 60)), ("unexplained", machine(.inDoubt, failure(nil))),
        ("executed", machine(.executed)),
    ]

    /// A row an event, a column a state; a cell is the state after, then the actions. `-` changes nothing and does nothing.
    static let table = """
        event           | signed                    | sent                     | doubt                    | passed                    | unexplained              | executed
        accepted        | sent                      | -                        | sent                     | -                         | -                        | -
        busy            | signed again              | -                        | doubt again              | -                         | -                        | -
        not yet         | signed again              | -                        | doubt again              | -                         | -                        | -
        too old         | expired sign              | -                        | -                        | -                         | -                        | -
        invalid         | failed release refused    | -                        | -                        | -                         | -                        | -
        no funds        | signed hold again         | -                        | doubt hold again         | -                         | -                        | -
        limit 500       | failed learn release refused | -                     | -                        | -                         | -                        | -
        unclear         | doubt again               | -                        | doubt again              | -                         | -                        | -
        adopted         | doubt again               | -                        | doubt again              | doubt look                | doubt read               | -
        executed        | executed consume go       | executed consume go      | executed consume go      | executed consume go       | executed consume go      | -
        sealed          | sealed consume go finish  | sealed consume go finish | sealed consume go finish | sealed consume go finish  | sealed consume go finish | sealed finish
        panics          | executed consume          | executed consume         | executed consume         | executed consume          | executed consume         | -
        panicked        | failed consume judge      | failed consume judge     | failed consume judge     | failed consume judge      | failed consume judge     | failed judge
        1007 unsealed   | -                         | -                        | -                        | -                         | -                        | -
        1007 ahead      | doubt look                | doubt look               | doubt look               | doubt look                | doubt look               | -
        1007 behind     | doubt quarantine          | doubt quarantine         | doubt quarantine         | doubt quarantine          | doubt quarantine         | -
        1009            | superseded quarantine release requeue | superseded quarantine release requeue | superseded quarantine release requeue | superseded quarantine release requeue | superseded quarantine release requeue | -
        1055            | doubt hold                | doubt hold               | doubt hold               | doubt hold                | doubt hold               | -
        failed          | doubt read                | doubt read               | doubt read               | doubt read                | doubt read               | doubt read
        height 110      | -                         | -                        | -                        | -                         | doubt read               | -
        height 111      | doubt read                | doubt read               | doubt read               | -                         | doubt read               | -
        slot 7 at 110   | -                         | -                        | -                        | -                         | failed release judge     | -
        slot 7 at 111   | expired sign              | expired sign             | expired sign             | -                         | failed release judge     | -
        revoked at 110  | -                         | -                        | -                        | -                         | failed release judge     | -
        revoked at 111  | superseded release reread requeue | superseded release reread requeue | superseded release reread requeue | - | failed release judge | -
        slot 8          | doubt look                | doubt look               | doubt look               | -                         | doubt look               | -
        slot 6 at 111   | superseded quarantine release requeue | superseded quarantine release requeue | superseded quarantine release requeue | - | failed release judge     | -
        own events      | sealed consume go finish  | sealed consume go finish | sealed consume go finish | sealed consume go finish  | sealed consume go finish | sealed finish
        a copy's events | superseded pass adopt     | superseded pass adopt    | superseded pass adopt    | superseded pass adopt     | superseded pass adopt    | superseded pass adopt
        none up to 59   | -                         | -                        | -                        | -                         | -                        | -
        none up to 60   | -                         | -                        | -                        | superseded pass rest requeue | -                     | -
        unreadable      | -                         | -                        | -                        | superseded pass unproven  | -                        | -
        """

    static let rows: [(event: String, cells: [String])] = table.split(separator: "\n").dropFirst().map { line in
        let cells = line.split(separator: "|").map { $0.trimming(while: { $0 == " " }) }
        return (cells[0], Array(cells.dropFirst()))
    }

    @Test func `the table has every event against every open state`() {
        #expect(Set(Self.rows.map(\.event)) == Set(Self.events.keys))
        #expect(Self.rows.allSatisfy { $0.cells.count == Self.states.count })
    }

    @Test(arguments: rows.map(\.event)) func `every open state does with every event what the table says`(name: String)
        throws
    {
        let row = try #require(Self.rows.first { $0.event == name })
        let event = try #require(Self.events[name])
        for ((state, machine), expected) in zip(Self.states, row.cells) {
            var after = machine
            let actions = after.receive(event).map(Self.word)
            let told = expected == "-" ? [Self.word(machine.state)] : expected.split(separator: " ").map(String.init)
            #expect([Self.word(after.state)] + actions == told, "\(name) in \(state)")
        }
    }

    @Test(arguments: [Machine.State.sealed, .failed, .expired, .superseded])
    func `an attempt that has ended takes no event any more`(state: Machine.State) {
        for (name, event) in Self.events {
            let machine = Self.machine(state)
            var after = machine
            #expect(after.receive(event).isEmpty, "\(name)")
            #expect(after == machine, "\(name)")
        }
    }

    @Test func `a refusal proves nothing once a node may have the bytes`() {
        var machine = Self.machine(.signed, known: false)
        _ = machine.receive(.sendUnclear)
        #expect(machine.receive(.sendRefused(SendRefusal(.invalid, "no"))).isEmpty)
        #expect(machine.state == .inDoubt)
    }

    @Test func `a second acceptance after a busy node leaves no trace of the first answer`() {
        var machine = Self.machine(.signed, known: false)
        #expect(machine.receive(.sendRefused(SendRefusal(.busy, ""))) == [.sendAgain])
        #expect(!machine.possiblyKnown)
        _ = machine.receive(.sendAccepted)
        #expect(machine.state == .sent && machine.possiblyKnown)
    }

    @Test func `what used the slot is asked for up to the highest height at which it was seen used`() {
        var machine = Self.machine(.sent)
        #expect(machine.receive(.slotRead(8, at: 60)) == [.lookForOwnEvents(upTo: 60)])
        #expect(
            machine.receive(.statusSeen(.init(height: 70, isSealed: true, failure: Self.failure(1007)))) == [
                .lookForOwnEvents(upTo: 70)
            ])
        #expect(machine.receive(.ownEventsAbsent(upTo: 69)).isEmpty)
        #expect(machine.receive(.ownEventsAbsent(upTo: 70)).contains(.passSlot(at: 70)))
    }

    @Test func `a failure without a reason is judged when the chain has said what became of the slot`() {
        var machine = Self.machine(.sent)
        let unknown = Self.failure(nil)
        #expect(machine.receive(.statusSeen(.init(height: 50, isSealed: true, failure: unknown))) == [.readSlot])
        #expect(machine.receive(.slotRead(8, at: 60)) == [.lookForOwnEvents(upTo: 60)])
        #expect(machine.receive(.ownEventsAbsent(upTo: 61)) == [.passSlot(at: 60), .judge(unknown)])
        #expect(machine.state == .failed)
    }

    @Test func `what the chain says of a height before the failure says nothing of it`() {
        var machine = Self.machine(.sent)
        _ = machine.receive(.statusSeen(.init(height: 50, isSealed: true, failure: Self.failure(nil))))
        #expect(machine.receive(.slotRead(7, at: 49)).isEmpty)
        #expect(machine.receive(.slotRead(7, at: 50)) == [.releaseSlot, .judge(Self.failure(nil))])
    }

    @Test(arguments: 0..<200) func `whatever comes in whatever order an end is final`(seed: UInt64) {
        var generator = SplitMix(state: seed)
        var machine = Self.machine(.signed, known: false)
        let all = Self.events.sorted { $0.key < $1.key }.map(\.value)
        for _ in 0..<40 {
            let before = machine
            let actions = machine.receive(all.randomElement(using: &generator)!)
            guard !before.state.isOpen else { continue }
            #expect(actions.isEmpty && machine == before)
        }
    }

    static func word(_ state: Machine.State) -> String { state == .inDoubt ? "doubt" : state.rawValue }

    static func word(_ action: Machine.Action) -> String {
        switch action {
        case .sendAgain: "again"
        case .readSlot: "read"
        case .lookForOwnEvents: "look"
        case .signAgain: "sign"
        case .consumeSlot: "consume"
        case .releaseSlot: "release"
        case .passSlot: "pass"
        case .quarantineLane: "quarantine"
        case .hold: "hold"
        case .learnComputationLimit: "learn"
        case .restLane: "rest"
        case .rereadLane: "reread"
        case .leaveUnproven: "unproven"
        case .letDependentsGo: "go"
        case .finishFromIndex: "finish"
        case .adoptOutcome: "adopt"
        case .judge: "judge"
        case .judgeRefusal: "refused"
        case .requeueItems: "requeue"
        }
    }
}

extension StringProtocol {
    func trimming(while holds: (Character) -> Bool) -> String {
        String(drop(while: holds).reversed().drop(while: holds).reversed())
    }
}
