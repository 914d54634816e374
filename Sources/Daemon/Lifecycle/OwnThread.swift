import Glibc

/// Threads for what blocks, outside the cooperative pool. Each ends with its body.
package enum OwnThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// - Parameter name: what it is for, should it not start.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        var id = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let started = pthread_create(
            &id, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(started == 0, "no thread for \(name): \(started)")
        pthread_detach(id)
    }
}
