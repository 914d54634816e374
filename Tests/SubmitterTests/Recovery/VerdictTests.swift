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
        #expect(ExecutionFailure(text: text, proposer: 4).remedy == .waitForPayer)
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

@Suite struct BreakerTests {
    let start = Date(timeIntervalSince1970: 0)

    @Test func `it opens at the threshold, lets one through after the pause, and closes on a success`() {
        var breaker = Breaker(threshold: 3, pause: 60)
        for _ in 0..<2 { breaker.failed("x", at: start) }
        #expect(breaker.allowance(at: start) == .max)
        breaker.failed("x", at: start)
        #expect(breaker.allowance(at: start + 59) == 0)
        #expect(breaker.allowance(at: start + 60) == 1)
        breaker.sent()
        #expect(breaker.allowance(at: start + 61) == 0)
        #expect(breaker.reason == "x")
        breaker.succeeded()
        #expect(breaker.allowance(at: start + 61) == .max)
    }

    @Test func `a probe that fails opens it again`() {
        var breaker = Breaker(threshold: 1, pause: 60)
        breaker.failed("x", at: start)
        breaker.sent()
        breaker.failed("y", at: start + 60)
        #expect(breaker.allowance(at: start + 119) == 0)
        #expect(breaker.allowance(at: start + 120) == 1)
    }

    @Test func `failures between successes do not add up`() {
        var breaker = Breaker(threshold: 2, pause: 60)
        for _ in 0..<10 {
            breaker.failed("x", at: start)
            breaker.succeeded()
        }
        #expect(breaker.allowance(at: start) == .max)
    }
}
