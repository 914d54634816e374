import Foundation
import GRPC
import Testing

/// A listener that greets as an HTTP/2 server does and then never says a word: a node whose machine has gone.
private final class SilentServer: Sendable {
    let port: Int
    private let listener: Int32

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(listener >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { [listener] address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        try #require(bound)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [listener] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                // An empty SETTINGS frame (RFC 9113, 6.5): the connection counts as made.
                let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
                _ = send(connection, settings, settings.count, Int32(MSG_NOSIGNAL))
                Thread.detachNewThread {
                    var rest = [UInt8](repeating: 0, count: 4096)
                    while read(connection, &rest, rest.count) > 0 {}
                    close(connection)
                }
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}

/// A client that makes one call in bytes of its own and then answers nothing: its machine has gone.
private final class SilentClient: Sendable {
    /// The server has closed the connection.
    let closed = Signal()
    private let connection: Int32

    init(calling method: String, port: Int) throws {
        connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(connection >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let connected = withUnsafePointer(to: &address) { [connection] address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        // RFC 9113, 4.1: length, type, flags, stream. RFC 7541, 6.2.2: literal headers without indexing.
        func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
            [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
        }
        let fields = [
            (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "here"), ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        var headers: [UInt8] = []
        for (name, value) in fields {
            headers += [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
        }
        let bytes =
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(4, 0, 0, []) + frame(1, 4, 1, headers)
            + frame(0, 1, 1, [0, 0, 0, 0, 0])
        try #require(send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
        Thread.detachNewThread { [connection, closed] in
            var rest = [UInt8](repeating: 0, count: 4096)
            while read(connection, &rest, rest.count) > 0 {}
            closed.set()
        }
    }

    deinit { close(connection) }
}

@Suite(.timeLimit(.minutes(1)))
struct SilenceTests {
    @Test func `a client that answers no ping is given up, and its handler cancelled`() async throws {
        let began = Signal()
        let cancelled = Signal()
        var options = GRPCServer.Options()
        options.keepaliveTime = .milliseconds(200)
        options.keepaliveTimeout = .milliseconds(200)
        try await withLoopback(server: options, handlers: ["/t/Hang": hanging(began: began, cancelled: cancelled)]) {
            _, server in
            // Until a call has reached its handler: on a busy machine its connection may be given up before.
            repeat {
                let client = try SilentClient(calling: "/t/Hang", port: try #require(server.port))
                await client.closed.wait()
            } while !began.isSet
            await cancelled.wait()
        }
    }

    @Test func `a connection that answers no ping is given up, and with it the calls on it`() async throws {
        let server = try SilentServer()
        var options = GRPCChannel.Options()
        options.keepaliveTime = .milliseconds(50)
        options.keepaliveTimeout = .milliseconds(50)
        let channel = GRPCChannel(target: "127.0.0.1:\(server.port)", options: options)
        // Neither has a deadline: without the pings both would wait for ever.
        let stream = try channel.serverStream("/t/Never", [])
        #expect(await code { try await channel.unary("/t/Never", []) } == .unavailable)
        #expect(await code { try await stream.next() } == .unavailable)
    }

    @Test func `a thousand calls that wait take no thread each, at either end`() async throws {
        let arrived = Counter()
        let all = Signal()
        let release = Signal()
        let handlers: [String: GRPCHandler] = [
            "/t/Wait": .unary { _, _ in
                if arrived.increment() == 1000 { all.set() }
                await release.wait()
                return []
            }
        ]
        try await withLoopback(handlers: handlers) { channel, _ in
            try await withThrowingTaskGroup { group in
                for _ in 0..<1000 { group.addTask { _ = try await channel.unary("/t/Wait", []) } }
                await all.wait()
                let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
                release.set()
                try await group.waitForAll()
                // Other tests run beside this one; two thousand ends of calls would be two thousand threads.
                #expect(threads < 300)
            }
        }
    }
}
