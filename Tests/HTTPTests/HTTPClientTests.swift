import Daemon
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HTTPClientTests {
    let client = HTTPClient()

    @Test func `connections are used again`() async throws {
        let peers = Mutex<Set<String>>([])
        try await withServer { request in
            peers.withLock { _ = $0.insert(request.remoteAddress) }
            return .noContent
        } _: { (_, base) async throws in
            for _ in 0..<50 { _ = try await client.get(base) }
            #expect(peers.withLock { $0.count } == 1)
        }
    }

    @Test func `methods, empty bodies and empty headers arrive as given`() async throws {
        try await withServer { request in
            .text(
                "\(request.method) \(request.body.count) \(request.header("X-Empty") ?? "none") \(request.header("Content-Type") ?? "none") \(request.header("Expect") ?? "none")"
            )
        } _: { (_, base) async throws in
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
                let response = try await client.send(HTTPRequest(method: method, url: base, headers: ["X-Empty": ""]))
                #expect(response.text == "\(method) 0  none none")
            }
            let large = HTTPRequest(method: "PUT", url: base, body: [UInt8](repeating: 0, count: 3 << 20))
            #expect(try await client.send(large).text == "PUT 3145728 none none none")
            let get = HTTPRequest(method: "DELETE", url: base, headers: ["Content-Type": "a/b"], body: [0, 1])
            #expect(try await client.send(get).text == "DELETE 2 none a/b none")
        }
    }

    @Test func `a server that does not answer in time is an error that names it, and no secret`() async throws {
        let begun = Gate()
        try await withServer(grace: .zero) { _ in
            begun.open()
            try await Task.sleep(for: .seconds(3600))
            return .noContent
        } _: { (_, base) async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await client.get(
                    base + "/?token=hunter2", headers: ["Authorization": "hunter2"], timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.description.contains("127.0.0.1") == true)
            #expect(error?.description.contains("hunter2") == false)
        }
    }

    @Test func `cancelling the task cancels the request, on both sides`() async throws {
        let (begun, cancelled) = (Gate(), Gate())
        try await withServer { _ in
            begun.open()
            do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.open() }
            return .noContent
        } _: { (_, base) async throws in
            let client = client
            let task = Task { try await client.get(base) }
            await begun.wait()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            await cancelled.wait()
            let late = Task { try await client.get(base) }
            late.cancel()
            await #expect(throws: (any Error).self) { try await late.value }
        }
    }

    @Test func `an answer over the limit is refused`() async throws {
        var configuration = HTTPClient.Configuration()
        configuration.responseBytes = 1000
        let client = HTTPClient(configuration)
        try await withServer { request in
            .text(String(repeating: "x", count: Int(request.query("n")!)!))
        } _: { (_, base) async throws in
            #expect(try await client.get(base + "/?n=1000").body.count == 1000)
            let error = await #expect(throws: HTTPError.self) { try await client.get(base + "/?n=1001") }
            #expect(error?.code == .tooLarge)
        }
    }

    @Test func `redirects are answers, not orders`() async throws {
        try await withServer { _ in
            HTTPServerResponse(status: 302, headers: ["Location": "http://127.0.0.1:1/"])
        } _: { (_, base) async throws in
            let response = try await client.get(base)
            #expect(response.status == 302)
            #expect(response.headers["Location"] == "http://127.0.0.1:1/")
        }
    }

    @Test(arguments: [
        "", "x", "ftp://a", "file:///etc/passwd", "http://", "http:///x", "http://a b/", "http://a/\r\nX: y",
        "gopher://a:70/",
    ])
    func `what is no address is refused before anything is sent`(url: String) async {
        let error = await #expect(throws: HTTPError.self) { try await client.get(url) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [("X\r\nY", "1"), ("X", "1\r\nY: 2"), ("", "1"), ("X Y", "1"), ("X", "\0")])
    func `a header that would split the request is refused`(name: String, value: String) async {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(url: "http://127.0.0.1:1/", headers: HTTPFields([(name, value)])))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `nobody there is an error that says so`() async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in .noContent }
        try await server.start()
        let port = server.port
        await server.stop()
        let error = await #expect(throws: HTTPError.self) { try await client.get("http://127.0.0.1:\(port)/") }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("127.0.0.1:\(port)") == true)
    }

    @Test func `a body that breaks off is an error, whole or streamed`() async throws {
        let listener = RawListener()
        for _ in 0..<2 {
            listener.answerOnce("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        }
        let error = await #expect(throws: HTTPError.self) { try await client.get("http://127.0.0.1:\(listener.port)/") }
        #expect(error?.code == .connectionLost)
        let response = try await client.stream(HTTPRequest(url: "http://127.0.0.1:\(listener.port)/"))
        await #expect(throws: HTTPError.self) { for try await _ in response.body {} }
    }

    @Test(arguments: ["garbage\r\n\r\n", "", "HTTP/1.1 999999999999 X\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\nx"])
    func `a server that does not speak HTTP is an error`(answer: String) async throws {
        let listener = RawListener()
        listener.answerOnce(answer)
        await #expect(throws: HTTPError.self) {
            try await client.get("http://127.0.0.1:\(listener.port)/", timeout: .seconds(10))
        }
    }

    @Test func `a reader that stops holds the server back, and dropping the body ends the transfer`() async throws {
        let made = Mutex(0)
        let ended = Gate()
        struct Endless: AsyncSequence, AsyncIteratorProtocol {
            let make: @Sendable () -> Void
            let witness: Witness
            mutating func next() async -> [UInt8]? {
                make()
                return [UInt8](repeating: 7, count: 65536)
            }
            func makeAsyncIterator() -> Endless { self }
        }
        try await withServer { _ in
            let chunks = Endless(make: { made.withLock { $0 += 65536 } }, witness: Witness(ended))
            return HTTPServerResponse(body: .stream(.init(chunks)))
        } _: { (_, base) async throws in
            do {
                let response = try await client.stream(HTTPRequest(url: base))
                var chunks = response.body.makeAsyncIterator()
                var taken = 0
                while taken < 1 << 20 { taken += try #require(try await chunks.next()).count }
                // Sockets' buffers, ours on both sides, and what was taken.
                #expect(made.withLock { $0 } < 48 << 20)
            }
            await ended.wait()
        }
    }

    @Test func `shutting the client down ends what is under way`() async throws {
        let begun = Gate()
        try await withServer(grace: .zero) { _ in
            begun.open()
            try await Task.sleep(for: .seconds(3600))
            return .noContent
        } _: { (_, base) async throws in
            var client: HTTPClient? = HTTPClient()
            let response = Task { [client] in try await client!.get(base) }
            await begun.wait()
            client = nil
            response.cancel()
            await #expect(throws: (any Error).self) { try await response.value }
        }
    }

    @Test func `certificates are checked, and an own authority can be trusted`() async throws {
        guard let python = Peer.find("python3") else { return Peer.skip("python3") }
        let files = try TestAuthority.Files(try TestAuthority.shared.get())
        defer { withExtendedLifetime(files) {} }
        let script = """
            import ssl, socket, sys
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[2], sys.argv[1])
            s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)
            while True:
                k, _ = s.accept()
                try:
                    t = c.wrap_socket(k, server_side=True); t.recv(65536)
                    t.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok'); t.close()
                except Exception: pass
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", script, files.server.key, files.server.certificate]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // It inherits blocked signals, and holds the test run's own pipes for as long as it lives.
        defer { kill(process.processIdentifier, SIGKILL) }
        let line = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: String(decoding: output.fileHandleForReading.availableData, as: UTF8.self))
            }
        }
        let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
        let error = await #expect(throws: HTTPError.self) { try await client.get("https://127.0.0.1:\(port)/") }
        #expect(error?.code == .untrusted)
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorities = files.root
        #expect(try await HTTPClient(configuration).get("https://127.0.0.1:\(port)/").text == "ok")
    }
}

/// Opens a gate when nobody holds it any more.
final class Witness: Sendable {
    let gate: Gate
    init(_ gate: Gate) { self.gate = gate }
    deinit { gate.open() }
}

/// A server without manners: sends what it is told to whoever comes, and hangs up.
final class RawListener: Sendable {
    let descriptor: CInt
    let port: Int

    init() {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        port = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length)
                listen(descriptor, 8)
                getsockname(descriptor, $0, &length)
            }
            return Int(UInt16(bigEndian: $0.pointee.sin_port))
        }
    }

    deinit { close(descriptor) }

    func answerOnce(_ text: String) { answerOnce(Array(text.utf8)) }

    /// Waits for one connection, reads the head of a request, answers, hangs up.
    func answerOnce(_ bytes: [UInt8], then next: @escaping @Sendable (CInt) -> Void = { _ in }) {
        Thread.detachNewThread { [self] in
            let peer = accept(descriptor, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 65536)
            var head: [UInt8] = []
            while head.firstRange(of: Array("\r\n\r\n".utf8)) == nil {
                let count = recv(peer, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                head += buffer[..<count]
            }
            let answer =
                String(decoding: bytes, as: UTF8.self).contains("ACCEPT")
                ? Array(
                    String(decoding: bytes, as: UTF8.self)
                        .replacingOccurrences(
                            of: "ACCEPT", with: Self.acceptance(String(decoding: head, as: UTF8.self))
                        )
                        .utf8)
                : bytes
            _ = answer.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            next(peer)
            close(peer)
        }
    }

    private static func acceptance(_ head: String) -> String {
        let key = head.components(separatedBy: "Sec-WebSocket-Key: ").last?.components(separatedBy: "\r\n").first ?? ""
        return WebSocketTestHandshake.accept(key)
    }
}
