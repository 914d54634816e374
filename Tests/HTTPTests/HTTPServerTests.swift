import Daemon
import Encoding
import Foundation
import HTTP
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPServerTests {
    let client = HTTPClient()

    @Test func `a request reaches the handler whole, and its answer the client`() async throws {
        try await withServer { request in
            #expect(request.remoteAddress.hasPrefix("127.0.0.1:"))
            return HTTPServerResponse(
                status: 201, headers: ["X-Method": request.method, "X-Header": request.header("x-test") ?? ""],
                body: .bytes(Array("\(request.segments) \(request.query) ".utf8) + request.body))
        } _: { (_, base) async throws in
            let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            let response = try await client.post(
                base + "/a%2Fb/c%20d?x=1&y=%C3%A9+z&x=2", headers: ["X-Test": "täst"], body: body)
            #expect(response.status == 201)
            #expect(response.headers["x-method"] == "POST")
            #expect(response.headers["X-HEADER"] == "täst")
            let prefix =
                #"["a/b", "c d"] [(name: "x", value: "1"), (name: "y", value: "é z"), (name: "x", value: "2")] "#
            #expect(response.body == Array(prefix.utf8) + body)
        }
    }

    @Test func `a thousand requests at once are all answered, each with its own answer`() async throws {
        try await withServer { request in
            await Task.yield()
            return .text(request.query("n") ?? "")
        } _: { (_, base) async throws in
            let client = client
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<1000 {
                    group.addTask { (number, try await client.get(base + "/?n=\(number)").text) }
                }
                return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers.count == 1000)
            #expect(answers.allSatisfy { "\($0.key)" == $0.value })
        }
    }

    @Test func `a body over the limit is answered with 413, whether its length was told or not`() async throws {
        var limits = HTTPServer.Limits()
        limits.bodyBytes = 1000
        try await withServer(limits: limits) { request in
            .text("\(request.body.count)")
        } _: { (server, base) async throws in
            #expect(try await client.post(base, body: [UInt8](repeating: 0, count: 1000)).text == "1000")
            let told = try await client.post(base, body: [UInt8](repeating: 0, count: 1001))
            #expect(told.status == 413)
            #expect(try JSON(parsing: told.body)["detail"]?.string == "a body may have 1000 bytes")
            let chunked = RawSocket(port: server.port)
            await chunked.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<3 { await chunked.write("190\r\n" + String(repeating: "x", count: 400) + "\r\n") }
            await chunked.write("0\r\n\r\n")
            #expect(await chunked.read().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n", ""),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", "400"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "4"),
        ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"), ("GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("GET /?a=%f HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "y", count: 100_000))\r\n\r\n", "4"),
        ("GET /\(String(repeating: "y", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n", "4"),
    ])
    func `a malformed request gets a 4xx or the door, and the server lives on`(request: String, status: String)
        async throws
    {
        try await withServer { _ in
            .text("fine")
        } _: { (server, base) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(request)
            shutdown(socket.descriptor, Int32(SHUT_WR))
            let began = ContinuousClock.now
            let answer = await socket.read()
            #expect(began.duration(to: .now) < .seconds(20))
            if !status.isEmpty, !answer.isEmpty {
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer.prefix(200))")
            }
            #expect(!answer.contains("fine"))
            #expect(try await client.get(base).text == "fine")
        }
    }

    @Test func `the handler is cancelled when its client has gone`() async throws {
        let (begun, cancelled) = (Gate(), Gate())
        try await withServer { _ in
            begun.open()
            do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.open() }
            return .text("too late")
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await begun.wait()
            socket.hangUp()
            await cancelled.wait()
        }
    }

    @Test func `a long poll is woken by a signal from inside`() async throws {
        let (waiting, signal) = (Gate(), Gate())
        try await withServer { request in
            guard request.path == "/poll" else {
                signal.open()
                return .noContent
            }
            waiting.open()
            await signal.wait()
            return .text("woken")
        } _: { (_, base) async throws in
            let client = client
            async let poll = client.get(base + "/poll")
            await waiting.wait()
            #expect(try await client.get(base + "/signal").status == 204)
            #expect(try await poll.text == "woken")
        }
    }

    @Test func `events arrive one by one, as they are made`() async throws {
        let (events, feed) = AsyncStream.makeStream(of: ServerSentEvent.self)
        try await withServer { _ in
            .events(events)
        } _: { (_, base) async throws in
            let response = try await client.stream(HTTPRequest(url: base))
            #expect(response.headers["Content-Type"] == "text/event-stream")
            var chunks = response.body.makeAsyncIterator()
            // Each is sent only when the one before it has arrived: nothing waits in a buffer.
            for number in 0..<5 {
                feed.yield(ServerSentEvent(data: "line \(number)\nsecond", event: "tick", id: "\(number)"))
                let chunk = try #require(try await chunks.next())
                #expect(
                    String(decoding: chunk, as: UTF8.self)
                        == "event: tick\nid: \(number)\ndata: line \(number)\ndata: second\n\n")
            }
            feed.finish()
            #expect(try await chunks.next() == nil)
        }
    }

    @Test func `an event cannot forge another one`() {
        let event = ServerSentEvent(data: "a\r\ndata: b\rc", event: "x\nevent: y", id: "1\n\n2")
        let lines = String(decoding: event.bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines == ["event: xevent: y", "id: 12", "data: a", "data: data: b", "data: c", "", ""])
        #expect(ServerSentEvent().bytes == Array(":\n\n".utf8))
    }

    @Test func `an event stream whose client has gone is cancelled`() async throws {
        let cancelled = Gate()
        try await withServer { _ in
            let stream = AsyncStream<ServerSentEvent> { continuation in
                continuation.yield(ServerSentEvent(data: "first"))
                continuation.onTermination = { _ in cancelled.open() }
            }
            return .events(stream)
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await socket.read { $0.contains("first") }.contains("first"))
            socket.hangUp()
            await cancelled.wait()
        }
    }

    @Test func `a slow reader holds the maker back, and gets everything`() async throws {
        let total = 64 << 20
        let made = Mutex(0)
        struct Chunks: AsyncSequence, AsyncIteratorProtocol {
            let made: @Sendable (Int) -> Int
            var left: Int
            mutating func next() async -> [UInt8]? {
                guard left > 0 else { return nil }
                left -= 65536
                return [UInt8](repeating: UInt8(truncatingIfNeeded: made(65536) >> 16), count: 65536)
            }
            func makeAsyncIterator() -> Chunks { self }
        }
        let count: @Sendable (Int) -> Int = { amount in
            made.withLock {
                $0 += amount
                return $0
            }
        }
        try await withServer { _ in
            HTTPServerResponse(body: .stream(.init(Chunks(made: count, left: total))))
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            var size: CInt = 65536
            setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
            await socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let head = await socket.read { $0.count > 100_000 }
            #expect(head.count > 100_000)
            // What the kernel and we hold between the maker and a reader that has stopped.
            let held = made.withLock { $0 }
            #expect(held < 32 << 20, "\(held) bytes were made for a reader that took 100 kB")
            let rest = await socket.readBytes()
            #expect(made.withLock { $0 } == total)
            #expect(rest.count > total - 2 * 1024 * 1024)
            #expect(String(decoding: rest.suffix(5), as: UTF8.self) == "0\r\n\r\n")
        }
    }

    @Test func `a stream that fails is cut, not ended`() async throws {
        struct Broken: Error {}
        let chunks = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield([1, 2, 3])
            continuation.finish(throwing: Broken())
        }
        try await withServer { _ in
            HTTPServerResponse(body: .stream(.init(chunks)))
        } _: { (_, base) async throws in
            await #expect(throws: HTTPError.self) { try await client.get(base) }
        }
    }

    @Test func `a handler's error is a problem document whose id the log has, and its cause stays here`() async throws {
        struct Secret: Error, CustomStringConvertible { var description: String { "password hunter2" } }
        let sink = RecordingLogSink()
        try await withServer(logger: Logger(sink: sink)) { request in
            if request.path == "/problem" {
                throw ProblemDocument(status: 422, detail: "no").with("field", "name").with("rule", 5)
            }
            throw Secret()
        } _: { (_, base) async throws in
            let response = try await client.get(base)
            #expect(response.status == 500)
            #expect(response.headers["Content-Type"] == "application/problem+json")
            #expect(!response.text.contains("hunter2"))
            let instance = try #require(try JSON(parsing: response.body)["instance"]?.string)
            let entry = try #require(sink.all.first { $0.level == .error })
            #expect(entry.metadata["instance"] == instance)
            #expect(entry.metadata["error"] == "password hunter2")
            let problem = try await client.get(base + "/problem")
            #expect(
                problem.text
                    == #"{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"no","field":"name","rule":5}"#
            )
        }
    }

    @Test func `HEAD has the length and no body, and a connection serves many requests`() async throws {
        try await withServer { _ in
            .text("0123456789")
        } _: { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(
                "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answers = await socket.read()
            let parts = answers.components(separatedBy: "HTTP/1.1 200 OK")
            #expect(parts.count == 3)
            #expect(parts[1].contains("Content-Length: 10") && parts[1].hasSuffix("\r\n\r\n"))
            #expect(parts[2].hasSuffix("0123456789"))
        }
    }

    @Test func `a header that would split the answer is not sent`() async throws {
        try await withServer { _ in
            HTTPServerResponse(headers: ["X-A": "1\r\nSet-Cookie: evil=1", "X-B": "2"])
        } _: { (_, base) async throws in
            let response = try await client.get(base)
            #expect(response.headers["X-A"] == nil && response.headers["Set-Cookie"] == nil)
            #expect(response.headers["X-B"] == "2")
        }
    }

    @Test func `a port in use is named with what to do`() async throws {
        try await withServer { _ in
            .noContent
        } _: { (server, _) async throws in
            let second = HTTPServer(host: "127.0.0.1", port: server.port, logger: .silent) { _ in .noContent }
            let error = await #expect(throws: HTTPError.self) { try await second.start() }
            #expect(error?.code == .cannotListen)
            for word in ["127.0.0.1", "\(server.port)", "in use", "choose another"] {
                #expect(error?.message.contains(word) == true)
            }
        }
        for host in ["203.0.113.1", "no-such-host.invalid"] {
            let nowhere = HTTPServer(host: host, port: 0, logger: .silent) { _ in .noContent }
            await #expect(throws: HTTPError.self) { try await nowhere.start() }
        }
    }

    @Test func `a unix socket is taken over from a dead process, and not from a living one`() async throws {
        let path = "/tmp/weir-http-\(UInt64.random(in: 0 ... .max)).sock"
        var configuration = HTTPClient.Configuration()
        configuration.unixSocket = path
        let client = HTTPClient(configuration)
        // A file that nobody listens at any more.
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(dead)
        let server = HTTPServer(address: .unix(path: path), logger: .silent) { .text($0.remoteAddress) }
        try await server.start()
        #expect(try await client.get("http://weir/").text == "unix")
        let second = HTTPServer(address: .unix(path: path), logger: .silent) { _ in .noContent }
        await #expect(throws: HTTPError.self) { try await second.start() }
        await server.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test func `stopping lets what is in flight finish, and takes nothing new`() async throws {
        let (begun, goOn) = (Gate(), Gate())
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
            begun.open()
            await withGracefulShutdownHandler {
                await goOn.wait()
            } onGracefulShutdown: {
                goOn.open()
            }
            return .text("finished")
        }
        try await server.start()
        let (client, port) = (client, server.port)
        async let answer = client.get("http://127.0.0.1:\(port)/")
        await begun.wait()
        await server.stop()
        let response = try await answer
        #expect(response.text == "finished")
        #expect(response.headers["Connection"] == "close")
        let error = await #expect(throws: HTTPError.self) { try await client.get("http://127.0.0.1:\(port)/") }
        #expect(error?.code == .cannotConnect)
    }

    @Test func `past the grace period what still runs is cancelled and answered for`() async throws {
        let begun = Gate()
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
            begun.open()
            try await Task.sleep(for: .seconds(3600))
            return .text("never")
        }
        try await server.start()
        let (client, port) = (client, server.port)
        async let answer = client.get("http://127.0.0.1:\(port)/")
        await begun.wait()
        await server.stop(grace: .zero)
        #expect(try await answer.status == 503)
    }

    @Test func `an event stream ends in order when the server stops`() async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in
            .events(AsyncStream<ServerSentEvent> { $0.yield(ServerSentEvent(data: "1")) })
        }
        try await server.start()
        let response = try await client.stream(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
        var chunks = response.body.makeAsyncIterator()
        #expect(try await chunks.next() == Array("data: 1\n\n".utf8))
        await server.stop(grace: .seconds(60))
        #expect(try await chunks.next() == nil)
    }

    @Test func `run stops at graceful shutdown, and when cancelled`() async throws {
        for isGraceful in [true, false] {
            let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in .text("x") }
            try await server.start()
            let token = GracefulShutdown()
            let task = Task { try await GracefulShutdown.$current.withValue(token) { try await server.run() } }
            #expect(try await client.get("http://127.0.0.1:\(server.port)/").text == "x")
            if isGraceful { token.request() } else { task.cancel() }
            try await task.value
            await #expect(throws: HTTPError.self) { try await client.get("http://127.0.0.1:\(server.port)/") }
        }
    }

    @Test func `requests are counted and timed`() async throws {
        let metrics = Metrics()
        let server = HTTPServer(address: .tcp(host: "127.0.0.1", port: 0), logger: .silent, metrics: metrics) { _ in
            .noContent
        }
        try await server.start()
        for _ in 0..<3 { _ = try await client.get("http://127.0.0.1:\(server.port)/") }
        await server.stop()
        #expect(metrics.prometheusText().contains("weir_http_requests_total{status=\"204\"} 3"))
        #expect(metrics.prometheusText().contains("weir_http_request_seconds_count 3"))
    }

    @Test func `python's client and ours agree about what this server says`() async throws {
        let script = """
            import sys, http.client
            c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
            for i in range(50):
                c.request('POST', '/p%%20q?i=%d' % i, body=b'x' * i, headers={'X-I': str(i)})
                r = c.getresponse()
                assert r.read() == b'%d' % i and r.status == 200
            c.request('GET', '/stream')
            r = c.getresponse()
            assert r.read() == b'abc', 'stream'
            print('agreed')
            """
        guard let python = Peer.find("python3") else { return Peer.skip("python3") }
        try await withServer { request in
            if request.path == "/stream" {
                return HTTPServerResponse(
                    body: .stream(
                        .init(
                            AsyncStream { c in
                                for t in ["a", "b", "c"] { c.yield(Array(t.utf8)) }; c.finish()
                            })))
            }
            return .text("\(request.body.count)")
        } _: { (server, _) async throws in
            let said = try await Peer.run(python, ["-c", script, "\(server.port)"])
            #expect(said == "agreed\n")
        }
    }
}

/// Other people's programs, where they are installed.
enum Peer {
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func skip(_ name: String) { print("SKIPPED: \(name) is not installed, so it was not asked") }

    /// Its standard output, and standard error when it fails.
    static func run(_ path: String, _ arguments: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            do { try process.run() } catch { return continuation.resume(throwing: error) }
            Thread.detachNewThread {
                let text = (try? output.fileHandleForReading.readToEnd()) ?? Data()
                process.waitUntilExit()
                continuation.resume(returning: String(decoding: text, as: UTF8.self))
            }
        }
    }
}
