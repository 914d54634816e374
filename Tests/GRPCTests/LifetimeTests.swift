import Daemon
import GRPC
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LifetimeTests {
    @Test func `a stopped server ends calls in flight after its grace and takes no more`() async throws {
        var options = GRPCServer.Options()
        options.grace = .zero
        let began = Signal()
        let cancelled = Signal()
        let handler = hanging(began: began, cancelled: cancelled)
        let server = GRPCServer(options: options) { $0 == "/t/Hang" ? handler : nil }
        let port = try server.start()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            let call = Task { try await channel.unary("/t/Hang", []) }
            await began.wait()
            await server.stop()
            await cancelled.wait()
            #expect(await code { try await call.value } != .ok)
            try await group.waitForAll()
            #expect(server.port == nil)
            #expect(await code { try await channel.unary("/t/Hang", [], deadline: .seconds(20)) } == .unavailable)
        }
    }

    @Test func `graceful shutdown of its service stops a server`() async throws {
        let shutdown = GracefulShutdown()
        let server = GRPCServer { _ in echo }
        let port = try server.start()
        try await withThrowingTaskGroup { group in
            group.addTask { try await GracefulShutdown.$current.withValue(shutdown) { try await server.run() } }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            _ = try await channel.unary("/t/Echo", [])
            shutdown.request()
            try await group.waitForAll()
        }
        #expect(server.port == nil)
    }

    @Test func `a stopping server lets a call in flight end`() async throws {
        let began = Signal()
        let release = Signal()
        let server = GRPCServer { _ in
            .unary { _, _ in
                began.set()
                await release.wait()
                return [1]
            }
        }
        let port = try server.start()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            let call = Task { try await channel.unary("/t/Wait", []).message.bytes }
            await began.wait()
            let stop = Task { await server.stop() }
            release.set()
            #expect(try await call.value == [1])
            await stop.value
            try await group.waitForAll()
        }
    }

    @Test func `a channel finds its server again after a restart, and says so once`() async throws {
        let log = RecordingLogSink()
        var options = GRPCChannel.Options()
        options.initialBackoff = .milliseconds(10)
        options.maximumBackoff = .milliseconds(50)
        let first = GRPCServer { _ in echo }
        let port = try first.start()
        let running = Task { try await first.run() }
        let channel = GRPCChannel(target: "127.0.0.1:\(port)", options: options, logger: Logger(sink: log))
        // The line may come after the answer, but come it must.
        func connected() -> Int { log.all.count { $0.message == "connected" } }
        repeat { _ = try await channel.unary("/t/Echo", [1]) } while connected() < 1
        running.cancel()
        try await running.value
        // Until the channel has tried in vain, and said so: what is over before anyone looks is not said.
        func warnings() -> Int { log.all.count { $0.level == .warning } }
        repeat {
            _ = await code(of: { try await channel.unary("/t/Echo", [], deadline: .seconds(10)) })
        } while warnings() == 0

        let second = GRPCServer(port: port) { _ in echo }
        try second.start()
        let again = Task { try await second.run() }
        let answer = try await channel.unary("/t/Echo", [2], deadline: .seconds(30), waitForReady: true)
        #expect(answer.message.bytes == [2])
        while connected() < 2 { _ = try await channel.unary("/t/Echo", []) }
        again.cancel()
        try await again.value
        #expect(connected() == 2)
        #expect(warnings() == 1)
    }

    @Test func `a thousand channels, servers and calls dropped half-way leave nothing behind`() async throws {
        let server = GRPCServer { _ in echo }
        let port = try server.start()
        let running = Task { try await server.run() }
        for round in 0..<100 {
            let channel = GRPCChannel(target: "127.0.0.1:\(port)")
            if round.isMultiple(of: 3) { _ = try await channel.unary("/t/Echo", [1]) }
            if round.isMultiple(of: 2) { _ = try channel.serverStream("/t/Echo", []) }
            if round.isMultiple(of: 5) { try GRPCServer { _ in nil }.start() }
            _ = GRPCServer { _ in nil }
        }
        running.cancel()
        try await running.value
    }
}
