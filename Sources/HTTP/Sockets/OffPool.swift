import Daemon

/// Blocking calls, each on a thread of its own: they are rare, may take seconds, and must not wait for one another.
enum OffPool {
    static func run<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            OwnThread.start("blocking call") { continuation.resume(with: Result(catching: body)) }
        }
    }

    static func run(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            OwnThread.start("blocking call") {
                body()
                continuation.resume()
            }
        }
    }
}
