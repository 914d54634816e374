import Cadence
import Encoding
import FlowClient
import HTTP
import PlatformBridge
import Submitter
import Testing

/// Payloads in, items or violations out.
struct OperationPlannerTests {
    let planner = OperationPlanner(chain: .emulator)
    let id = "vytxeTZskVKR7C7WgdSP3d"

    func items(_ type: OperationType, _ payload: JSON) throws -> [NewItem] {
        guard case .items(let items) = planner.plan(type, payload: payload) else {
            throw Unexpected(what: "\(planner.plan(type, payload: payload))")
        }
        return items
    }

    func violations(_ type: OperationType, _ payload: JSON) -> [Violation] {
        guard case .invalid(let violations) = planner.plan(type, payload: payload) else { return [] }
        return violations
    }

    struct Unexpected: Error { var what: String }

    @Test func `a brand is one item`() throws {
        #expect(
            try items(.createBrand, ["brand_id": JSON(id), "name": "Nova"]) == [
                NewItem(.createBrand(id: id, name: "Nova"))
            ])
    }

    @Test func `every mistake of a payload is told at once, with its path`() {
        let found = violations(
            .airdropPass,
            [
                "release_id": "short", "surprise": 1,
                "recipients": [
                    ["drop_id": "a", "address": "0xf8d6e0586b0a20c8"], ["drop_id": "b"], ["address": "zz"], 7,
                    ["drop_id": "c", "holder": "has space"],
                ],
            ])
        #expect(
            Set(found.map(\.field)) == [
                "payload.release_id", "payload.surprise", "payload.recipients[0].address",
                "payload.recipients[1].address",
                "payload.recipients[2].address", "payload.recipients[2].drop_id", "payload.recipients[3]",
                "payload.recipients[3].drop_id", "payload.recipients[4].holder",
            ])
    }

    @Test func `a row may not come twice, since it is dropped once`() {
        let row: JSON = ["drop_id": "a", "holder": "h"]
        let found = violations(.drop, ["collectible_id": JSON(id), "recipients": [row, row]])
        #expect(found.map(\.field) == ["payload.recipients[1].drop_id"])
    }

    @Test func `an address of another chain is refused`() {
        // Flow's own service account on mainnet.
        let found = violations(
            .airdropPass,
            ["release_id": JSON(id), "recipients": [["drop_id": "a", "address": "e467b9dd11fa00df"]]])
        #expect(found == [Violation("payload.recipients[0].address", "is not an address of flow-emulator")])
    }

    @Test func `a release is scheduled before its tokens are minted`() throws {
        let planned = try items(
            .scheduleRelease,
            [
                "release_id": JSON(id), "pass_id": JSON(id), "supply": 3, "mint": 2, "price": "12.5",
                "starts_at": "2026-01-01T00:00:00Z", "ends_at": 1_767_225_601_000,
            ])
        #expect(planned.count == 3)
        #expect(
            planned[0].content
                == .scheduleRelease(
                    id: id, passID: id, supply: 3, price: 1_250_000_000, startsAt: 1_767_225_600_000,
                    endsAt: 1_767_225_601_000))
        #expect(planned[1] == NewItem(.mintToken(releaseID: id, number: 0, expiry: 1_767_225_601), dependsOn: [0]))
        #expect(planned[2] == NewItem(.mintToken(releaseID: id, number: 1, expiry: 1_767_225_601), dependsOn: [0]))
    }

    @Test(arguments: ["1.123456789", "-1", "1e3", ".5", "1.", "184467440737.09551616", "abc", ""])
    func `a price that is no UFix64 is refused`(price: String) {
        let found = violations(
            .scheduleRelease,
            [
                "release_id": JSON(id), "pass_id": JSON(id), "supply": 1, "price": JSON(price),
                "starts_at": "2026-01-01T00:00:00Z",
            ])
        #expect(found.map(\.field) == ["payload.price"])
    }

    @Test(arguments: ["18446744073709551616", "-1", "1.0", "x"])
    func `a token id outside 64 bits is refused`(text: String) {
        let found = violations(.claimToken, ["tokens": [["token_id": JSON(text), "pass_id": JSON(id)]]])
        #expect(found.map(\.field) == ["payload.tokens[0].token_id"])
    }

    @Test func `token ids keep all 64 bits, as numbers and as strings`() throws {
        for number: JSON in [.number("18446744073709551615"), "18446744073709551615"] {
            let planned = try items(.claimToken, ["tokens": [["token_id": number, "pass_id": JSON(id)]]])
            #expect(planned == [NewItem(.claimToken(id: .max, passID: id))])
        }
    }

    @Test func `a name with U+0000 is refused, since no table can hold it`() {
        #expect(violations(.createBrand, ["brand_id": JSON(id), "name": "a\u{0}b"]).map(\.field) == ["payload.name"])
    }

    @Test func `a type whose payload names nothing looks up what there is to do, or says what is missing`() {
        let sweeping: Set<OperationType> = [
            .airdropPass, .airdropCollectible, .settlePurchase, .removeListing, .signupReminder,
        ]
        for type in OperationType.allCases {
            switch planner.plan(type, payload: [:]) {
            case .items(let items): Issue.record("\(type) plans \(items.count) items of nothing")
            case .invalid(let violations): #expect(!violations.isEmpty && !sweeping.contains(type))
            case .sweep: #expect(sweeping.contains(type))
            }
        }
    }

    @Test func `a limit beside rows is a mistake, and so is one that is none`() {
        #expect(violations(.removeListing, ["limit": 3, "listing_ids": [1]]).map(\.field) == ["payload.limit"])
        #expect(violations(.removeListing, ["limit": 0]).map(\.field) == ["payload.limit"])
        #expect(violations(.signupReminder, ["people": []]).map(\.field) == ["payload.people"])
    }
}
