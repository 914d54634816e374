import Foundation
import Synchronization
import Testing

@testable import Daemon

private final class Journal: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

private struct Failure: Error, Equatable { var text: String }

private struct TestService: StartableService {
    var name: String
    var journal: Journal
    var starting: @Sendable () async throws -> Void
    var body: @Sendable () async throws -> Void

    init(
        name: String, journal: Journal,
        running body: @escaping @Sendable () async throws -> Void = { try await GracefulShutdown.current!.requested() },
        starting: @escaping @Sendable () async throws -> Void = {}
    ) {
        (self.name, self.journal, self.starting, self.body) = (name, journal, starting, body)
    }

    func start() async throws {
        journal.add("start \(name)")
        try await starting()
    }
    func run() async throws {
        journal.add("run \(name)")
        defer { journal.add("end \(name)") }
        try await body()
    }
}

/// A clock whose sleeps end when told to.
private final class TestClock: Clock {
    typealias Instant = ContinuousClock.Instant
    let gate = AsyncStream.makeStream(of: Void.self)
    var now: Instant { ContinuousClock().now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        for await _ in gate.stream { return }
        try Task.checkCancellation()
    }
}

@Suite(.timeLimit(.minutes(1))) struct LifecycleTests {
    private let journal = Journal()

    private func group(
        _ members: [ServiceGroup.Member], clock: any Clock<Duration> = ContinuousClock(), handlesSignals: Bool = false
    ) -> ServiceGroup {
        ServiceGroup(
            members, logger: .silent, handlesSignals: handlesSignals, notifier: ServiceNotifier(path: nil), clock: clock
        )
    }

    @Test func `services start in order and stop in reverse, each when the next has ended`() async throws {
        let asked = AsyncStream.makeStream(of: Void.self)
        let group = group([
            .service(TestService(name: "a", journal: journal)), .service(TestService(name: "b", journal: journal)),
            .service(
                TestService(name: "c", journal: journal) {
                    asked.continuation.finish()
                    try await GracefulShutdown.current!.requested()
                }),
        ])
        async let done: Void = group.run()
        for await _ in asked.stream {}
        group.requestShutdown()
        try await done
        #expect(journal.all == ["start a", "run a", "start b", "run b", "start c", "run c", "end c", "end b", "end a"])
    }

    @Test func `a failing service brings the group down with its error`() async {
        let group = group([
            .service(TestService(name: "a", journal: journal)),
            .service(TestService(name: "b", journal: journal) { throw Failure(text: "b broke") }),
            .service(TestService(name: "c", journal: journal)),
        ])
        await #expect(throws: Failure(text: "b broke")) { try await group.run() }
        #expect(journal.all.contains("end a"))
    }

    @Test func `a service that cannot start keeps those behind it from starting`() async {
        let group = group([
            .service(TestService(name: "a", journal: journal)),
            .service(
                TestService(name: "b", journal: journal, running: {}, starting: { throw Failure(text: "port in use") })),
            .service(TestService(name: "c", journal: journal)),
        ])
        await #expect(throws: Failure(text: "port in use")) { try await group.run() }
        #expect(journal.all == ["start a", "run a", "start b", "end a"])
    }

    @Test func `one that is done leaves the others running, unless it was to stop the group`() async throws {
        let group = group([
            .service(TestService(name: "a", journal: journal)),
            .service(TestService(name: "b", journal: journal, running: {})),
            .stopsGroup(TestService(name: "c", journal: journal, running: {})),
        ])
        try await group.run()
        #expect(
            journal.all.filter { $0.hasPrefix("end") } == ["end b", "end c", "end a"] || journal.all.last == "end a")
    }

    @Test func `all done is done`() async throws {
        try await group([.service(TestService(name: "a", journal: journal, running: {}))]).run()
        try await group([]).run()
    }

    @Test func `a second request cancels at once what still runs`() async throws {
        let running = AsyncStream.makeStream(of: Void.self)
        let stubborn = TestService(name: "a", journal: journal) { [journal] in
            await withGracefulShutdownHandler {
                running.continuation.finish()
                do { try await Task.sleep(for: .seconds(3600)) } catch { journal.add("cancelled") }
            } onGracefulShutdown: {
                journal.add("asked")
            }
        }
        let group = group([.service(stubborn)])
        async let done: Void = group.run()
        for await _ in running.stream {}
        group.requestShutdown()
        group.requestShutdown()
        try await done
        #expect(journal.all == ["start a", "run a", "asked", "cancelled", "end a"])
    }

    @Test func `the end of the grace period cancels what still runs`() async throws {
        let clock = TestClock()
        let stubborn = TestService(name: "a", journal: journal) { [journal] in
            do { try await Task.sleep(for: .seconds(3600)) } catch { journal.add("cancelled") }
        }
        let group = group([.service(stubborn)], clock: clock)
        group.requestShutdown()
        clock.gate.continuation.yield()
        try await group.run()
        #expect(journal.all.contains("cancelled"))
    }

    @Test func `cancelling the group cancels the services and is awaited`() async {
        let running = AsyncStream.makeStream(of: Void.self)
        let group = group([
            .service(
                TestService(name: "a", journal: journal) {
                    running.continuation.finish()
                    try await Task.sleep(for: .seconds(3600))
                })
        ])
        let task = Task { try await group.run() }
        for await _ in running.stream {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(journal.all.last == "end a")
    }

    @Test func `a group inside a service hears of shutdown`() async throws {
        let running = AsyncStream.makeStream(of: Void.self)
        let inner = group([
            .service(
                TestService(name: "inner", journal: journal) {
                    running.continuation.finish()
                    try await GracefulShutdown.current!.requested()
                })
        ])
        let outer = group([.service(inner)])
        async let done: Void = outer.run()
        for await _ in running.stream {}
        outer.requestShutdown()
        try await done
        #expect(journal.all.last == "end inner")
    }

    @Test func `SIGTERM asks, and the services end in order`() async throws {
        let running = AsyncStream.makeStream(of: Void.self)
        let group = group(
            [
                .service(TestService(name: "a", journal: journal)),
                .service(
                    TestService(name: "b", journal: journal) {
                        running.continuation.finish()
                        try await GracefulShutdown.current!.requested()
                    }),
            ], handlesSignals: true)
        async let done: Void = group.run()
        for await _ in running.stream {}
        kill(getpid(), SIGTERM)
        try await done
        #expect(journal.all.suffix(2) == ["end b", "end a"])
    }

    @Test func `the machine stops one after the other whatever order they end in`() {
        var machine = ServiceGroup.StateMachine(stopsGroup: [false, false, false])
        #expect(words(machine.begin()) == ["run 0"])
        #expect(words(machine.handle(.started(0))) == ["run 1"])
        #expect(words(machine.handle(.started(1))) == ["run 2"])
        #expect(words(machine.handle(.started(2))) == ["ready"])
        #expect(words(machine.handle(.shutdownRequested)) == ["grace", "stop 2"])
        #expect(words(machine.handle(.finished(1, nil))) == [])
        #expect(words(machine.handle(.finished(2, nil))) == ["stop 0"])
        #expect(words(machine.handle(.shutdownRequested)) == ["cancel"])
        #expect(words(machine.handle(.gracePeriodElapsed)) == [])
        #expect(words(machine.handle(.finished(0, CancellationError()))) == ["done"])
    }

    private func words(_ actions: [ServiceGroup.StateMachine.Action]) -> [String] {
        actions.map {
            switch $0 {
            case .run(let index): "run \(index)"
            case .ready: "ready"
            case .stop(let index): "stop \(index)"
            case .startGracePeriod: "grace"
            case .cancelAll: "cancel"
            case .abandon(let indices): "abandon \(indices)"
            case .done(let error): error == nil ? "done" : "failed"
            }
        }
    }

    @Test func `shutdown asked for before the handler is there is still heard`() async throws {
        let token = GracefulShutdown()
        token.request()
        try await GracefulShutdown.$current.withValue(token) {
            let journal = journal
            await withGracefulShutdownHandler {
            } onGracefulShutdown: {
                journal.add("asked")
            }
            #expect(gracefulShutdownRequested)
            try await token.requested()
            await #expect(throws: CancellationError.self) {
                try await withCancellationOnGracefulShutdown { try await Task.sleep(for: .seconds(3600)) }
            }
        }
        #expect(journal.all == ["asked"])
        #expect(!gracefulShutdownRequested)
    }

    @Test func `systemd is told in one datagram`() throws {
        let path = "/tmp/weir-notify-\(UInt64.random(in: 0 ... .max))"
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        #expect(ServiceNotifier(path: path).send("READY=1"))
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &buffer, 64, Int32(MSG_DONTWAIT))
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
        #expect(!ServiceNotifier(path: "/nonexistent/socket").send("READY=1"))
        #expect(!ServiceNotifier(path: nil).send("READY=1"))
    }
}

@Suite(.timeLimit(.minutes(1))) struct AbandonTests {
    private struct Deaf: Service {
        let name = "deaf"
        let until: AsyncStream<Never>
        func run() async throws {
            // Neither a request nor a cancellation is heard.
            await Task.detached { [until] in for await _ in until {} }.value
        }
    }

    @Test func `a service that does not return even when cancelled is named, and the process ends without it`()
        async throws
    {
        let (until, end) = AsyncStream.makeStream(of: Never.self)
        let named = AsyncStream.makeStream(of: [String].self)
        let group = ServiceGroup(
            [.service(Deaf(until: until))], logger: .silent, gracePeriod: .milliseconds(10),
            patience: .milliseconds(10),
            abandon: { named.continuation.yield($0) }, handlesSignals: false, notifier: ServiceNotifier(path: nil))
        let running = Task { try await group.run() }
        group.requestShutdown()
        var names = named.stream.makeAsyncIterator()
        #expect(await names.next() == ["deaf"])
        end.finish()
        _ = await running.result
    }
}
