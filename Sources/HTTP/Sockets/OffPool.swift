import Glibc

/// Blocking calls, each on a thread of its own: they are rare, may take seconds, and must not wait for one another.
enum OffPool {
    static func run<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            start { continuation.resume(with: Result(catching: body)) }
        }
    }

    static func run(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            start {
                body()
                continuation.resume()
            }
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func start(_ body: @escaping @Sendable () -> Void) {
        var id = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let started = pthread_create(
            &id, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(started == 0, "no thread for a blocking call: \(started)")
        pthread_detach(id)
    }
}
