import Daemon
import GRPC
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UnaryTests {
    @Test func `an answer carries the request's bytes back, of any size`() async throws {
        try await withLoopback(handlers: ["/t/Echo": echo]) { channel, _ in
            for size in [0, 1, 5, 1000, 16_384, 65_535, 70_000, 5 << 20] {
                let request = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let answer = try await channel.unary("/t/Echo", request)
                #expect(answer.message.bytes == request)
                #expect(answer.message.count == size)
            }
        }
    }

    @Test func `a message of 64 MiB goes both ways`() async throws {
        let request = [UInt8](repeating: 0xa5, count: 64 << 20)
        try await withLoopback(handlers: ["/t/Echo": echo]) { channel, _ in
            let answer = try await channel.unary("/t/Echo", request)
            #expect(answer.message.bytes == request)
        }
    }

    @Test func `a message above the limit that was set is refused, and the channel lives on`() async throws {
        var options = GRPCChannel.Options()
        options.maximumMessageBytes = 1000
        let handlers: [String: GRPCHandler] = [
            "/t/Big": .unary { _, _ in [UInt8](repeating: 1, count: 1001) }, "/t/Echo": echo,
        ]
        try await withLoopback(channel: options, handlers: handlers) { channel, _ in
            #expect(await code { try await channel.unary("/t/Big", []) } == .resourceExhausted)
            let next = try await channel.unary("/t/Echo", [1])
            #expect(next.message.bytes == [1])
        }
    }

    @Test func `an unknown method answers unimplemented`() async throws {
        try await withLoopback(handlers: [:]) { channel, _ in
            #expect(await code { try await channel.unary("/t/Nothing", [1]) } == .unimplemented)
        }
    }

    @Test(arguments: ["", "t/Echo", "/t/\u{0}", "/t/a b", "/t/é"])
    func `what is no path of a method is refused before it is sent`(method: String) async throws {
        try await withLoopback(handlers: [:]) { channel, _ in
            #expect(await code { try await channel.unary(method, []) } == .invalidArgument)
        }
    }

    @Test func `an error brings its code, its words in UTF-8 and its trailers`() async throws {
        let words = "Prüfung: 名前 💧 100% \n done"
        let handlers: [String: GRPCHandler] = [
            "/t/Fail": .unary { _, _ in throw GRPCError(.outOfRange, words, trailingMetadata: ["x-reason": "test"]) }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let error = await #expect(throws: GRPCError.self) { try await channel.unary("/t/Fail", []) }
            #expect(error?.code == .outOfRange)
            #expect(error?.message == words)
            #expect(error?.trailingMetadata["x-reason"] == "test")
        }
    }

    @Test func `every status code arrives as itself`() async throws {
        let handlers: [String: GRPCHandler] = [
            "/t/Fail": .unary { _, message in throw GRPCError(GRPCStatusCode(rawValue: Int32(message.bytes[0]))!, "no")
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            for expected in GRPCStatusCode.allCases where expected != .ok {
                #expect(await code { try await channel.unary("/t/Fail", [UInt8(expected.rawValue)]) } == expected)
            }
        }
    }

    @Test func `a handler's own error is unknown to the client, and in the log`() async throws {
        struct Oops: Error {}
        try await withLoopback(handlers: ["/t/Fail": .unary { _, _ in throw Oops() }]) { channel, _ in
            #expect(await code { try await channel.unary("/t/Fail", []) } == .unknown)
        }
    }

    @Test func `metadata goes both ways, binary values too`() async throws {
        let handlers: [String: GRPCHandler] = [
            "/t/Meta": .unary { call, _ in
                call.initialMetadata = ["x-seen": call.metadata["x-sent"] ?? "?"]
                var trailers = GRPCMetadata()
                trailers.append("x-bytes-bin", bytes: call.metadata.values(of: "x-raw-bin").first ?? [])
                call.trailingMetadata = trailers
                return []
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            var metadata: GRPCMetadata = ["X-Sent": "yes"]
            metadata.append("x-raw-bin", bytes: [0, 255, 10, 13, 128])
            let answer = try await channel.unary("/t/Meta", [], metadata: metadata)
            #expect(answer.initialMetadata["x-seen"] == "yes")
            #expect(answer.trailingMetadata.values(of: "x-bytes-bin") == [[0, 255, 10, 13, 128]])
        }
    }

    @Test(arguments: [("bad key", "v"), ("", "v"), ("x", "line\nbreak"), ("x", "é")])
    func `metadata that no header may carry is refused before it is sent`(key: String, value: String) async throws {
        try await withLoopback(handlers: ["/t/Echo": echo]) { channel, _ in
            var metadata = GRPCMetadata()
            metadata.append(key, value)
            let sent = metadata
            let outcome = await code { try await channel.unary("/t/Echo", [], metadata: sent) }
            #expect(outcome == .invalidArgument)
        }
    }

    @Test func `a thousand calls in flight at once are all answered, each with its own`() async throws {
        let arrived = Counter()
        let all = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Gather": .unary { _, message in
                if arrived.increment() == 1000 { all.set() }
                await all.wait()
                return message.bytes
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            try await withThrowingTaskGroup { group in
                for number in 0..<1000 {
                    group.addTask {
                        let request = Array("\(number)".utf8)
                        return try await channel.unary("/t/Gather", request).message.bytes == request
                    }
                }
                for try await same in group { #expect(same) }
            }
        }
    }

    @Test func `no more calls run at a time than the server allows, and the rest wait their turn`() async throws {
        var options = GRPCServer.Options()
        options.maximumConcurrentCalls = 3
        let running = Counter()
        let full = Signal()
        let release = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Wait": .unary { _, _ in
                if running.increment() == 3 { full.set() }
                await release.wait()
                return []
            }
        ]
        try await withLoopback(server: options, handlers: handlers) { channel, _ in
            try await withThrowingTaskGroup { group in
                for _ in 0..<10 { group.addTask { _ = try await channel.unary("/t/Wait", []) } }
                await full.wait()
                #expect(running.value == 3)
                release.set()
                try await group.waitForAll()
            }
            #expect(running.value == 10)
        }
    }

    @Test func `a deadline ends a call that is not answered, at both ends`() async throws {
        let began = Signal()
        let cancelled = Signal()
        try await withLoopback(handlers: ["/t/Hang": hanging(began: began, cancelled: cancelled)]) { channel, _ in
            // Until one has reached its handler: on a busy machine a deadline can pass before.
            repeat {
                let outcome = await code { try await channel.unary("/t/Hang", [], deadline: .milliseconds(100)) }
                #expect(outcome == .deadlineExceeded)
            } while !began.isSet
            await cancelled.wait()
        }
    }

    @Test func `the handler learns how long its client waits`() async throws {
        let handlers: [String: GRPCHandler] = [
            "/t/Deadline": .unary { call, _ in
                guard let deadline = call.deadline else { return [0] }
                // The core writes timeouts in round units, upwards: an hour and a millisecond goes out as 3610 s.
                return [deadline > .seconds(3000) && deadline < .seconds(3660) ? 1 : 2]
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let bounded = try await channel.unary("/t/Deadline", [], deadline: .seconds(3600))
            #expect(bounded.message.bytes == [1])
            let endless = try await channel.unary("/t/Deadline", [])
            #expect(endless.message.bytes == [0])
        }
    }

    @Test func `cancelling the client's task cancels the handler's`() async throws {
        let began = Signal()
        let cancelled = Signal()
        try await withLoopback(handlers: ["/t/Hang": hanging(began: began, cancelled: cancelled)]) { channel, _ in
            let call = Task { try await channel.unary("/t/Hang", []) }
            await began.wait()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            await cancelled.wait()
        }
    }

    @Test func `a task that is already cancelled makes no call`() async throws {
        let asked = Counter()
        let handlers: [String: GRPCHandler] = [
            "/t/Echo": .unary { _, message in
                asked.increment()
                return message.bytes
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await channel.unary("/t/Echo", [])
            }
            await #expect(throws: CancellationError.self) { try await call.value }
            // What had been sent before would have come before.
            _ = try await channel.unary("/t/Echo", [])
            #expect(asked.value == 1)
        }
    }

    @Test func `a server that is not there is unavailable, at once`() async throws {
        let server = GRPCServer { _ in nil }
        let port = try server.start()
        let other = GRPCServer(port: port) { _ in nil }
        #expect(throws: GRPCError.self) { try other.start() }
        let channel = GRPCChannel(target: "127.0.0.1:1")
        #expect(await code { try await channel.unary("/t/Echo", [], deadline: .seconds(30)) } == .unavailable)
    }
}
