import Cadence
import FlowClient
import Testing

@testable import Indexer

@Suite struct OwnershipReducerTests {
    private let reader = EventReader(Nova.contracts)

    /// What the reducer makes of transactions in one block.
    private func reduce(
        _ transactions: [[TestEvent]], lockers: [UInt64: String] = [:]
    ) throws -> OwnershipReducer {
        var reducer = OwnershipReducer(lockers: lockers)
        for (index, events) in transactions.enumerated() {
            for (place, event) in events.enumerated() {
                if let read = try reader.read(event.event(.zero, UInt32(index), UInt32(place)), at: 9) {
                    reducer.read(read)
                }
            }
        }
        return reducer
    }

    private let amy = Nova.wallet(1)
    private let ben = Nova.wallet(2)

    @Test func `a deposit to the contract's account is the treasury's, unless its collection is a locker`() throws {
        let reduced = try reduce([
            [.deposited(Nova.pass(1), to: Nova.platform, collection: 70)],
            [
                .held(2, pass: "p", holder: "usr_1", "op"),
                .deposited(Nova.pass(2), to: Nova.platform, collection: 80),
            ],
        ])
        #expect(reduced.changes.map(\.owner) == [.treasury(Nova.platform), .locker(holder: "usr_1")])
        #expect(reduced.lockers == [80: "usr_1"])
    }

    @Test func `a locker that is known stays one without a word of its holder`() throws {
        let reduced = try reduce(
            [[.deposited(Nova.pass(1), to: Nova.platform, collection: 80)]], lockers: [80: "usr_1"])
        #expect(reduced.changes.map(\.owner) == [.locker(holder: "usr_1")])
        #expect(reduced.lockersFound.isEmpty)
    }

    @Test func `a deposit that names no account is into the one where its collection was seen`() throws {
        let before = try reduce([[.deposited(Nova.pass(1), to: amy, collection: 11)]])
        #expect(before.places == [11: amy] && before.placesFound.count == 1)
        let again: [TestEvent] = [
            .withdrawn(Nova.pass(1), from: amy, collection: 11), .deposited(Nova.pass(1), to: nil, collection: 11),
        ]
        #expect(
            try reduce([[.deposited(Nova.pass(1), to: amy, collection: 11)], again]).changes.last?.owner == .wallet(amy)
        )
        #expect(try reduce([again]).changes.last?.owner == .limbo)
        // A collection that was moved is where it was seen last.
        let moved = try reduce([
            [.deposited(Nova.pass(1), to: amy, collection: 11)], [.deposited(Nova.pass(2), to: ben, collection: 11)],
            [.deposited(Nova.pass(3), to: nil, collection: 11)],
        ])
        #expect(moved.changes.last?.owner == .wallet(ben))
        #expect(moved.placesFound.map(\.account) == [amy, ben])
    }

    @Test func `a holder named in one transaction says nothing of a deposit in the next`() throws {
        let reduced = try reduce([
            [.held(1, pass: "p", holder: "usr_1", "op")],
            [.deposited(Nova.pass(1), to: Nova.platform, collection: 70)],
        ])
        #expect(reduced.changes.map(\.owner) == [.treasury(Nova.platform)])
    }

    @Test func `a holder named for one token says nothing of another's deposit`() throws {
        let reduced = try reduce([
            [
                .held(1, pass: "p", holder: "usr_1", "op"),
                .deposited(Nova.pass(2), to: Nova.platform, collection: 70),
                .deposited(Nova.pass(1), to: Nova.platform, collection: 80),
            ]
        ])
        #expect(reduced.changes.map(\.owner) == [.treasury(Nova.platform), .locker(holder: "usr_1")])
    }

    @Test func `a pass and a collectible with one id are two tokens`() throws {
        let reduced = try reduce([
            [
                .dropped(1, collectible: "c", serial: 1, drop: "d", to: nil, holder: "usr_1", "op"),
                .deposited(Nova.pass(1), to: Nova.platform, collection: 70),
                .deposited(Nova.collectible(1), to: Nova.platform, collection: 80),
            ]
        ])
        #expect(
            reduced.changes.map(\.owner) == [.treasury(Nova.platform), .locker(holder: "usr_1")])
    }

    @Test func `what happens to a token within one transaction is one change, at its last event`() throws {
        let reduced = try reduce([
            [
                .deposited(Nova.pass(1), to: Nova.platform, collection: 70),
                .withdrawn(Nova.pass(1), from: Nova.platform, collection: 70),
                .deposited(Nova.pass(1), to: amy, collection: 11),
            ]
        ])
        #expect(reduced.changes.count == 1)
        #expect(reduced.changes.first?.owner == .wallet(amy))
        #expect(reduced.changes.first?.position == EventPosition(height: 9, transactionIndex: 0, eventIndex: 2))
    }

    @Test func `two transactions of one block are two changes`() throws {
        let reduced = try reduce([
            [.deposited(Nova.pass(1), to: amy, collection: 11)],
            [.withdrawn(Nova.pass(1), from: amy, collection: 11), .deposited(Nova.pass(1), to: ben, collection: 21)],
        ])
        #expect(reduced.changes.map(\.owner) == [.wallet(amy), .wallet(ben)])
    }

    @Test func `a token that is withdrawn and not deposited is nobody's`() throws {
        let reduced = try reduce([[.withdrawn(Nova.pass(1), from: amy, collection: 11)]])
        #expect(reduced.changes.map(\.owner) == [.limbo])
    }

    @Test func `a deposit into a collection that lies in no account leaves the token nobody's`() throws {
        let reduced = try reduce([[.deposited(Nova.pass(1), to: nil, collection: 5)]])
        #expect(reduced.changes.map(\.owner) == [.limbo])
    }

    @Test func `a burn is told twice and happens once`() throws {
        let reduced = try reduce([
            [
                .withdrawn(Nova.pass(1), from: amy, collection: 11), .destroyedUnderInterface(Nova.pass(1)),
                .destroyed(Nova.pass(1)),
            ]
        ])
        #expect(reduced.changes.count == 1)
        #expect(reduced.changes.first?.owner == Owner?.none)
    }

    @Test func `a burn of a contract that has no event of its own is known by the uuid`() throws {
        let kitty = TokenKey(type: Nova.kitty, id: 3)
        let reduced = try reduce([
            [.withdrawn(kitty, from: amy, collection: 11), .destroyedUnderInterface(kitty)]
        ])
        #expect(reduced.changes.count == 1)
        #expect(reduced.changes.first?.owner == Owner?.none)
    }

    @Test func `tokens that are not tracked change nothing`() throws {
        let other = TokenKey(type: "A.00000000000000bb.Apes.NFT", id: 1)
        let reduced = try reduce([
            [.deposited(other, to: amy, collection: 1), .destroyedUnderInterface(other)]
        ])
        #expect(reduced.changes.isEmpty)
    }

    @Test(arguments: 1...20) func `whatever the platform does, the events tell who owns what`(_ seed: UInt64) throws {
        let chain = RandomChain(seed: seed, blocks: 60)
        var state = OwnershipState()
        for entry in chain.node.entries {
            state.apply(
                try entry.results.flatMap { try $0.events.compactMap { try reader.read($0, at: entry.block.height) } })
        }
        for (height, owners) in chain.owners { #expect(state.owners(at: height) == owners, "height \(height)") }
        for (height, open) in chain.listings { #expect(state.openListings(at: height) == open, "height \(height)") }
    }
}
