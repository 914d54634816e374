import Daemon
import Encoding
import HTTP
import Synchronization

/// Somebody who gets webhooks: remembers what came, answers as it is told to.
final class Receiver: Sendable {
    struct Call: Sendable {
        var headers: HTTPFields
        var body: [UInt8]
        var json: JSON { (try? JSON(parsing: body)) ?? .null }
        var topic: String { json["type"]?.string ?? "" }
    }

    private final class Calls: Sendable {
        let all = Mutex<[Call]>([])
        func note(_ call: Call) -> Int {
            all.withLock {
                $0.append(call)
                return $0.count
            }
        }
    }

    private let seen: Calls
    private let arrivals = AsyncStream.makeStream(of: Void.self)
    private let server: HTTPServer
    var url: String { "http://127.0.0.1:\(server.port)/hook" }
    var all: [Call] { seen.all.withLock { $0 } }

    /// - Parameter answer: to the nth call, from 1.
    init(_ answer: @escaping @Sendable (Int, Call) async -> HTTPServerResponse = { _, _ in .noContent }) async throws {
        let seen = Calls()
        self.seen = seen
        let arrived = arrivals.continuation
        server = HTTPServer(address: .tcp(host: "127.0.0.1", port: 0), logger: .silent) { request in
            let call = Call(headers: request.headers, body: request.body)
            let response = await answer(seen.note(call), call)
            arrived.yield()
            return response
        }
        try await server.start()
    }

    /// Once that many have come.
    func calls(_ count: Int) async -> [Call] {
        while all.count < count { for await _ in arrivals.stream { break } }
        return all
    }

    func stop() async { await server.stop() }
}
