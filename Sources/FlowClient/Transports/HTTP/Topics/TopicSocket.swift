import Daemon
import Encoding
import HTTP
import Synchronization

/// One websocket at `/v1/ws` and the streams on it. It connects when its first stream has joined and closes with its last;
/// its task owns the socket and ends with it.
final class TopicSocket: Sendable {
    private struct State {
        var board: TopicBoard
        /// Nobody joins any more: its last stream has gone, or the socket has.
        var isClosing = false
    }

    private let state: Mutex<State>
    private let options: HTTPAccessClient.Options
    private let logger: Logger
    private let outbox: AsyncStream<String>
    private let out: AsyncStream<String>.Continuation

    init(options: HTTPAccessClient.Options, logger: Logger) {
        self.options = options
        self.logger = logger
        state = Mutex(State(board: TopicBoard(.init(messages: options.waitingMessages, bytes: options.waitingBytes))))
        (outbox, out) = AsyncStream.makeStream()
    }

    /// Once, after the first stream has joined: a connection that fails at once must find it there.
    func open(_ connect: @escaping @Sendable () async throws -> WebSocket) { Task { await run(connect) } }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    // MARK: Streams

    /// Nil where it is full, or closing.
    func join(_ topic: String, _ arguments: JSON) -> TopicSubscription? {
        let id = state.withLock { state -> String? in
            guard !state.isClosing, state.board.count < max(1, options.streamsPerSocket) else { return nil }
            return state.board.join()
        }
        guard let id else { return nil }
        let request: JSON = [
            "subscription_id": .string(id), "action": "subscribe", "topic": .string(topic), "arguments": arguments,
        ]
        out.yield(request.text)
        return TopicSubscription(self, id)
    }

    func agreement(of id: String) async throws {
        try await withCheckedThrowingContinuation { continuation in change { $0.awaitAgreement(id, continuation) } }
    }

    func next(of id: String) async throws -> TopicMessage? {
        try await withCheckedThrowingContinuation { continuation in change { $0.take(id, continuation) } }
    }

    func leave(_ id: String, _ error: any Error) {
        change { $0.leave(id, error) }
        let isLast = state.withLock { state in
            guard state.board.count == 0, !state.isClosing else { return false }
            state.isClosing = true
            return true
        }
        if isLast { out.finish() }
    }

    private func change(_ body: (inout TopicBoard) -> [TopicBoard.Action]) {
        for action in state.withLock({ body(&$0.board) }) {
            guard let id = action.run() else { continue }
            out.yield((["subscription_id": .string(id), "action": "unsubscribe"] as JSON).text)
        }
    }

    // MARK: The socket

    private enum Outcome { case left, lost(any Error), aside }

    private func run(_ connect: @Sendable () async throws -> WebSocket) async {
        let socket: WebSocket
        do { socket = try await connect() } catch { return end(error) }
        logger.debug("websocket open")
        let outcome = await withTaskGroup { group in
            group.addTask { await self.read(socket) }
            group.addTask { await self.write(socket) }
            group.addTask {
                try? await socket.keepAlive(every: self.options.pingInterval)
                return .aside
            }
            defer { group.cancelAll() }
            while let outcome = await group.next() {
                if case .aside = outcome { continue }
                return outcome
            }
            return .left
        }
        switch outcome {
        case .left, .aside: await socket.close()
        case .lost(let error):
            logger.debug("websocket lost", ["error": "\(error)"])
            socket.end()
            end(error)
        }
    }

    private func end(_ error: any Error) {
        state.withLock { $0.isClosing = true }
        change { $0.endAll(error) }
        out.finish()
    }

    private func read(_ socket: WebSocket) async -> Outcome {
        do {
            while true {
                await roomToRead()
                guard let message = try await socket.receive() else { break }
                guard case .text(let text) = message else {
                    throw HTTPError(.protocolViolation, "a message is not text")
                }
                let parsed = try TopicMessage(text)
                change { $0.deliver(parsed) }
            }
            let closing = socket.closing
            return .lost(
                HTTPError(
                    .connectionLost, "the node closed the websocket (\(closing?.code ?? 1005) \(closing?.reason ?? ""))"
                ))
        } catch is CancellationError {
            return .aside
        } catch {
            return .lost(error)
        }
    }

    private func roomToRead() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                change { Task.isCancelled ? [.read(continuation)] : $0.awaitReading(continuation) }
            }
        } onCancel: {
            change { $0.stopWaiting() }
        }
    }

    private func write(_ socket: WebSocket) async -> Outcome {
        do {
            for await text in outbox { try await socket.send(.text(text)) }
            return Task.isCancelled ? .aside : .left
        } catch is CancellationError {
            return .aside
        } catch {
            return .lost(error)
        }
    }
}

/// One stream's place on a socket. Dropping it unsubscribes.
final class TopicSubscription: Sendable {
    private let socket: TopicSocket
    private let id: String
    /// Why it was left; whoever asks again hears it again.
    private let reason = Mutex<(any Error)?>(nil)

    init(_ socket: TopicSocket, _ id: String) {
        self.socket = socket
        self.id = id
    }

    deinit { leave(CancellationError()) }

    /// Unsubscribes; whoever waits gets the error.
    func leave(_ error: any Error) {
        reason.withLock { $0 = $0 ?? error }
        socket.leave(id, error)
    }

    /// Returns when the node has agreed.
    func agreement() async throws {
        try await withTaskCancellationHandler {
            try await socket.agreement(of: id)
        } onCancel: {
            leave(CancellationError())
        }
    }

    /// Nil where the node has ended it. For one task; cancelling it unsubscribes.
    func next() async throws -> TopicMessage? {
        if let reason = reason.withLock({ $0 }) { throw reason }
        return try await withTaskCancellationHandler {
            try await socket.next(of: id)
        } onCancel: {
            leave(CancellationError())
        }
    }
}
