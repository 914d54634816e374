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

@Suite(.timeLimit(.minutes(1)))
struct SilenceTests {
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
