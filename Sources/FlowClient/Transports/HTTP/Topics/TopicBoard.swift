/// Who listens on one websocket, and what has come for whom and was not fetched. A value without a clock or a socket;
/// whoever has it runs what the methods return after letting go of the lock.
///
/// A seat: joined (subscribe goes out) → agreed → ended (by the node, by an error, or because its consumer lags) → left.
/// The reader waits while one seat has more than the limits allow, unless another one's consumer has nothing: then it reads
/// on, and the seat that lags is ended at sixteen times the limits.
struct TopicBoard {
    struct Limits: Sendable {
        var messages: Int
        var bytes: Int
        static let lag = 16
    }

    /// To be run outside the lock.
    enum Action {
        case agree(CheckedContinuation<Void, any Error>, Result<Void, any Error>)
        case give(CheckedContinuation<TopicMessage?, any Error>, Result<TopicMessage?, any Error>)
        case read(CheckedContinuation<Void, Never>)
        case unsubscribe(String)

        /// What remains to be sent: the id to unsubscribe.
        func run() -> String? {
            switch self {
            case .agree(let continuation, let result): continuation.resume(with: result)
            case .give(let continuation, let result): continuation.resume(with: result)
            case .read(let continuation): continuation.resume()
            case .unsubscribe(let id): return id
            }
            return nil
        }
    }

    private struct Seat {
        var isAgreed = false
        var messages: [TopicMessage] = []
        var taken = 0
        var bytes = 0
        /// Nothing comes after this; what came before is still given.
        var end: Result<Void, any Error>?
        var agreement: CheckedContinuation<Void, any Error>?
        var taker: CheckedContinuation<TopicMessage?, any Error>?

        var count: Int { messages.count - taken }
        var isStarving: Bool { taker != nil || agreement != nil }

        func exceeds(_ limits: Limits, times factor: Int = 1) -> Bool {
            count >= limits.messages * factor || bytes >= limits.bytes * factor
        }

        mutating func take() -> TopicMessage {
            let message = messages[taken]
            taken += 1
            bytes -= message.byteCount
            if taken == messages.count {
                (messages, taken) = ([], 0)
            } else if taken >= 1024 {
                messages.removeFirst(taken)
                taken = 0
            }
            return message
        }
    }

    private let limits: Limits
    private var seats: [String: Seat] = [:]
    private var lastNumber = 0
    private var reader: CheckedContinuation<Void, Never>?

    init(_ limits: Limits) { self.limits = limits }

    var count: Int { seats.count }

    /// Ids have 20 characters at most (onflow/flow-go engine/access/rest/websockets/subscription_id.go).
    mutating func join() -> String {
        lastNumber += 1
        let id = "weir-\(lastNumber)"
        seats[id] = Seat()
        return id
    }

    mutating func awaitAgreement(_ id: String, _ continuation: CheckedContinuation<Void, any Error>) -> [Action] {
        guard let seat = seats[id] else { return [.agree(continuation, .failure(CancellationError()))] }
        if seat.isAgreed { return [.agree(continuation, .success(()))] }
        if case .failure(let error)? = seat.end { return [.agree(continuation, .failure(error))] }
        seats[id]!.agreement = continuation
        return settled()
    }

    /// Nil is given at the end.
    mutating func take(_ id: String, _ continuation: CheckedContinuation<TopicMessage?, any Error>) -> [Action] {
        guard var seat = seats[id] else { return [.give(continuation, .failure(CancellationError()))] }
        precondition(seat.taker == nil, "two tasks ask one stream for its next message")
        if seat.count > 0 {
            let message = seat.take()
            seats[id] = seat
            return [.give(continuation, .success(message))] + settled()
        }
        if let end = seat.end { return [.give(continuation, end.map { nil })] }
        seat.taker = continuation
        seats[id] = seat
        return settled()
    }

    /// Something came. Messages for seats that are left are late ones.
    mutating func deliver(_ message: TopicMessage) -> [Action] {
        guard var seat = seats[message.subscription] else {
            // Said of a message that it could not read: of ours, only one that asks to subscribe.
            guard message.subscription.isEmpty, let refusal = message.refusal else { return [] }
            return seats.filter { !$0.value.isAgreed }.flatMap { end($0.key, .failure(Self.error(refusal))) }
        }
        guard seat.end == nil else { return [] }
        if let refusal = message.refusal { return end(message.subscription, .failure(Self.error(refusal))) }
        var actions: [Action] = []
        if message.hasPayload {
            if let taker = seat.taker {
                seat.taker = nil
                actions.append(.give(taker, .success(message)))
            } else {
                seat.messages.append(message)
                seat.bytes += message.byteCount
            }
        } else if message.action == "unsubscribe" {
            return end(message.subscription, .success(()))
        }
        // A node that is quick may speak before it has agreed.
        if !seat.isAgreed {
            seat.isAgreed = true
            if let agreement = seat.agreement { actions.append(.agree(agreement, .success(()))) }
            seat.agreement = nil
        }
        seats[message.subscription] = seat
        if seat.exceeds(limits, times: Limits.lag) {
            let error = AccessError(
                .resourceExhausted, "the consumer lags \(seat.count) messages behind others on the same websocket")
            actions += end(message.subscription, .failure(error)) + [.unsubscribe(message.subscription)]
        }
        return actions
    }

    /// The consumer has gone: whatever it still waits for fails.
    mutating func leave(_ id: String, _ error: any Error) -> [Action] {
        guard let seat = seats.removeValue(forKey: id) else { return [] }
        var actions: [Action] = seat.end == nil ? [.unsubscribe(id)] : []
        if let taker = seat.taker { actions.append(.give(taker, .failure(error))) }
        if let agreement = seat.agreement { actions.append(.agree(agreement, .failure(error))) }
        return actions + settled()
    }

    /// The socket has gone.
    mutating func endAll(_ error: any Error) -> [Action] { seats.keys.flatMap { end($0, .failure(error)) } }

    /// Runs when the reader may read; see above.
    mutating func awaitReading(_ continuation: CheckedContinuation<Void, Never>) -> [Action] {
        reader = continuation
        return settled()
    }

    mutating func stopWaiting() -> [Action] {
        defer { reader = nil }
        return reader.map { [.read($0)] } ?? []
    }

    private mutating func end(_ id: String, _ how: Result<Void, any Error>) -> [Action] {
        guard var seat = seats[id], seat.end == nil else { return [] }
        seat.end = how
        var actions: [Action] = []
        if let agreement = seat.agreement {
            // A stream that ends in order before it has begun is one without messages.
            actions.append(.agree(agreement, how))
        }
        if let taker = seat.taker { actions.append(.give(taker, how.map { nil })) }
        (seat.agreement, seat.taker) = (nil, nil)
        seats[id] = seat
        return actions + settled()
    }

    private mutating func settled() -> [Action] {
        guard reader != nil else { return [] }
        // A seat that has ended takes nothing more; what it holds does not hold up the others.
        let isFull = seats.values.contains { $0.end == nil && $0.exceeds(limits) }
        return isFull && !seats.values.contains(where: \.isStarving) ? [] : stopWaiting()
    }

    private static func error(_ refusal: TopicMessage.Refusal) -> AccessError {
        AccessError(status: refusal.code, refusal.message)
    }
}
