import Daemon
import Foundation
import HTTP
import Testing

/// What a server holds, and how long, before it knows who asks.
@Suite(.timeLimit(.minutes(1))) struct PatienceTests {
    private func server(
        _ change: (inout HTTPServer.Limits) -> Void = { _ in },
        admission: @escaping HTTPServer.Admission = { _ in nil },
        _ body: (HTTPServer) async throws -> Void
    ) async throws {
        var limits = HTTPServer.Limits()
        change(&limits)
        let server = HTTPServer(
            address: .tcp(host: "127.0.0.1", port: 0), limits: limits, logger: .silent, admission: admission
        ) { .text("\($0.body.count)") }
        try await server.start()
        do {
            try await body(server)
            await server.stop()
        } catch {
            await server.stop()
            throw error
        }
    }

    @Test func `a body that comes byte by byte is answered with 408 when its time is over`() async throws {
        try await server({ $0.requestTime = .milliseconds(300) }) { (server) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
            let began = ContinuousClock.now
            while ContinuousClock.now - began < .milliseconds(400) {
                await socket.write("x")
                try await Task.sleep(for: .milliseconds(50))
            }
            await socket.write("x")
            let answer = await socket.read()
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains("\"status\":408"))
        }
    }

    @Test func `a request line that never ends is cut off, though bytes go on coming`() async throws {
        try await server({
            $0.requestTime = .milliseconds(100)
            $0.idleSeconds = 1
        }) { (server) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("GET / HTTP/1.1\r\nX-Slow: ")
            let began = ContinuousClock.now
            // Bytes go on coming until the server has hung up: then one of them meets a reset.
            while await socket.tryWrite("x"), ContinuousClock.now - began < .seconds(30) {
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(ContinuousClock.now - began < .seconds(30))
        }
    }

    @Test func `bodies beyond what all may have together are answered with 503, and room comes back`() async throws {
        try await server({ $0.totalBodyBytes = 50_000 }) { (server) async throws in
            let begun =
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 45000\r\n\r\n" + String(repeating: "x", count: 40_000)
            var held = RawSocket(port: server.port)
            await held.write(begun)
            let client = HTTPClient()
            let base = "http://127.0.0.1:\(server.port)/"
            // The first has come as far as it will; until the server has read it there is room.
            var refused: HTTPResponse?
            var tries = 0
            while refused == nil {
                tries += 1
                if tries % 100 == 0 {
                    // It was this one that came second, and was refused.
                    held.hangUp()
                    held = RawSocket(port: server.port)
                    await held.write(begun)
                }
                let response = try await client.post(base, body: [UInt8](repeating: 0, count: 20_000))
                if response.status != 200 { refused = response }
            }
            #expect(refused?.status == 503 && refused?.headers["Retry-After"] == "1")
            held.hangUp()
            while try await client.post(base, body: [UInt8](repeating: 0, count: 20_000)).status != 200 {}
        }
    }

    @Test func `who is not let in sends no body`() async throws {
        try await server(admission: { $0.headers["X-Key"] == "k" ? nil : ProblemDocument(status: 401) }) {
            (server) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            let answer = await socket.read()
            #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.contains("Connection: close"))
            let let_in = try await HTTPClient().post(
                "http://127.0.0.1:\(server.port)/", headers: ["X-Key": "k"], body: [1, 2, 3])
            #expect(let_in.text == "3")
        }
    }

    @Test(arguments: [
        ("Transfer-Encoding: gzip, chunked", 501), ("Transfer-Encoding: chunked, chunked", 501),
        ("Transfer-Encoding: identity", 501),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 501),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", 400),
        ("Content-Length: +3", 400), ("Content-Length: 3\r\nContent-Length: 4", 400),
    ]) func `a body whose end could be read in two ways is refused`(header: String, status: Int) async throws {
        try await server { (server) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write("POST / HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n0\r\n\r\n")
            let answer = await socket.read()
            // libmicrohttpd refuses some of these before they come to us.
            #expect(answer.hasPrefix("HTTP/1.1 \(status) ") || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
        }
    }

    @Test(arguments: ["/a%00b", "/?x=%00", "/?%00=x"]) func `U+0000 in an address is refused`(path: String) async throws
    {
        try await server { (server) async throws in
            #expect(try await HTTPClient().get("http://127.0.0.1:\(server.port)\(path)").status == 400)
        }
    }

    @Test func `a stream whose headers never come ends by its timeout`() async throws {
        try await withServer { _ in
            try await Task.sleep(for: .seconds(60))
            return .noContent
        } _: { (_, base) async throws in
            let error = await #expect(throws: HTTPError.self) {
                _ = try await HTTPClient().stream(HTTPRequest(url: base + "/"), timeout: .milliseconds(200))
            }
            #expect(error?.code == .timedOut)
        }
    }
}
