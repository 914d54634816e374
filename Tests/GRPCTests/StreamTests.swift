import Daemon
import GRPC
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StreamTests {
    static let countTo: GRPCHandler = .serverStream { call, message in
        for number in 0..<Int(message.bytes[0]) { try await call.send([UInt8(number)]) }
    }

    @Test func `a stream's messages come in order, then its end`() async throws {
        try await withLoopback(handlers: ["/t/Count": Self.countTo]) { channel, _ in
            let stream = try channel.serverStream("/t/Count", [100])
            var seen: [UInt8] = []
            for try await message in stream { seen += message.bytes }
            #expect(seen == Array(0..<100))
            #expect(try await stream.next() == nil)
        }
    }

    @Test func `a stream may be empty, and its error comes after its messages`() async throws {
        let handlers: [String: GRPCHandler] = [
            "/t/Count": Self.countTo,
            "/t/Fail": .serverStream { call, _ in
                try await call.send([1])
                throw GRPCError(.notFound, "no more")
            },
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            #expect(try await channel.serverStream("/t/Count", [0]).next() == nil)
            let stream = try channel.serverStream("/t/Fail", [])
            #expect(try await stream.next()?.bytes == [1])
            for _ in 0..<2 {
                #expect(await code { try await stream.next() } == .notFound)
            }
        }
    }

    @Test func `headers come with the first message, trailers with the end`() async throws {
        let handlers: [String: GRPCHandler] = [
            "/t/Meta": .serverStream { call, _ in
                call.initialMetadata = ["x-first": "a"]
                try await call.send([])
                call.trailingMetadata = ["x-last": "b"]
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let stream = try channel.serverStream("/t/Meta", [])
            #expect(try await stream.next()?.count == 0)
            #expect(stream.initialMetadata["x-first"] == "a")
            #expect(try await stream.next() == nil)
            #expect(stream.trailingMetadata["x-last"] == "b")
        }
    }

    @Test func `a consumer that does not ask holds the sender back`() async throws {
        let size = 1 << 20
        let sent = Counter()
        let handlers: [String: GRPCHandler] = [
            "/t/Flood": .serverStream { call, _ in
                for _ in 0..<2000 {
                    try await call.send([UInt8](repeating: 7, count: size))
                    sent.increment()
                }
            },
            "/t/Echo": echo,
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let stream = try channel.serverStream("/t/Flood", [])
            for _ in 0..<10 { #expect(try await stream.next()?.count == size) }
            // While nobody asks, calls beside it are answered and the sender gets no further than the windows let it.
            for _ in 0..<500 { _ = try await channel.unary("/t/Echo", [1]) }
            #expect(sent.value < 10 + 40)
            #expect(try await stream.next()?.count == size)
        }
    }

    @Test func `a handler can give up on a client that does not read`() async throws {
        let given = Signal()
        let reading = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Flood": .serverStream { call, _ in
                let sender = Task { while true { try await call.send([UInt8](repeating: 7, count: 1 << 20)) } }
                await reading.wait()
                sender.cancel()
                _ = await sender.result
                given.set()
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let stream = try channel.serverStream("/t/Flood", [])
            _ = try await stream.next()
            reading.set()
            await given.wait()
            #expect(await code { while try await stream.next() != nil {} } != .ok)
        }
    }

    @Test func `dropping a stream cancels its handler`() async throws {
        let cancelled = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Forever": .serverStream { call, _ in
                defer { cancelled.set() }
                while true { try await call.send([1]) }
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            do {
                let stream = try channel.serverStream("/t/Forever", [])
                _ = try await stream.next()
            }
            await cancelled.wait()
        }
    }

    @Test func `cancelling the task that waits for a message ends the call`() async throws {
        let began = Signal()
        let cancelled = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Silent": .serverStream { _, _ in
                began.set()
                let never = Signal()
                await withTaskCancellationHandler {
                    await never.wait()
                } onCancel: {
                    never.set()
                }
                cancelled.set()
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            let reader = Task { try await channel.serverStream("/t/Silent", []).next()?.bytes }
            await began.wait()
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
            await cancelled.wait()
        }
    }

    @Test func `a hundred streams at once do not mix`() async throws {
        try await withLoopback(handlers: ["/t/Count": Self.countTo]) { channel, _ in
            try await withThrowingTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        var count = 0
                        for try await message in try channel.serverStream("/t/Count", [UInt8(number)]) {
                            #expect(message.bytes == [UInt8(count)])
                            count += 1
                        }
                        return count == number
                    }
                }
                for try await right in group { #expect(right) }
            }
        }
    }
}
