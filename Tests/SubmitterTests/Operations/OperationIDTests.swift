import Cadence
import Encoding
import FlowClient
import Foundation
import Testing

@testable import Submitter

@Suite struct OperationIDTests {
    @Test func `ids sort by the time they were made`() {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let ids = (0..<100).map { OperationID(at: start + Double($0) / 1000) }
        #expect(ids == ids.sorted())
        #expect(abs(ids[7].time.timeIntervalSince(start) - 0.007) < 0.0011)
    }

    @Test func `ids of one instant differ`() {
        let now = Date()
        #expect(Set((0..<10_000).map { _ in OperationID(at: now) }).count == 10_000)
    }

    @Test(arguments: [
        "", "0", "0123456789abcdefghjkmnpq!", "0123456789ABCDEFGHJKMNPQ", "0123456789abcdefghjkmnpi",
        "0123456789abcdefghjkmnpqr",
    ])
    func `text of another form is no id`(text: String) {
        #expect(OperationID(rawValue: text) == nil)
    }

    @Test func `an id reads back as it was written`() {
        let id = OperationID()
        #expect(OperationID(rawValue: id.rawValue) == id)
        #expect(id.rawValue.utf8.count == 24)
    }
}

@Suite struct ItemContentTests {
    static let all: [ItemContent] = [
        .createBrand(id: "b", name: "\"quoted\" \u{0001} é"), .setBrandStatus(id: "b", status: 4),
        .createSubmission(id: "s", campaignID: "c", brandID: "b", submitter: "u", contentHash: "h"),
        .createPass(id: "p", brandID: "b", name: "n", description: "d", image: "i", maxSupply: .max),
        .scheduleRelease(id: "r", passID: "p", supply: 1, price: .max, startsAt: 1, endsAt: nil),
        .mintToken(releaseID: "r", number: 3, expiry: 9),
        .airdropPass(releaseID: "r", dropID: "d", recipient: Address(rawValue: .max), holder: nil),
        .createCollectible(
            id: "c", passID: "p", brandID: "b", activation: "a", name: "n", description: "d", image: "i", maxSupply: nil
        ),
        .dropCollectible(collectibleID: "c", dropID: "d", recipient: nil, holder: "u"),
        .claimToken(id: .max, passID: "p"),
        .deliverPurchase(id: 1, recipient: nil, holder: "u"), .removeListing(id: 9),
        .settlePass(id: 1, holder: "u", to: Address(rawValue: 1)),
        .settleCollectible(id: 1, holder: "u", to: Address(rawValue: 1)),
        .addProposalKeys(count: 8), .revokeKeys(indices: [1, 2]), .deployContract(name: "C", code: "c"),
    ]

    @Test(arguments: [
        #"{"airdropPass":{"releaseID":1,"dropID":"d"}}"#,
        #"{"airdropPass":{"releaseID":"r","dropID":"d","recipient":"zz"}}"#,
        #"{"airdropPass":{"releaseID":"r","dropID":"d","holder":7}}"#, #"{"claimToken":{"id":-1,"passID":"p"}}"#,
        #"{"claimToken":{"id":1}}"#, #"{"dance":{}}"#, "{", "[]", #"{"createSubmission":{}}"#,
    ])
    func `what is no content is none, however it is read`(_ text: String) {
        #expect(throws: DecodingError.self) { try ItemContent.read(text) }
    }

    @Test func `an escaped text and one that is left out are read as JSON has them`() throws {
        #expect(
            try ItemContent.read(#"{"airdropPass": {"dropID": "d\"\u00e9\n", "releaseID": "r", "holder": null}}"#)
                == .airdropPass(releaseID: "r", dropID: "d\"é\n", recipient: nil, holder: nil))
    }

    @Test(arguments: all) func `content comes back from JSON as it went in`(content: ItemContent) throws {
        let json = try JSONEncoder().encode(content)
        #expect(try JSONDecoder().decode(ItemContent.self, from: json) == content)
        #expect(try ItemContent.read(String(decoding: json, as: UTF8.self)) == content)
    }

    @Test func `there is content for every recipe`() {
        #expect(Set(Self.all.map(\.recipe)) == Set(Recipe.allCases))
    }

    @Test(arguments: all) func `each content makes as many arguments as its transaction has parameters`(
        content: ItemContent
    ) throws {
        let source = try #require(CadenceSources.transactions[content.recipe.rawValue])
        let start = try #require(source.firstRange(of: "transaction(")).upperBound
        let list = source[start...].prefix { $0 != "{" }
        let parameters = list.split(separator: ",").filter { $0.contains(":") }.count
        #expect(content.recipe.arguments(for: [(OperationID(), content)]).count == parameters)
    }

    @Test func `what was sent can be read back from the arguments`() throws {
        let operation = OperationID()
        for recipe in Recipe.allCases where recipe.namesItsOperation {
            let contents = Self.all.filter { $0.recipe == recipe }
            let items = contents.map { (operation: operation, content: $0) }
            let arguments = recipe.arguments(for: items).map { JSONCDC.encode($0) }
            let read = try #require(recipe.items(fromArguments: arguments), "\(recipe)")
            #expect(read.map(\.operation) == items.map(\.operation.rawValue), "\(recipe)")
            #expect(read == contents.map { .init(operation, $0) }, "\(recipe)")
        }
    }

    @Test func `arguments of another transaction are not taken for ours`() {
        #expect(Recipe.airdropPasses.items(fromArguments: []) == nil)
        #expect(Recipe.createBrands.items(fromArguments: [[UInt8]("x".utf8)]) == nil)
        let lopsided = [
            CadenceValue.array(CadenceArray([.string("op")])), .array(CadenceArray([])), .array(CadenceArray([])),
        ]
        #expect(Recipe.createBrands.items(fromArguments: lopsided.map { JSONCDC.encode($0) }) == nil)
    }
}
