import Daemon
import GRPC
import Synchronization
import Testing

/// A server of ours and a channel to it, in one process, for the length of a test.
func withLoopback<R: Sendable>(
    server options: GRPCServer.Options = .init(), channel channelOptions: GRPCChannel.Options = .init(),
    credentials: (GRPCServerCredentials, GRPCClientCredentials) = (.cleartext, .cleartext),
    handlers: [String: GRPCHandler], _ body: @Sendable (GRPCChannel, GRPCServer) async throws -> R
) async throws -> R {
    let server = GRPCServer(credentials: credentials.0, options: options) { handlers[$0] }
    let port = try server.start()
    return try await withThrowingTaskGroup { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        let channel = GRPCChannel(target: "127.0.0.1:\(port)", credentials: credentials.1, options: channelOptions)
        return try await body(channel, server)
    }
}

/// Sets off once; whoever waits, waits until then.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let count = Mutex(0)

    init() { (stream, continuation) = AsyncStream.makeStream() }
    func set() {
        count.withLock { $0 += 1 }
        continuation.finish()
    }
    var isSet: Bool { count.withLock { $0 > 0 } }
    func wait() async { for await _ in stream {} }
}

final class Counter: Sendable {
    private let count = Mutex(0)
    @discardableResult func increment() -> Int {
        count.withLock {
            $0 += 1; return $0
        }
    }
    var value: Int { count.withLock { $0 } }
}

let echo = GRPCHandler.unary { _, message in message.bytes }
/// Never answers, and says when it began and when it was cancelled.
func hanging(began: Signal, cancelled: Signal) -> GRPCHandler {
    .unary { _, _ in
        began.set()
        let never = Signal()
        await withTaskCancellationHandler {
            await never.wait()
        } onCancel: {
            never.set()
        }
        cancelled.set()
        throw CancellationError()
    }
}

func code(of body: () async throws -> some Any) async -> GRPCStatusCode? {
    do {
        _ = try await body()
        return .ok
    } catch {
        return (error as? GRPCError)?.code
    }
}
