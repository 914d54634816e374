import Synchronization

/// The polite request to stop: take no more work, finish what is in hand, return. Each service of a group has its own,
/// found in `GracefulShutdown.current`. Cancellation is the impolite one, and always wins.
public final class GracefulShutdown: Sendable {
    /// That of the service in whose task this is read; nil outside of any.
    @TaskLocal public static var current: GracefulShutdown?

    private struct State {
        var isRequested = false
        var nextID = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Asks once; asking again changes nothing.
    public func request() {
        let handlers = state.withLock { state in
            state.isRequested = true
            defer { state.handlers = [:] }
            return state.handlers.sorted { $0.key < $1.key }.map(\.value)
        }
        for handler in handlers { handler() }
    }

    /// Calls the handler when shutdown is asked for, at once where it already was. Nil then, else a number to remove it by.
    func add(_ handler: @escaping @Sendable () -> Void) -> Int? {
        let id = state.withLock { state -> Int? in
            guard !state.isRequested else { return nil }
            state.nextID += 1
            state.handlers[state.nextID] = handler
            return state.nextID
        }
        if id == nil { handler() }
        return id
    }

    func remove(_ id: Int?) {
        guard let id else { return }
        state.withLock { _ = $0.handlers.removeValue(forKey: id) }
    }

    /// Returns when shutdown is asked for, or throws when the task is cancelled.
    public func requested() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        let id = add { continuation.finish() }
        defer { remove(id) }
        for await _ in stream {}
        if !isRequested { throw CancellationError() }
    }
}

/// Whether the service that runs this is asked to stop, politely or not.
public var gracefulShutdownRequested: Bool {
    GracefulShutdown.current?.isRequested == true || Task.isCancelled
}

/// Runs the operation; when graceful shutdown is asked for meanwhile (or was before), the handler is called once, on
/// whichever thread asks: it must not block.
public func withGracefulShutdownHandler<Result>(
    operation: () async throws -> Result, onGracefulShutdown handler: @escaping @Sendable () -> Void
) async rethrows -> Result {
    guard let current = GracefulShutdown.current else { return try await operation() }
    let id = current.add(handler)
    defer { current.remove(id) }
    return try await operation()
}

/// Runs the operation in a task of its own, which is cancelled when graceful shutdown is asked for. For work that may be
/// cut anywhere. Throws `CancellationError` when that is how it ended.
public func withCancellationOnGracefulShutdown<Result: Sendable>(
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        if let current = GracefulShutdown.current {
            group.addTask {
                try await current.requested()
                return nil
            }
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw CancellationError() }
        return result
    }
}
