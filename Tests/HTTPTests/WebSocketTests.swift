import Daemon
import Foundation
import Synchronization
import Testing

@testable import HTTP

enum WebSocketTestHandshake {
    static func accept(_ key: String) -> String { WebSocketHandshake.accept(key) }
}

/// Frames by hand: what a peer of any manners might send.
private func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, rsv: UInt8 = 0)
    -> [UInt8]
{
    var out = [(fin ? 0x80 : 0) | rsv << 4 | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    switch payload.count {
    case ..<126: out.append(mask | UInt8(payload.count))
    case ..<65536: out += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: out += [mask | 127] + withUnsafeBytes(of: UInt64(payload.count).bigEndian) { Array($0) }
    }
    let key: [UInt8] = [1, 2, 3, 4]
    if masked { out += key }
    return out + (masked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload)
}

private let echo = WebSocketUpgrade(maximumMessageBytes: 1 << 20) { socket, _ in
    while let message = try await socket.receive() { try await socket.send(message) }
}

private let upgradeRequest = """
    GET /ws HTTP/1.1\r
    Host: x\r
    Upgrade: websocket\r
    Connection: keep-alive, Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Version: 13\r
    \r

    """

@Suite(.timeLimit(.minutes(2))) struct WebSocketTests {
    let client = HTTPClient()

    @Test func `the handshake is that of the standard`() {
        // RFC 6455, section 1.3.
        #expect(WebSocketHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func `messages of every size come back as they were sent`() async throws {
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(echo))
        } _: { (server, _) async throws in
            let socket = try await client.webSocket("ws://127.0.0.1:\(server.port)/ws?x=1")
            for size in [0, 1, 125, 126, 127, 65535, 65536, 1 << 20] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await socket.send(.binary(bytes))
                #expect(try await socket.receive() == .binary(bytes))
            }
            try await socket.send(.text("grüße 🦊"))
            #expect(try await socket.receive() == .text("grüße 🦊"))
            await socket.close(code: 4001, reason: "done")
            #expect(try await socket.receive() == nil)
            #expect(socket.closing == .init(code: 4001, reason: "done", isByPeer: false))
            await #expect(throws: HTTPError.self) { try await socket.send(.text("late")) }
        }
    }

    @Test func `the server sees the close code, and its own reaches the client`() async throws {
        let seen = Mutex<WebSocket.Closing?>(nil)
        let ended = Gate()
        try await withServer { request in
            HTTPServerResponse(
                body: .webSocket(
                    WebSocketUpgrade { socket, request in
                        if request.path == "/server" { return await socket.close(code: 4002, reason: "bye") }
                        if request.path == "/fail" { throw ProblemDocument(status: 500) }
                        while try await socket.receive() != nil {}
                        seen.withLock { $0 = socket.closing }
                        ended.open()
                    }))
        } _: { (server, _) async throws in
            let base = "ws://127.0.0.1:\(server.port)"
            let first = try await client.webSocket(base + "/")
            await first.close(code: 4003, reason: "enough")
            await ended.wait()
            #expect(seen.withLock { $0 } == .init(code: 4003, reason: "enough", isByPeer: true))
            let second = try await client.webSocket(base + "/server")
            #expect(try await second.receive() == nil)
            #expect(second.closing == .init(code: 4002, reason: "bye", isByPeer: true))
            let third = try await client.webSocket(base + "/fail")
            #expect(try await third.receive() == nil)
            #expect(third.closing?.code == 1011)
        }
    }

    @Test func `fragments are put together, with a ping between them answered`() async throws {
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(echo))
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(upgradeRequest)
            let head = await socket.read { $0.contains("\r\n\r\n") }
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            // Byte by byte, as a slow network would.
            for byte in frame(1, Array("one ".utf8), fin: false) + frame(9, [7, 8])
                + frame(0, Array("two ".utf8), fin: false)
                + frame(0, Array("three".utf8))
            {
                await socket.write([byte])
            }
            let wanted: [UInt8] =
                frame(10, [7, 8], masked: false) + frame(1, Array("one two three".utf8), masked: false)
            #expect(await socket.readBytes { $0.count >= wanted.count } == wanted)
            await socket.write(frame(8, [0x03, 0xE8] + Array("ok".utf8)))
            #expect(await socket.readBytes() == frame(8, [0x03, 0xE8] + Array("ok".utf8), masked: false))
        }
    }

    /// What a peer sends, and the close code that it gets. By name: a megabyte is no argument for a test's title.
    private static let violations: [String: ([UInt8], Int)] = [
        "text that is not UTF-8": (frame(1, [0xFF, 0xFE]), 1007), "a reserved bit": (frame(1, [0x61], rsv: 4), 1002),
        "an opcode that is none": (frame(3, [1]), 1002), "a continuation of nothing": (frame(0, [1]), 1002),
        "a ping that is too long": (frame(9, [UInt8](repeating: 0, count: 126)), 1002),
        "a ping in fragments": (frame(9, [1], fin: false), 1002),
        "a frame without mask": (frame(1, [0x61], masked: false), 1002),
        "a message over the limit": (frame(2, [UInt8](repeating: 0, count: (1 << 20) + 1)), 1009),
        "a close code that is none": (frame(8, [0x00, 0x01]), 1002),
        "a message inside another": (frame(1, [0x61], fin: false) + frame(1, [0x61]), 1002),
        "a length of more than 63 bits": (
            [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1002
        ),
        "a length of a terabyte": ([0x82, 0xFF, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1009),
    ]

    @Test(arguments: violations.keys.sorted())
    func `a peer that breaks the rules is told which, and hung up on`(violation: String) async throws {
        let (bytes, code) = try #require(Self.violations[violation])
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(echo))
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(upgradeRequest)
            _ = await socket.read { $0.contains("\r\n\r\n") }
            await socket.write(bytes)
            let answer = await socket.readBytes()
            try #require(answer.first == 0x88 && answer.count >= 4)
            #expect(Int(answer[2]) << 8 | Int(answer[3]) == code)
        }
    }

    @Test func `what came before a frame that breaks the rules is received, and nothing behind it`() throws {
        let codec = WebSocketCodec(.server, maximumMessageBytes: 10)
        let bytes = frame(1, [0x61]) + frame(2, [UInt8](repeating: 0, count: 11)) + frame(1, [0x62])
        let events = try bytes.withUnsafeBytes { try codec.receive($0) }
        #expect(events == [.text("a")])
        #expect(codec.takeOutput() == frame(8, [0x03, 0xF1], masked: false))
        #expect(!codec.wantsInput)
        #expect(try bytes.withUnsafeBytes { try codec.receive($0) } == [])
    }

    @Test func `a message is refused by the frame that announces too much, however it is cut`() {
        let limit = 1000
        let start = frame(2, [UInt8](repeating: 1, count: 600), fin: false)
        let ping = frame(9, [UInt8](repeating: 2, count: 125))
        let end = { (count: Int) in frame(0, [UInt8](repeating: 3, count: count)) }
        for (bytes, offset) in [
            (start + ping + end(400), nil), (start + ping + end(401), start.count + ping.count),
            (start + end(400) + start + end(400), nil), (frame(2, [UInt8](repeating: 1, count: 1001)), 0),
            (start + start, nil),
        ] as [([UInt8], Int?)] {
            for step in [1, 2, 7, 607, 100_000] {
                var rules = FrameRules(mustBeMasked: true, maximumMessageBytes: limit)
                var found: (place: Int, code: UInt16)?
                var at = 0
                while at < bytes.count, found == nil {
                    let part = Array(bytes[at..<min(at + step, bytes.count)])
                    if let violation = part.withUnsafeBytes({ rules.violation(in: $0) }) {
                        found = (at + violation.offset, violation.code)
                    }
                    at += part.count
                }
                #expect(found?.code == (offset == nil ? nil : 1009))
                // Cut inside its header, the frame began in a part before: the place is where this part begins.
                if let place = found?.place, let offset { #expect((offset...offset + 14).contains(place)) }
            }
        }
    }

    @Test(arguments: [
        ("Upgrade: websocket\r\n", "", 426), ("Connection: keep-alive, Upgrade\r\n", "", 426),
        ("Version: 13", "Version: 8", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "short", 400), ("GET", "POST", 426),
    ])
    func `a request that is no handshake gets a problem document`(old: String, new: String, status: Int) async throws {
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(echo))
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(
                upgradeRequest.replacingOccurrences(of: old, with: new).replacingOccurrences(
                    of: "Host: x\r\n", with: "Host: x\r\nContent-Length: 0\r\n"))
            let answer = await socket.read { $0.contains("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "upgrade refused"),
        (
            "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
            "protocol violation"
        ),
        ("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n", "protocol violation"),
        (
            "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Protocol: other\r\n\r\n",
            "protocol violation"
        ),
        ("nonsense\r\n\r\n", "protocol violation"), ("", "connection lost"), ("HTTP/1.1 101 Swi", "connection lost"),
    ])
    func `a server that does not shake hands properly is refused`(answer: String, code: String) async throws {
        let listener = RawListener()
        listener.answerOnce(answer)
        let error = await #expect(throws: HTTPError.self) {
            try await client.webSocket("ws://127.0.0.1:\(listener.port)/")
        }
        #expect(error?.code.rawValue == code)
    }

    @Test func `what a server sends with the handshake is not lost, and its going away is noticed`() async throws {
        let listener = RawListener()
        let early = frame(1, Array("early".utf8), masked: false)
        listener.answerOnce(
            Array(
                "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n"
                    .utf8),
            then: { peer in _ = early.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, 0) } })
        let socket = try await client.webSocket("ws://127.0.0.1:\(listener.port)/")
        #expect(try await socket.receive() == .text("early"))
        let error = await #expect(throws: HTTPError.self) { try await socket.receive() }
        #expect(error?.code == .connectionLost)
        #expect(socket.closing?.code == 1006)
    }

    @Test func `a peer that does not read holds the sender back`() async throws {
        let sent = Mutex(0)
        let blocked = Gate()
        try await withServer(grace: .zero) { _ in
            HTTPServerResponse(
                body: .webSocket(
                    WebSocketUpgrade(pingInterval: nil) { socket, _ in
                        for _ in 0..<1000 {
                            try await socket.send(.binary([UInt8](repeating: 1, count: 1 << 20)))
                            sent.withLock { $0 += 1 }
                        }
                    }))
        } _: { (server, _) async throws in
            let socket = try await client.webSocket("ws://127.0.0.1:\(server.port)/")
            for _ in 0..<3 { _ = try await socket.receive() }
            // Whatever the kernel buffers, it is not a gigabyte.
            #expect(sent.withLock { $0 } < 100)
            blocked.open()
            socket.end()
        }
    }

    @Test func `many sockets, many senders, nothing lost and nothing out of order`() async throws {
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(echo))
        } _: { (server, _) async throws in
            let (client, port) = (client, server.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let socket = try await client.webSocket("ws://127.0.0.1:\(port)/")
                        async let sending: Void = {
                            for index in 0..<100 { try await socket.send(.text("\(number)/\(index)")) }
                        }()
                        for index in 0..<100 {
                            let message = try await socket.receive()
                            #expect(message == .text("\(number)/\(index)"))
                        }
                        try await sending
                        await socket.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `pings keep a socket, and silence ends it`() async throws {
        let listener = RawListener()
        let hold = Gate()
        listener.answerOnce(
            Array(
                "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n"
                    .utf8),
            then: { _ in
                // Neither reads nor writes until the client has given up.
                let done = DispatchSemaphore(value: 0)
                Task {
                    await hold.wait()
                    done.signal()
                }
                done.wait()
            })
        let socket = try await client.webSocket("ws://127.0.0.1:\(listener.port)/")
        async let watching: Void = socket.keepAlive(every: .milliseconds(20))
        await #expect(throws: HTTPError.self) { try await socket.receive() }
        try? await watching
        #expect(socket.closing?.reason == "no answer to pings")
        hold.open()
    }

    @Test func `a handler learns that its client has gone`() async throws {
        let (begun, gone) = (Gate(), Gate())
        try await withServer { _ in
            HTTPServerResponse(
                body: .webSocket(
                    WebSocketUpgrade { socket, _ in
                        begun.open()
                        do { while try await socket.receive() != nil {} } catch { gone.open() }
                    }))
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(upgradeRequest)
            await begun.wait()
            socket.hangUp()
            await gone.wait()
        }
    }

    @Test func `stopping the server closes its sockets with 1001`() async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
            HTTPServerResponse(body: .webSocket(echo))
        }
        try await server.start()
        let socket = try await client.webSocket("ws://127.0.0.1:\(server.port)/")
        try await socket.send(.text("x"))
        #expect(try await socket.receive() == .text("x"))
        async let stopping: Void = server.stop(grace: .seconds(60))
        #expect(try await socket.receive() == nil)
        #expect(socket.closing?.code == 1001)
        await stopping
    }

    @Test func `a server that is stopped at once waits for sockets that are still in use`() async throws {
        for _ in 0..<10 {
            let ended = Mutex(0)
            let upgrade = WebSocketUpgrade { socket, _ in
                defer { ended.withLock { $0 += 1 } }
                while let message = try await socket.receive() { try await socket.send(message) }
            }
            let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
                HTTPServerResponse(body: .webSocket(upgrade))
            }
            try await server.start()
            var sockets: [WebSocket] = []
            for _ in 0..<10 {
                sockets.append(try await client.webSocket("ws://127.0.0.1:\(server.port)/"))
                try await sockets.last?.send(.text("x"))
                #expect(try await sockets.last?.receive() == .text("x"))
            }
            await server.stop(grace: .zero, lastWords: .zero)
            #expect(ended.withLock { $0 } == sockets.count)
            for socket in sockets { socket.end() }
        }
    }

    @Test func `a request that was cut off before it became a websocket keeps nobody waiting`() async throws {
        let (begun, toldOff) = (Gate(), Gate())
        let upgrade = WebSocketUpgrade { _, _ in Issue.record("nobody is there") }
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
            begun.open()
            // Unlike the request's task this one is not cancelled.
            await Task { await toldOff.wait() }.value
            return HTTPServerResponse(body: .webSocket(upgrade))
        }
        try await server.start()
        let (client, port) = (client, server.port)
        let opening = Task { try await client.webSocket("ws://127.0.0.1:\(port)/") }
        await begun.wait()
        async let stopping: Void = server.stop(grace: .zero)
        let error = await #expect(throws: HTTPError.self) { _ = try await opening.value }
        #expect(error?.code == .upgradeRefused)
        toldOff.open()
        await stopping
    }

    @Test func `a protocol is agreed on`() async throws {
        let upgrade = WebSocketUpgrade(protocols: ["v2", "v1"]) { socket, _ in try await socket.send(.text("hi")) }
        try await withServer { _ in
            HTTPServerResponse(body: .webSocket(upgrade))
        } _: { (server, _) async throws in
            let socket = try await client.webSocket("ws://127.0.0.1:\(server.port)/", protocols: ["v1", "v0"])
            #expect(try await socket.receive() == .text("hi"))
        }
    }

    @Test func `any bytes end in messages or a close, never in a crash`() {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            let codec = WebSocketCodec(round.isMultiple(of: 2) ? .server : .client, maximumMessageBytes: 4096)
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                bytes += frame(
                    UInt8.random(in: 0...15, using: &generator),
                    (0..<Int.random(in: 0...200, using: &generator)).map { _ in .random(in: 0...255, using: &generator)
                    },
                    fin: .random(), masked: round.isMultiple(of: 2) || .random(),
                    rsv: Int.random(in: 0...9) == 0 ? 1 : 0)
            }
            if Bool.random(), !bytes.isEmpty { bytes[Int.random(in: bytes.indices)] = .random(in: 0...255) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...50, using: &generator))
                rest = rest.dropFirst(part.count)
                guard (try? Array(part).withUnsafeBytes { try codec.receive($0) }) != nil else { break }
            }
        }
    }
}
