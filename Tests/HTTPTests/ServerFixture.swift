import Daemon
import Foundation
import Glibc
import HTTP
import Synchronization

/// A server on a port of its own for the length of the body.
func withServer(
    limits: HTTPServer.Limits = .init(), grace: Duration = .seconds(10), logger: Logger = .silent,
    _ handler: @escaping HTTPServer.Handler, _ body: (HTTPServer, String) async throws -> Void
) async throws {
    let server = HTTPServer(
        address: .tcp(host: "127.0.0.1", port: 0), limits: limits, gracePeriod: grace, logger: logger, handler: handler)
    try await server.start()
    do {
        try await body(server, "http://127.0.0.1:\(server.port)")
        await server.stop()
    } catch {
        await server.stop()
        throw error
    }
}

/// A gate that tasks wait at until it is opened.
final class Gate: Sendable {
    private let stream = AsyncStream.makeStream(of: Never.self)
    func open() { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}

/// A socket without manners: for what no client library would send.
final class RawSocket {
    let descriptor: CInt

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(connected == 0)
    }

    deinit { hangUp() }
    private var isOpen = true

    func hangUp() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    func write(_ text: String) async { await write(Array(text.utf8)) }

    /// False where the peer has hung up.
    func tryWrite(_ text: String) async -> Bool {
        let bytes = Array(text.utf8)
        return send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Blocks while the peer does not read: not on the cooperative pool.
    func write(_ bytes: [UInt8]) async {
        let descriptor = descriptor
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
                continuation.resume()
            }
        }
    }

    /// What comes until the peer hangs up, or the condition holds.
    func read(until isEnough: @escaping @Sendable (String) -> Bool = { _ in false }) async -> String {
        String(decoding: await readBytes { isEnough(String(decoding: $0, as: UTF8.self)) }, as: UTF8.self)
    }

    func readBytes(until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }) async -> [UInt8] {
        let descriptor = descriptor
        return await withCheckedContinuation { continuation in
            // It blocks: not on the cooperative pool.
            Thread.detachNewThread {
                var all: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 65536)
                while !isEnough(all) {
                    let count = recv(descriptor, &buffer, buffer.count, 0)
                    guard count > 0 else { break }
                    all += buffer[..<count]
                }
                continuation.resume(returning: all)
            }
        }
    }
}
