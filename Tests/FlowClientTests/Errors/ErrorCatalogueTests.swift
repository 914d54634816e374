import Cadence
import FlowClient
import Foundation
import Recordings
import TestSupport
import Testing

@Suite struct ErrorCatalogueTests {
    /// What was tried on a real node, and what became of the sequence number.
    struct Trial: Decodable {
        var step: String
        var refused: String
        var error: String
        var codes: [Int]
        var sequence_before: UInt64?
        var sequence_after: UInt64?
    }

    static func trials() throws -> [Trial] {
        try JSONDecoder().decode([Trial].self, from: Fixtures.read("recordings/errors.table.json"))
    }

    @Test func `the sequence number was used up exactly where the catalogue says so`() throws {
        var seen: Set<SequenceNumberEffect> = []
        for trial in try Self.trials() where !trial.error.isEmpty {
            let failure = TransactionFailure.classify(trial.error)
            #expect(failure.code?.number == trial.codes.first, "\(trial.step)")
            #expect(failure.effect != .unknown, "\(trial.step)")
            guard let before = trial.sequence_before, let after = trial.sequence_after else { continue }
            #expect((after == before + 1) == (failure.effect == .consumed), "\(trial.step)")
            seen.insert(failure.effect)
        }
        #expect(seen == [.consumed, .untouched])
    }

    @Test func `every refusal that was recorded is a refusal, and none but the passing ones is to be repeated`() throws
    {
        for trial in try Self.trials() where !trial.refused.isEmpty {
            let words = trial.refused.split(separator: " desc = ", maxSplits: 1).last.map(String.init) ?? ""
            let error = AccessError(.internal, words, method: "/flow.access.AccessAPI/SendTransaction")
            #expect(error.isRefusal, "\(trial.step)")
            #expect(
                error.verdict == (trial.step == "reference block unknown" ? .sameBytesAgain : .permanent),
                "\(trial.step)")
        }
    }

    @Test func `what a full batch meets is split, what a contract says is final`() throws {
        let verdicts = try Dictionary(
            Self.trials().filter { !$0.error.isEmpty }.map { ($0.codes[0], TransactionFailure.classify($0.error)) }
        ) { a, _ in a }
        #expect(verdicts[1110]?.verdict == .split)
        #expect(verdicts[1101]?.verdict == .permanent)
        #expect(verdicts[1101]?.isolable == true)
        #expect(verdicts[1103]?.verdict == .wait)
        #expect(verdicts[1007]?.verdict == .rebuild(.otherSlot))
        #expect(verdicts[1006]?.isolable == false)
        let numbers = verdicts[1007]?.sequenceNumbers
        #expect(numbers?.expected == 5 && numbers?.given == 10)
    }

    @Test func `a Cadence failure's reason is what the code said`() throws {
        let trials = try Self.trials()
        let panic = try #require(trials.first { $0.step == "panics" })
        #expect(TransactionFailure.classify(panic.error).reason == "panic: stop here")
        #expect(TransactionFailure.classify(panic.error).description == "Error Code: 1101: panic: stop here")
    }

    @Test func `an expired transaction is signed again in its slot`() throws {
        let refusals = try Recording("expiry").exchanges().filter {
            $0.method.hasSuffix("SendTransaction") && $0.code != 0
        }
        #expect(!refusals.isEmpty)
        for refusal in refusals {
            let error = AccessError(
                .init(rawValue: Int32(refusal.code!))!, refusal.message ?? "", method: refusal.method)
            #expect(error.verdict == .rebuild(.freshReference))
            #expect(error.isRefusal)
        }
    }

    @Test func `the first code in a text is the cause, of whichever kind`() {
        #expect(FailureCode(first: "[Error Code: 1110] … [Error Code: 1101]")?.number == 1110)
        #expect(FailureCode(first: "x [Failure Code: 2000] [Error Code: 1101]")?.isNodeFailure == true)
        #expect(FailureCode(first: "[Error Code: 1101] [Failure Code: 2000]")?.isNodeFailure == false)
        #expect(FailureCode(first: "[Error Code: ] [Failure Code: 2000]")?.number == 2000)
        #expect(FailureCode(first: "[Error Code: 99999999999999999999]") == nil)
        #expect(FailureCode(first: "failed") == nil)
    }

    @Test func `a failure without a code claims nothing`() {
        let failure = TransactionFailure.classify("failed")
        #expect(failure.code == nil)
        #expect(failure.effect == .unknown)
        #expect(failure.verdict == .otherNode)
        var result = TransactionResult()
        #expect(TransactionFailure.classify(result) == nil)
        result.statusCode = 1
        #expect(TransactionFailure.classify(result)?.effect == .unknown)
        #expect(TransactionFailure.classify("[Error Code: 1999] new").effect == .unknown)
        // A code of the transport's range in a text is no transport's.
        #expect(TransactionFailure.classify("[Error Code: 8] odd").effect == .unknown)
    }

    @Test(arguments: [
        AccessError.Code.unavailable, .deadlineExceeded, .internal, .unknown, .aborted, .cancelled, .dataLoss,
    ])
    func `an answer that was lost on the way leaves one thing to do: the same bytes again`(code: AccessError.Code) {
        let error = AccessError(code, "lost", method: "/flow.access.AccessAPI/SendTransaction")
        #expect(error.verdict == .sameBytesAgain)
        #expect(!error.isRefusal)
    }

    @Test func `a rate limit is waited for, a limit of size or computation is not`() {
        func verdict(_ message: String) -> Verdict { AccessError(.resourceExhausted, message).verdict }
        #expect(
            verdict("/flow.access.AccessAPI/Ping is rejected by grpc_ratelimit middleware, please retry later.")
                == .wait)
        #expect(verdict("Received message larger than max (5 vs. 4)") == .split)
        #expect(verdict("computation limit exceeded") == .split)
        #expect(AccessError(.invalidArgument, "requested block range (300) exceeded maximum (250)").verdict == .split)
    }

    @Test func `what an answer to a send proves is told in one place`() throws {
        for trial in try Self.trials() where !trial.refused.isEmpty {
            #expect(AccessError(.internal, trial.refused).sendJudgement == .refused, "\(trial.step)")
        }
        #expect(AccessError(.internal, "transaction with ID ab has already been submitted").sendJudgement == .accepted)
        #expect(AccessError(.alreadyExists, "").sendJudgement == .accepted)
        for code in [
            AccessError.Code.unavailable, .deadlineExceeded, .internal, .unknown, .aborted, .cancelled, .dataLoss,
        ] {
            #expect(AccessError(code, "connection reset").sendJudgement == .unclear)
        }
    }

    @Test func `whose trouble a failure is, and which key's, is what the real node said`() throws {
        let failures = try Dictionary(
            Self.trials().filter { !$0.error.isEmpty }.map { ($0.step, TransactionFailure.classify($0.error)) }
        ) { a, _ in a }
        #expect(failures["sequence number ahead"]?.culprit == .sequenceNumber)
        #expect(failures["proposal key that is not there"]?.culprit == .proposalKey)
        #expect(failures["proposal key that is not there"]?.key?.index == 99)
        #expect(failures["one of two half keys"]?.culprit == .weight)
        #expect(failures["panics"]?.culprit == .content)
        #expect(failures["panics"]?.key == nil)
        let broken = try #require(failures["payload signature broken"])
        #expect(broken.key?.index == 0)
        #expect(broken.key?.address == Address("f3fcd2c1a78f5eee"))
        #expect(AccessError(.invalidArgument, "invalid transaction: insufficient balance").culprit == .balance)
        // A weight that is missed in the body, by code, is the content's doing.
        #expect(TransactionFailure.classify("[Error Code: 1055] in a body").culprit == .content)
        for entry in ErrorCatalogue.all where entry.verdict == .otherNode {
            #expect(entry.culprit == .node, "\(entry.name)")
        }
    }

    @Test(arguments: [
        "public key 7 on account", "public key on account ab", "public key 99999999999999999999 on account ab",
        "public key 4294967296 on account ab", "",
    ])
    func `a text that names no key names none`(text: String) {
        #expect(TransactionFailure.classify("[Error Code: 1009] " + text).key == nil)
    }

    @Test func `every code explains itself, by number, name and text`() {
        for entry in ErrorCatalogue.all {
            let page = ErrorCatalogue.explain("\(entry.code)")
            #expect(page?.contains(entry.name) == true)
            #expect(ErrorCatalogue.explain(entry.name) == page)
            #expect(!entry.meaning.isEmpty && !entry.remedy.isEmpty)
        }
        #expect(ErrorCatalogue.explain("1110")?.contains("computation") == true)
        #expect(ErrorCatalogue.explain(" 1110\n") == ErrorCatalogue.explain("1110"))
        #expect(ErrorCatalogue.explain("resourceExhausted") == ErrorCatalogue.explain("8"))
        #expect(ErrorCatalogue.explain("[Error Code: 1105] error caused by …") == ErrorCatalogue.explain("1105"))
        #expect(ErrorCatalogue.explain("nonsense") == nil)
        #expect(ErrorCatalogue.explain("") == nil)
    }
}
