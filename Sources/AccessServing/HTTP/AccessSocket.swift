import Daemon
import Encoding
import FlowClient
import HTTP
import Synchronization

/// One websocket of the API and its subscriptions: subscribe, unsubscribe, list_subscriptions, each answered in the words
/// of onflow/flow-go engine/access/rest/websockets/controller.go.
///
/// A client that does not read holds back its subscriptions, and with them the streams they come from: a message is asked
/// for when the one before it is sent.
final class AccessSocket: Sendable {
    typealias Refusal = HTTPAccessService.Refusal

    private struct Subscription {
        var id: String
        var topic: String
        var arguments: JSON
        var task: Task<Void, Never>
    }

    static let maximumSubscriptions = 20
    private static let maximumIDLength = 20

    private let api: any AccessAPI
    private let socket: WebSocket
    /// In the order they were made.
    private let subscriptions = Mutex<[Subscription]>([])

    init(_ api: any AccessAPI, _ socket: WebSocket) {
        self.api = api
        self.socket = socket
    }

    /// Answers until the client has gone or the task is cancelled; then every subscription has ended.
    func run() async throws {
        defer { for subscription in subscriptions.withLock({ $0 }) { subscription.task.cancel() } }
        try await withThrowingDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            while let message = try await socket.receive() {
                let bytes =
                    switch message {
                    case .text(let text): Array(text.utf8)
                    case .binary(let bytes): bytes
                    }
                guard let task = try await handle(bytes) else { continue }
                group.addTask {
                    await withTaskCancellationHandler {
                        await task.value
                    } onCancel: {
                        task.cancel()
                    }
                }
            }
        }
    }

    /// The task of a new subscription, for the caller to wait for.
    private func handle(_ bytes: [UInt8]) async throws -> Task<Void, Never>? {
        let message: JSON
        do {
            message = try JSON(parsing: bytes)
        } catch let flaw as JSONScanner.Failure {
            let complaint = GoDecoding.complaint(of: flaw, in: bytes)
            try await refuse("", "", Refusal.bad("error reading message: \(complaint)"))
            return nil
        }
        var id = ""
        do {
            guard message.object != nil else { throw Refusal.bad("a message is an object") }
            let action = try Self.text(message, "action")
            id = try Self.text(message, "subscription_id")
            switch action {
            case "subscribe": return try await subscribe(id, message)
            case "unsubscribe": try await unsubscribe(id)
            case "list_subscriptions": try await list()
            default: throw Refusal.bad("unknown action type: \(action)")
            }
        } catch let refusal as Refusal {
            try await refuse("", "", Refusal.bad("error parsing message: \(refusal.message)"))
        }
        return nil
    }

    private static func text(_ message: JSON, _ name: String) throws -> String {
        switch message[name] {
        case nil, .null: return ""
        case .string(let text): return text
        default: throw Refusal.bad("'\(name)' must be a string")
        }
    }

    // MARK: Actions

    private func subscribe(_ given: String, _ message: JSON) async throws -> Task<Void, Never>? {
        let topic = try Self.text(message, "topic")
        let arguments = message["arguments"] ?? .null
        guard arguments.object != nil || arguments.isNull else { throw Refusal.bad("'arguments' must be an object") }
        guard subscriptions.withLock({ $0.count }) < Self.maximumSubscriptions else {
            let words = "error creating new subscription: maximum number of subscriptions reached"
            try await refuse(given, "subscribe", Refusal(429, words))
            return nil
        }
        let id: String
        do {
            id = try newID(given)
        } catch let refusal as Refusal {
            try await refuse(given, "subscribe", Refusal.bad("error parsing subscription id: \(refusal.message)"))
            return nil
        }
        let feed: Feed
        do {
            feed = try await Feed(topic: topic, arguments: arguments, api)
        } catch let refusal as Refusal {
            try await refuse(id, "subscribe", Refusal.bad("error creating data provider: \(refusal.message)"))
            return nil
        }
        try await send(["subscription_id": JSON(id), "action": "subscribe"])
        return subscriptions.withLock { all in
            let task = Task { await pump(id, topic, feed) }
            all.append(Subscription(id: id, topic: topic, arguments: arguments, task: task))
            return task
        }
    }

    private func newID(_ given: String) throws -> String {
        guard !given.isEmpty else {
            return (0..<Self.maximumIDLength).map { _ in String(UInt8.random(in: 0...15), radix: 16) }.joined()
        }
        guard given.utf8.count <= Self.maximumIDLength else { throw Self.tooLong }
        guard !subscriptions.withLock({ $0.contains { $0.id == given } }) else {
            throw Refusal.bad("subscription ID is already in use: \(given)")
        }
        return given
    }

    private static var tooLong: Refusal {
        .bad("subscription ID provided by the client must not exceed \(maximumIDLength) characters")
    }

    /// Answered when the subscription has ended: nothing of it comes after the answer.
    private func unsubscribe(_ id: String) async throws {
        let flaw: Refusal? =
            id.isEmpty
            ? .bad("subscription ID provided by the client must not be empty")
            : id.utf8.count > Self.maximumIDLength ? Self.tooLong : nil
        if let flaw {
            return try await refuse(
                id, "unsubscribe", Refusal.bad("error parsing subscription id: \(flaw.message)"))
        }
        guard let subscription = remove(id) else {
            return try await refuse(id, "unsubscribe", Refusal(404, "subscription not found"))
        }
        subscription.task.cancel()
        await subscription.task.value
        try await send(["subscription_id": JSON(id), "action": "unsubscribe"])
    }

    private func list() async throws {
        let all = subscriptions.withLock { subscriptions in
            subscriptions.map { subscription -> JSON in
                [
                    "subscription_id": JSON(subscription.id), "topic": JSON(subscription.topic),
                    "arguments": subscription.arguments,
                ]
            }
        }
        try await send(["subscriptions": all.isEmpty ? .null : .array(all), "action": "list_subscriptions"])
    }

    // MARK: A subscription

    private func pump(_ id: String, _ topic: String, _ feed: Feed) async {
        do {
            while let payload = try await feed.next() {
                try Task.checkCancellation()
                try await send(["subscription_id": JSON(id), "topic": JSON(topic), "payload": payload])
            }
            remove(id)
        } catch {
            // Removed first: who hears of the end may take the id again.
            remove(id)
            // Cancelled by unsubscribing, or the client has gone, which the reader hears too.
            guard !(error is CancellationError), !(error is HTTPError), !Task.isCancelled else { return }
            let words = (error as? AccessError)?.asGoPrintsIt ?? "\(error)"
            let refusal = Refusal(500, "internal error: subscription finished with error: \(words)")
            try? await refuse(id, "subscribe", refusal)
        }
    }

    @discardableResult
    private func remove(_ id: String) -> Subscription? {
        subscriptions.withLock { all in
            all.firstIndex { $0.id == id }.map { all.remove(at: $0) }
        }
    }

    // MARK: Sending

    private func refuse(_ id: String, _ action: String, _ refusal: Refusal) async throws {
        try await send(["subscription_id": JSON(id), "error": refusal.json, "action": JSON(action)])
    }

    /// Each message ends with a line break, as gorilla's WriteJSON makes it.
    private func send(_ value: JSON) async throws {
        try await socket.send(.text(String(decoding: GoJSON.compact(value) + [0x0A], as: UTF8.self)))
    }
}

extension HTTPAccessService {
    func webSocket() -> WebSocketUpgrade {
        WebSocketUpgrade(maximumMessageBytes: 4 << 20, pingInterval: .seconds(9)) { [api] socket, _ in
            try await AccessSocket(api, socket).run()
        }
    }
}
