import Daemon
import FlowClient
import Submitter

/// Sending, and what becomes of what was sent: for whatever command sends.
extension FlowConnection {
    /// After so many blocks a reference block is too old (onflow/flow-go:model/flow/constants.go, DefaultTransactionExpiry).
    static let transactionExpiry: UInt64 = 600

    /// Whether a node took it is not known where the call broke: that is said, with how to find out.
    func send(_ transaction: Transaction) async throws {
        do { _ = try await api.send(transaction) } catch let error as AccessError {
            switch SendVerdict(error) {
            case .accepted: return
            case .refused: throw FlowFailure(error)
            case .unclear:
                var failure = FlowFailure(error)
                failure.what = "whether transaction \(transaction.id) arrived is not known: \(failure.what)"
                failure.remedy = "ask before sending anew: weir flow tx \(transaction.id) --wait"
                failure.exitCode = .unavailable
                throw failure
            }
        }
    }

    /// Asks until nothing more will happen, and tells on standard error how it goes. A node that is away for a while does not
    /// end the wait.
    /// - Parameters:
    ///   - reference: the height of its reference block, where that is known: once it is too old, a transaction that nobody
    ///     has seen has expired, whatever a node says.
    ///   - remedy: what to do where nothing final is known when patience ends.
    func sealed(
        _ id: TransactionID, reference: BlockHeight?, patience: Duration, remedy: String? = nil
    ) async throws -> TransactionResult {
        let deadline = ContinuousClock.now + patience
        var said: FlowOutcome?
        var isAway = false
        func tell(_ words: String) { Descriptor.write("\(id.hex.prefix(8))… \(words)\n", to: 2) }
        while true {
            do {
                var result = try await api.transactionResult(id, blockID: nil, collectionID: nil, encoding: .jsonCDC)
                    .value
                result.transactionID = id
                if result.outcome != said || isAway {
                    tell(result.outcome.word)
                    (said, isAway) = (result.outcome, false)
                }
                if result.outcome.isFinal { return result }
                if let reference, result.status == .unknown || result.status == .pending,
                    try await api.blockHeader(.latestSealed).value.height.rawValue > reference.rawValue
                        + Self.transactionExpiry
                {
                    result.status = .expired
                    return result
                }
            } catch let error as AccessError where Self.isPassing(error) {
                guard ContinuousClock.now < deadline else { throw error }
                if !isAway { tell("\(FlowFailure(error).what); asking again") }
                isAway = true
            }
            guard ContinuousClock.now < deadline else {
                throw FlowFailure(
                    "transaction \(id) is \((said ?? .unknown).word) after \(DurationText.format(patience))",
                    remedy: remedy ?? "ask again: weir flow tx \(id) --wait")
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private static func isPassing(_ error: AccessError) -> Bool {
        [.unavailable, .deadlineExceeded, .resourceExhausted].contains(error.code)
    }
}
