import CMeasure
import Encoding
import Foundation
import Glibc
import Synchronization

/// What a receiver of webhooks was told.
final class Deliveries: Sendable {
    private let state = Mutex((count: 0, last: [Int: Int](), isOrdered: true))

    var count: Int { state.withLock { $0.count } }
    var isOrdered: Bool { state.withLock { $0.isOrdered } }

    func took(_ body: [UInt8]) throws {
        let data = try JSON(parsing: body)["data"]
        guard let key = data?["key"]?.integer(Int.self), let number = data?["n"]?.integer(Int.self) else { return }
        state.withLock { state in
            if state.last[key, default: 0] >= number { state.isOrdered = false }
            state.last[key] = number
            state.count += 1
        }
    }
}

/// A connection over which a request went, and whose answer has begun.
struct Stream: Sendable {
    struct Failed: Error {}
    private let socket: Int32

    init(port: Int, _ request: String) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isOpen = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var first: UInt8 = 0
        guard isOpen == 0, write(socket, request, request.utf8.count) == request.utf8.count, read(socket, &first, 1) == 1
        else { throw Failed() }
    }

    func close() { _ = Glibc.close(socket) }
}

/// What blocks has a thread of its own: the server that it asks needs those of the pool.
func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

extension Shell {
    static func answer(_ command: String) async -> String {
        (try? await onThread { output(command) }) ?? ""
    }
}
