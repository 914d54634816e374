import Cadence
import FlowClient
import Testing

@testable import Indexer

@Suite struct EventReaderTests {
    private let reader = EventReader(Nova.contracts)

    private func read(_ event: TestEvent) throws -> ReadEvent? { try reader.read(event.event(.zero, 0, 0), at: 5) }

    @Test func `a field that a contract got later does no harm`() throws {
        var event = TestEvent.claimed(7, pass: "p", "op-1")
        event.fields.insert(CadenceField("season", .uint8(3)), at: 0)
        #expect(try read(event)?.facts == [.claimed(Nova.pass(7), group: "p", operation: "op-1")])
    }

    @Test func `fields are found by name, in whatever order`() throws {
        var event = TestEvent.deposited(Nova.pass(7), to: Nova.wallet(1), collection: 11)
        event.fields.reverse()
        #expect(
            try read(event)?.facts == [.deposited(Nova.pass(7), uuid: 7, to: Nova.wallet(1), collection: 11)])
    }

    @Test(arguments: ["type", "id", "uuid", "to", "collectionUUID"])
    func `a deposit without one of its fields is refused, and says which`(_ field: String) throws {
        var event = TestEvent.deposited(Nova.pass(7), to: nil, collection: 11)
        event.fields.removeAll { $0.name == field }
        let error = #expect(throws: IndexerError.self) { try read(event) }
        #expect(error?.code == .undecodable)
        #expect(error?.description.contains("field \(field) is missing") == true)
        #expect(error?.stopsIngest == false)
    }

    @Test func `a field of another type is refused`() throws {
        var event = TestEvent.deposited(Nova.pass(7), to: nil, collection: 11)
        event.fields[1].value = .string("7")
        #expect(throws: IndexerError.self) { try read(event) }
    }

    @Test func `a payload of another event than its type says stops`() throws {
        var event = TestEvent.claimed(7, pass: "p", "op-1").event(.zero, 0, 0)
        event.payload = TestEvent.claimed(7, pass: "p", "op-1").payload
        event.type = "A.\(Nova.platform.hex).NovaPass.Minted"
        #expect(throws: IndexerError.self) { try reader.read(event, at: 5) }
    }

    @Test(arguments: [
        [], Array("{".utf8), Array("{}".utf8), [0xd8], [0xd8, 0x82, 0x82], Array("null".utf8), [0, 1, 2],
    ])
    func `bytes that are no event stop`(_ payload: [UInt8]) throws {
        var event = TestEvent.claimed(7, pass: "p", "op-1").event(.zero, 0, 0)
        event.payload = payload
        #expect(throws: IndexerError.self) { try reader.read(event, at: 5) }
    }

    @Test func `what was emitted before Cadence 1.0 is read in the forms of its time, below that height alone`() throws
    {
        let placeholder = CadenceValue.string("till")
        var claimed = TestEvent.claimed(7, pass: "p", "op-1")
        claimed.fields.append(CadenceField("till", placeholder))
        let json = String(decoding: claimed.payload, as: UTF8.self)
        let path = #"{"type":"Path","value":{"domain":"public","identifier":"till"}}"#
        let capability =
            #"{"type":"Capability","value":{"address":"0x0000000000000001","borrowType":{"kind":"Int"},"path":\#(path)}}"#
        var event = claimed.event(.zero, 0, 0)
        event.payload = Array(
            json.replacing(String(decoding: JSONCDC.encode(placeholder), as: UTF8.self), with: capability).utf8)
        let reader = EventReader(Nova.contracts, cadence1: 6)
        #expect(try reader.read(event, at: 5)?.facts == [.claimed(Nova.pass(7), group: "p", operation: "op-1")])
        #expect(throws: IndexerError.self) { try reader.read(event, at: 6) }
        // The forms of today are read at every height.
        #expect(try reader.read(claimed.event(.zero, 0, 0), at: 5) != nil)
        event.payload = Array(json.utf8)
        #expect(try reader.read(event, at: 5) != nil)
    }

    @Test func `bytes of an event that nobody tracks are not looked at`() throws {
        var event = TestEvent.claimed(7, pass: "p", "op-1").event(.zero, 0, 0)
        event.type = "A.00000000000000bb.Apes.Screamed"
        event.payload = [1, 2, 3]
        #expect(try reader.read(event, at: 5) == nil)
    }

    @Test func `type ids are compared with their case and their address`() {
        #expect(reader.tracks("A.\(Nova.platform.hex).NovaPass.Minted"))
        #expect(!reader.tracks("A.\(Nova.platform.hex.uppercased()).NovaPass.Minted"))
        #expect(!reader.tracks("A.\(Nova.platform.hex).novapass.Minted"))
        #expect(!reader.tracks("A.\(Nova.service.hex).NovaPass.Minted"))
    }

    @Test func `text that Postgres can't store is changed, and stays text`() throws {
        let event = TestEvent.rejected("NovaPass", item: "a\0b", reason: "bad\0", "op")
        #expect(try read(event)?.mention?.item == "a\u{FFFD}b")
        #expect(try read(event)?.mention?.reason == "bad\u{FFFD}")
    }

    @Test func `a drop into a locker is a mint, a holder and a word to its operation`() throws {
        let event = TestEvent.dropped(9, collectible: "c", serial: 4, drop: "row-1", to: nil, holder: "usr_1", "op-2")
        let said = try #require(try read(event))
        #expect(
            said.facts == [
                .minted(.init(token: Nova.collectible(9), group: "c", release: nil, serial: 4)),
                .held(Nova.collectible(9), holder: "usr_1"),
            ])
        #expect(said.mention?.operation == "op-2")
        #expect(said.mention?.item == "row-1")
        #expect(said.mention?.token == Nova.collectible(9))
        #expect(said.mention?.serial == 4)
    }

    @Test func `the storefront names a token's type in two ways`() throws {
        #expect(try read(.listed(3, Nova.pass(7), by: Nova.platform))?.facts.count == 1)
        #expect(
            try read(.listingCompleted(3, Nova.pass(7), purchased: true))?.facts == [
                .listingCompleted(3, purchased: true)
            ])
        #expect(
            try read(.listingDestroyed(3, Nova.pass(7), purchased: false))?.facts == [
                .listingRemoved(3, purchased: false)
            ])
        #expect(try read(.listed(3, TokenKey(type: "A.00000000000000bb.Apes.NFT", id: 7), by: Nova.platform)) == nil)
    }
}
