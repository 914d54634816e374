import Daemon
import Encoding
import Foundation
import Glibc
import Synchronization
import Testing

@testable import HTTP

/// Bodies that are kept in files while they come in.
@Suite(.timeLimit(.minutes(1)), .serialized) struct SpooledBodyTests {
    private func with(
        _ limits: HTTPServer.Limits = HTTPServer.Limits(), _ body: (HTTPServer, String) async throws -> Void
    ) async throws {
        let server = HTTPServer(
            address: .tcp(host: "127.0.0.1", port: 0), limits: limits, logger: .silent,
            spools: { $0.segments.first == "big" }
        ) { request in
            guard let spooled = request.spooled else { return .text("kept \(request.body.count)") }
            #expect(request.body.isEmpty)
            var (sum, offset) = (0, 0)
            while case let piece = try spooled.read(from: offset, count: 10_000), !piece.isEmpty {
                sum = piece.reduce(sum) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
                offset += piece.count
            }
            return .text("spooled \(offset) \(sum)")
        }
        try await server.start()
        do {
            try await body(server, "http://127.0.0.1:\(server.port)")
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        #expect(server.spooled.load(ordering: .relaxed) == 0)
    }

    private static func sum(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF } }

    /// Such files that this process has open.
    private static func files() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            return target?.contains("/weir-body-") == true
        }
    }

    @Test func `a body comes back as it was, told or chunked, and others stay in memory`() async throws {
        try await with { (server, base) async throws in
            let client = HTTPClient()
            for count in [1, 9_999, 3_000_000] {
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
                #expect(try await client.post(base + "/big", body: bytes).text == "spooled \(count) \(Self.sum(bytes))")
                #expect(try await client.post(base + "/small", body: bytes).text == "kept \(count)")
            }
            let chunked = RawSocket(port: server.port)
            await chunked.write(
                "POST /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<3 { await chunked.write("2\r\nab\r\n") }
            await chunked.write("0\r\n\r\n")
            #expect(await chunked.read().contains("spooled 6 \(Self.sum(Array("ababab".utf8)))"))
        }
        #expect(try Self.files() == 0, "every file is gone with its request")
    }

    @Test func `one that is too large is answered with 413, and what all of them may have is bounded`() async throws {
        var limits = HTTPServer.Limits()
        (limits.spooledBytes, limits.totalSpooledBytes) = (2_000_000, 2_500_000)
        try await with(limits) { (server, base) async throws in
            let client = HTTPClient()
            let large = try await client.post(base + "/big", body: [UInt8](repeating: 1, count: 2_000_001))
            #expect(large.status == 413)
            #expect(try JSON(parsing: large.body)["detail"]?.string == "a body may have 2000000 bytes")
            let first = RawSocket(port: server.port)
            await first.write(
                "POST /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1500000\r\n\r\n"
                    + String(repeating: "x", count: 1_499_999))
            while server.spooled.load(ordering: .relaxed) < 1_499_999 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try await client.post(base + "/big", body: [UInt8](repeating: 1, count: 1_500_000)).status == 503)
            await first.write("x")
            #expect(await first.read().contains("spooled 1500000"))
            #expect(try await client.post(base + "/big", body: [UInt8](repeating: 1, count: 1_500_000)).status == 200)
        }
    }

    @Test func `who goes away in the middle leaves nothing`() async throws {
        try await with { (server, _) async throws in
            let socket = RawSocket(port: server.port)
            await socket.write(
                "POST /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"
                    + String(repeating: "x", count: 500_000))
            while server.spooled.load(ordering: .relaxed) < 500_000 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(try Self.files() == 1)
            socket.hangUp()
            while server.spooled.load(ordering: .relaxed) > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(try Self.files() == 0)
    }
}
