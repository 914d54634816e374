import Cadence
import FlowClient
import Testing

@testable import Submitter

@Suite struct OutcomeResolverTests {
    typealias Item = OutcomeResolver.Item

    static func event(
        _ kind: String, _ item: String, _ token: UInt64? = nil, _ reason: String? = nil, by operation: String = "op",
        in contract: String = "NovaPass"
    ) -> OperationEvent {
        OperationEvent(contract: contract, kind: kind, operation: operation, item: item, reason: reason, tokenID: token)
    }

    static func given(_ token: UInt64, to kind: String = "Delivered", by operation: String = "op") -> [OperationEvent] {
        [event("Minted", "\(token)", token, by: operation), event(kind, "\(token)", token, by: operation)]
    }

    static func row(_ number: Int, by operation: String = "op") -> Item {
        Item(operation: operation, key: "row-\(number)", alias: "rel")
    }

    @Test func `an airdrop's events are its rows' in order, though successes do not name them`() {
        let events =
            Self.given(7) + [Self.event("Rejected", "row-1", nil, "no_collection")] + Self.given(8, to: "Held")
            + [Self.event("Rejected", "rel", nil, "release_exhausted")]
        let outcomes = OutcomeResolver.outcomes(
            of: (0..<4).map { Self.row($0) }, recipe: .airdropPasses, events: events)
        #expect(
            outcomes == [
                .done(tokenID: 7), .rejected("no_collection"), .done(tokenID: 8), .rejected("release_exhausted"),
            ])
    }

    @Test func `events of other contracts between an airdrop's own do not shift it`() {
        var events = Self.given(7)
        events.insert(Self.event("Dropped", "x", 9, in: "NovaCollectible"), at: 1)
        #expect(
            OutcomeResolver.outcomes(of: [Self.row(0)], recipe: .airdropPasses, events: events) == [.done(tokenID: 7)])
    }

    @Test func `an airdrop whose events do not fit names nothing from there on`() {
        let cut = Array(Self.given(7) + Self.given(8)).dropLast()
        #expect(
            OutcomeResolver.outcomes(
                of: [Self.row(0), Self.row(1), Self.row(2)], recipe: .airdropPasses, events: Array(cut))
                == [.done(tokenID: 7), .unnamed, .unnamed])
        let foreign = [Self.event("Rejected", "row-9", nil, "no_collection")]
        #expect(OutcomeResolver.outcomes(of: [Self.row(0)], recipe: .airdropPasses, events: foreign) == [.unnamed])
        let others = Self.given(7, by: "another")
        #expect(OutcomeResolver.outcomes(of: [Self.row(0)], recipe: .airdropPasses, events: others) == [.unnamed])
    }

    @Test func `a row that comes twice in one transaction is dropped once`() {
        let events = [Self.event("Dropped", "row-0", 5), Self.event("Rejected", "row-0", nil, "already_dropped")]
        #expect(
            OutcomeResolver.outcomes(of: [Self.row(0), Self.row(0)], recipe: .dropCollectibles, events: events)
                == [.done(tokenID: 5), .rejected("already_dropped")])
    }

    @Test func `a release that runs out rejects the tokens that are left`() {
        let items = (0..<4).map { Item(operation: "op", key: "rel#\($0)") }
        let events = [
            Self.event("Minted", "1", 1), Self.event("Minted", "2", 2),
            Self.event("Rejected", "rel", nil, "release_exhausted"),
        ]
        #expect(
            OutcomeResolver.outcomes(of: items, recipe: .mintAndList, events: events)
                == [
                    .done(tokenID: 1), .done(tokenID: 2), .rejected("release_exhausted"),
                    .rejected("release_exhausted"),
                ])
        #expect(
            OutcomeResolver.outcomes(of: items, recipe: .mintAndList, events: Array(events.prefix(2))).suffix(2) == [
                .unnamed, .unnamed,
            ])
    }

    @Test func `an address that takes nothing rejects all tokens of that contract`() {
        let to = "0x0000000000000001"
        let items = [
            Item(operation: "op", key: "1", alias: to, contract: "NovaPass"),
            Item(operation: "op", key: "2", alias: to, contract: "NovaPass"),
            Item(operation: "op", key: "1", alias: to, contract: "NovaCollectible"),
        ]
        let events = [
            Self.event("Rejected", to, nil, "no_collection"), Self.event("Released", "1", 1, in: "NovaCollectible"),
        ]
        #expect(
            OutcomeResolver.outcomes(of: items, recipe: .settleLinkedWallet, events: events)
                == [.rejected("no_collection"), .rejected("no_collection"), .done(tokenID: 1)])
    }

    @Test(arguments: Recipe.allCases.filter(\.namesItsOperation)) func `a transaction without events names nothing`(
        recipe: Recipe
    ) {
        #expect(OutcomeResolver.outcomes(of: [Self.row(0)], recipe: recipe, events: []) == [.unnamed])
    }

    @Test func `an event's names come out of either encoding`() throws {
        let id = "A.179b6b1cb6755e31.NovaCollectible.Dropped"
        let fields: [CadenceField] = [
            .init("id", .uint64(.max)), .init("collectibleID", .string("c")), .init("serial", .uint64(1)),
            .init("dropID", .string("row-1")), .init("to", .optional(nil)), .init("holder", .optional(.string("usr"))),
            .init("operation", .string("op")),
        ]
        var event = Event()
        event.type = id
        event.payload = JSONCDC.encode(.composite(CadenceComposite(.event, id, fields: fields)))
        let read = try #require(try OperationEvent(event, height: 9))
        #expect(
            read
                == OperationEvent(
                    contract: "NovaCollectible", kind: "Dropped", operation: "op", item: "row-1", tokenID: .max,
                    height: 9))
        event.type = "A.179b6b1cb6755e31.NonFungibleToken.Deposited"
        #expect(try OperationEvent(event, height: 9) == nil)
    }
}
