import CMicroHTTPD
import Daemon
import Synchronization

/// What becomes of a connection that turns into a websocket. The handler has it until it returns; then it is closed with
/// 1000, with 1011 where it throws, with 1001 when the server stops.
public struct WebSocketUpgrade: Sendable {
    public typealias Handler = @Sendable (WebSocket, HTTPServerRequest) async throws -> Void

    /// Larger messages are answered with close code 1009.
    public var maximumMessageBytes: Int
    /// How often the client is pinged; nil for never.
    public var pingInterval: Duration?
    /// The first of these that the client offers is chosen.
    public var protocols: [String]
    let handler: Handler

    public init(
        maximumMessageBytes: Int = 1 << 20, pingInterval: Duration? = .seconds(20), protocols: [String] = [],
        handler: @escaping Handler
    ) {
        self.maximumMessageBytes = maximumMessageBytes
        self.pingInterval = pingInterval
        self.protocols = protocols
        self.handler = handler
    }

    func refusal(_ request: HTTPServerRequest) -> ProblemDocument? { WebSocketHandshake.refusal(request) }

    /// The answer that switches protocols.
    func handshake(_ response: HTTPServerResponse) -> HTTPServerResponse {
        var switching = response
        switching.status = 101
        switching.headers["Upgrade"] = "websocket"
        return switching
    }

    func chosenProtocol(_ request: HTTPServerRequest) -> String? {
        protocols.first { request.headers.contains($0, in: "Sec-WebSocket-Protocol") }
    }

    func run(_ handover: WebSocketHandover, _ request: HTTPServerRequest, _ logger: Logger) async {
        guard let (transport, early) = await handover.wait() else { return }
        let socket: WebSocket
        do {
            socket = try WebSocket(transport, role: .server, maximumMessageBytes: maximumMessageBytes, early: early)
        } catch {
            return transport.close()
        }
        defer { socket.end() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let pingInterval { group.addTask { try? await socket.keepAlive(every: pingInterval) } }
                defer { group.cancelAll() }
                try await handler(socket, request)
            }
            await socket.close(code: 1000)
        } catch is CancellationError {
            await socket.close(code: 1001, reason: "the server is stopping", timeout: .seconds(1))
        } catch let error as HTTPError
            where error.code == .connectionLost || error.code == .closed || error.code == .protocolViolation
        {
            // The peer's fault, and it knows or is gone.
            logger.debug("websocket ended", ["path": request.path, "error": "\(error)"])
            if error.code == .protocolViolation { await socket.hangUpGently() }
        } catch {
            logger.error("a websocket handler failed", ["path": request.path, "error": String(describing: error)])
            await socket.close(code: 1011, reason: "our fault, and it was logged")
        }
    }
}

/// The socket on its way from libmicrohttpd's thread to the task that will use it.
final class WebSocketHandover: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<(SocketTransport, [UInt8])?, Never>)
        case here(SocketTransport, [UInt8])
        case over
    }

    private let state = Mutex(State.empty)

    /// Nil where the client went away before the handshake was done.
    func wait() async -> (SocketTransport, [UInt8])? {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> (SocketTransport, [UInt8])?? in
                switch state {
                case .empty:
                    state = .waiting(continuation)
                    return nil
                case .here(let transport, let early):
                    state = .over
                    return .some((transport, early))
                case .waiting, .over: return .some(nil)
                }
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func abandon() {
        let (waiting, orphan) = state.withLock {
            state -> (CheckedContinuation<(SocketTransport, [UInt8])?, Never>?, SocketTransport?) in
            defer { state = .over }
            switch state {
            case .waiting(let continuation): return (continuation, nil)
            case .here(let transport, _): return (nil, transport)
            case .empty, .over: return (nil, nil)
            }
        }
        waiting?.resume(returning: nil)
        orphan?.close()
    }

    private func give(_ transport: SocketTransport, _ early: [UInt8]) {
        let (waiting, isTooLate) = state.withLock {
            state -> (CheckedContinuation<(SocketTransport, [UInt8])?, Never>?, Bool) in
            switch state {
            case .waiting(let continuation):
                state = .over
                return (continuation, false)
            case .empty:
                state = .here(transport, early)
                return (nil, false)
            case .here, .over: return (nil, true)
            }
        }
        waiting?.resume(returning: (transport, early))
        if isTooLate { transport.close() }
    }

    private struct UpgradeHandle: @unchecked Sendable {
        // Used once, to close; libmicrohttpd allows that from any thread.
        let pointer: OpaquePointer
    }

    /// On the daemon's thread, once the handshake's answer is sent. Takes back what `HTTPExchange` retained.
    static let upgraded: MHD_UpgradeHandler = { cls, _, _, early, earlyCount, socket, handle in
        let handover = Unmanaged<WebSocketHandover>.fromOpaque(cls!).takeRetainedValue()
        let upgrade = UpgradeHandle(pointer: handle!)
        let bytes = early.map { Array(UnsafeRawBufferPointer(start: $0, count: earlyCount)) } ?? []
        handover.give(SocketTransport(descriptor: socket) { shim_mhd_close_upgraded(upgrade.pointer) }, bytes)
    }
}
