import Cadence
import Daemon
import FlowClient
import Foundation
import TestSupport
import Testing

@testable import Submitter

@Suite struct ExecutionFailureTests {
    /// What a real node said, one reason at a time, with the number before and after.
    struct Row: Decodable {
        var step: String
        var refused: String
        var error: String
        var codes: [Int]
        var sequence_before: UInt64?
        var sequence_after: UInt64?
    }

    static let rows: [Row] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../fixtures/recordings/errors.table.json")
        return try! JSONDecoder().decode([Row].self, from: Data(contentsOf: file))
    }()

    @Test func `the first code of a text is its code, and what it does to the number is what the real node did`() {
        var tried = 0
        for row in Self.rows where !row.error.isEmpty {
            let failure = ExecutionFailure(text: row.error, proposer: 0)
            #expect(failure.code == row.codes.first, "\(row.step)")
            guard let before = row.sequence_before, let after = row.sequence_after else { continue }
            #expect(failure.effect == (after > before ? .consumed : .untouched), "\(row.step)")
            tried += 1
        }
        #expect(tried > 10)
    }

    @Test func `each refusal of the real node is a refusal, and not a doubt`() {
        var tried = 0
        for row in Self.rows where !row.refused.isEmpty {
            let text = row.refused.replacing("rpc error: code = Internal desc = ", with: "")
            guard case .refused(let refusal) = SendVerdict(AccessError(.internal, text)) else {
                Issue.record("\(row.step): \(row.refused)")
                continue
            }
            if row.step == "reference block unknown" {
                #expect(refusal.kind == .unknownReference)
            } else if text.contains("compute limit") {
                #expect(refusal.kind == .computationLimit(9999), "\(row.step)")
            } else {
                #expect(refusal.kind == .invalid, "\(row.step)")
            }
            tried += 1
        }
        #expect(tried >= 8)
    }

    @Test func `a mismatch carries both numbers`() {
        let text = Self.rows.first { $0.step == "sequence number ahead" }!.error
        #expect(ExecutionFailure(text: text).remedy == .wrongNumber(chain: 5, given: 10))
    }

    @Test func `a bad signature is the lane's or the payer's trouble, by the key that it names`() {
        let text =
            "[Error Code: 1009] x: [Error Code: 1006] y: public key 3 on account 179b6b1cb6755e31 does not have a valid signature"
        #expect(ExecutionFailure(text: text, proposer: 3).remedy == .leaveLane)
        #expect(ExecutionFailure(text: text, proposer: 4).remedy == .hold(.payer))
    }

    @Test(arguments: [
        ("failed", nil), ("", nil), ("[Error Code: ", nil), ("[Error Code: 1105] x", 1105),
        ("y [Error Code: 1299x", 1299),
    ])
    func `a text without a code leaves open what became of the number`(text: String, code: Int?) {
        let failure = ExecutionFailure(text: text)
        #expect(failure.code == code)
        if code == nil { #expect(failure.effect == .unknown) }
        #expect(!failure.reason.isEmpty)
    }
}

@Suite struct SendVerdictTests {
    @Test(arguments: [
        AccessError.Code.unavailable, .deadlineExceeded, .cancelled, .unknown, .aborted, .dataLoss, .internal,
    ])
    func `whatever may have happened on the way leaves a doubt`(code: AccessError.Code) {
        guard case .unclear = SendVerdict(AccessError(code, "connection reset")) else {
            Issue.record("decided"); return
        }
    }

    @Test func `a duplicate is an acceptance`() {
        #expect(SendVerdict(AccessError(.internal, "transaction with ID ab has already been submitted")) == .accepted)
    }

    @Test(arguments: [
        (AccessError(.internal, "transaction is expired: ref_height=45 final_height=57"), SendRefusal.Kind.expired),
        (
            AccessError(.invalidArgument, "invalid transaction: transaction is expired: ref_height=1 final_height=700"),
            .expired
        ),
        (AccessError(.internal, "unknown reference block"), .unknownReference),
        (
            AccessError(
                .invalidArgument,
                "invalid transaction: transaction byte size (1600000) exceeds the maximum byte size allowed for a transaction (1500000)"
            ), .tooLarge
        ),
        (AccessError(.resourceExhausted, "rate limit"), .busy), (AccessError(.unimplemented, ""), .busy),
        (AccessError(.invalidArgument, "invalid transaction: insufficient balance"), .payer),
        (AccessError(.invalidArgument, "anything else"), .invalid),
    ]) func `a node's judgement is told from its words`(error: AccessError, kind: SendRefusal.Kind) {
        guard case .refused(let refusal) = SendVerdict(error) else { Issue.record("not a refusal"); return }
        #expect(refusal.kind == kind)
    }
}

@Suite struct FailureCountTests {
    @Test func `so many failures in a row are too many, and are counted anew`() {
        var count = FailureCount(threshold: 3)
        var told: [Bool] = []
        for _ in 0..<7 { told.append(count.failed()) }
        #expect(told == [false, false, true, false, false, true, false])
    }

    @Test func `failures between successes do not add up`() {
        var count = FailureCount(threshold: 2)
        for _ in 0..<10 {
            let isTooMany = count.failed()
            #expect(!isTooMany)
            count.succeeded()
        }
    }
}

@Suite struct OwnerTests {
    static let full =
        "[Error Code: 1103] error caused by: 1 error occurred:\n\t* storage limit check failed: [Error Code: 1103] The account with address (f669cb8d41ce0c74) uses 141844 bytes of storage which is over its capacity (100000 bytes). Capacity can be increased by adding FLOW tokens to the account.\n\n"
    static let account = Address("f669cb8d41ce0c74")!

    @Test func `a full account is the platform's trouble or a recipient's, by the address that the text names`() {
        #expect(ExecutionFailure(text: Self.full, account: Self.account).remedy == .hold(.platformAccount))
        let other = ExecutionFailure(text: Self.full, account: Address("0xe03daebed8ca0615"))
        #expect(other.remedy == .setApart(Self.account))
        #expect(other.reason.contains("f669cb8d41ce0c74 stores 141844 bytes") && other.reason.contains("100000"))
    }

    @Test func `a payer without FLOW holds everything, and the text says how much it needs`() {
        let failure = ExecutionFailure(
            text:
                "[Error Code: 1118] error caused by: payer f669cb8d41ce0c74 has insufficient balance to attempt transaction execution (required balance: 0.00100000)"
        )
        #expect(failure.remedy == .hold(.payer))
        #expect(failure.reason.contains("0.00100000 FLOW"))
    }

    @Test(arguments: [1119, 1400, 1999]) func `a code that nobody knows is held and told, never guessed at`(code: Int) {
        let failure = ExecutionFailure(text: "[Error Code: \(code)] this account is restricted")
        #expect(failure.remedy == .hold(.recipe))
        #expect(failure.effect == .unknown)
    }

    @Test(arguments: [
        ("transaction compute limit (9999) exceeds the maximum compute limit (1000)", 1000 as UInt64),
        ("invalid transaction: transaction gas limit (9999) exceeds the maximum gas limit (500)", 500),
    ]) func `a node that takes less computation says how much`(text: String, most: UInt64) {
        guard case .refused(let refusal) = SendVerdict(AccessError(.invalidArgument, text)) else {
            Issue.record("not a refusal"); return
        }
        #expect(refusal.kind == .computationLimit(most))
    }
}

@Suite struct HoldTests {
    static func hold(_ scope: Hold.Scope, isDue: Bool = false) -> Hold {
        Hold(
            scope: scope, reason: "r", remedy: "m", since: Date(), until: Date(), probes: 0, isDue: isDue, witness: nil)
    }

    @Test(arguments: [Hold.Scope.payer, .platformAccount, .network, .database])
    func `an account's or the network's trouble holds every recipe`(
        scope: Hold.Scope
    ) {
        let gate = HoldGate([Self.hold(scope)])
        for recipe in Recipe.allCases { #expect(gate.isShut(recipe) && !gate.lets(recipe)) }
        #expect(gate.holdsEverything)
        #expect(Hold.Scope(name: scope.name) == scope)
    }

    @Test func `a recipe's trouble holds that recipe alone, and one probe goes when it is due`() {
        let scope = Hold.Scope.recipe(.airdropPasses)
        #expect(Hold.Scope(name: scope.name) == scope && Hold.Scope(name: "recipe:of tomorrow") == nil)
        let shut = HoldGate([Self.hold(scope)])
        #expect(shut.isShut(.airdropPasses) && shut.lets(.createBrands) && !shut.holdsEverything)
        let due = HoldGate([Self.hold(scope, isDue: true)])
        #expect(!due.isShut(.airdropPasses) && !due.lets(.airdropPasses))
        #expect(due.scopes(holding: .airdropPasses) == [scope])
    }

    @Test func `what a database has lost no probe ends`() {
        #expect(HoldGate([Self.hold(.database, isDue: true)]).isShut(.createBrands))
    }

    @Test func `a payer that stays empty for a day costs at most sixty probes`() {
        var (seconds, probes) = (0.0, 0)
        while seconds < 86_400 {
            seconds += ProbePause.after(probes: probes, first: .seconds(60)).seconds
            probes += 1
        }
        #expect((40...60).contains(probes))
    }
}
