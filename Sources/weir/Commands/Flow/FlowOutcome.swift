import Daemon
import Encoding
import FlowClient
import HTTP

/// What became of a transaction, in one word.
enum FlowOutcome {
    case unknown, pending, finalized, executed, sealed, failed, expired

    var word: String { "\(self)" }
    /// Nothing more will happen to it.
    var isFinal: Bool { self == .sealed || self == .expired || self == .failed }
}

extension TransactionResult {
    var hasFailed: Bool { statusCode != 0 || !errorMessage.isEmpty }

    /// A failure counts once it is sealed: until then another execution may yet be the one that is sealed.
    var outcome: FlowOutcome {
        switch status {
        case .unknown: .unknown
        case .pending: .pending
        case .finalized: .finalized
        case .executed: .executed
        case .sealed: hasFailed ? .failed : .sealed
        case .expired: .expired
        }
    }

    var json: JSON {
        var members: [JSON.Member] = [
            .init("id", JSON(transactionID.hex)), .init("outcome", JSON(outcome.word)),
            .init("status", JSON("\(status)")), .init("blockID", blockID == .zero ? .null : JSON(blockID.hex)),
            .init("blockHeight", blockID == .zero ? .null : JSON(blockHeight.rawValue)),
            .init("collectionID", collectionID == .zero ? .null : JSON(collectionID.hex)),
            .init("computation", JSON(computationUsage)),
            .init("error", TransactionFailure.classify(self)?.json ?? .null),
        ]
        members.append(.init("events", .array(events.map(\.json))))
        return .object(members)
    }

    /// For people: outcome, place, error with its remedy.
    var fields: [(String, String)] {
        var rows = [("id", transactionID.hex), ("outcome", outcome.word)]
        if outcome == .executed, hasFailed { rows.append(("", "failed, and not sealed yet")) }
        if blockID != .zero { rows.append(("block", "\(blockHeight)  \(blockID)")) }
        if computationUsage > 0 { rows.append(("computation", "\(computationUsage)")) }
        if let failure = TransactionFailure.classify(self) {
            rows += [
                ("error", failure.description), ("do", failure.remedy), ("sequence no.", failure.effect.words),
                ("text", failure.text),
            ]
        }
        if outcome == .expired {
            rows.append(("do", "sign it again with a fresh reference block: these bytes can't execute any more"))
        }
        rows.append(("events", "\(events.count)"))
        return rows
    }

    var eventTable: String {
        FlowText.table(["#", "event", "fields"], events.map { ["\($0.eventIndex)", $0.type, $0.fieldsText] })
    }
}

extension TransactionFailure {
    fileprivate var json: JSON {
        [
            "code": code.map { JSON($0.number) } ?? .null, "reason": JSON(reason), "remedy": JSON(remedy),
            "advice": JSON(verdict.advice), "sequenceNumber": JSON(effect.rawValue), "text": JSON(text),
        ]
    }
}

extension SequenceNumberEffect {
    var words: String {
        switch self {
        case .consumed: "used up; fees were charged"
        case .untouched: "not used up"
        case .unknown: "read the key from the chain"
        }
    }
}
