import Daemon
import Glibc
import HTTP
import Synchronization

@testable import Encoding
@testable import FlowClient

/// What a test's node was asked, in order.
final class AskedOf: Sendable {
    private let requests = Mutex<[HTTPServerRequest]>([])
    func note(_ request: HTTPServerRequest) { requests.withLock { $0.append(request) } }
    var all: [HTTPServerRequest] { requests.withLock { $0 } }
    var targets: [String] { all.map(\.target) }
}

/// A client to a node that answers as the test says, for the length of the body.
func withHTTPNode(
    deadline: Duration = .seconds(30), options: HTTPAccessClient.Options = .init(),
    answer: @escaping HTTPServer.Handler, _ body: (HTTPAccessClient, AskedOf) async throws -> Void
) async throws {
    let asked = AskedOf()
    var limits = HTTPServer.Limits()
    limits.bodyBytes = 32 << 20
    let server = HTTPServer(
        address: .tcp(host: "127.0.0.1", port: 0), limits: limits, gracePeriod: .zero, logger: .silent
    ) { request in
        asked.note(request)
        return try await answer(request)
    }
    try await server.start()
    do {
        let client = try HTTPAccessClient(
            url: "http://127.0.0.1:\(server.port)", options: options, deadline: deadline)
        try await body(client, asked)
        await server.stop()
    } catch {
        await server.stop()
        throw error
    }
}

/// A gate that tasks wait at until it is opened.
final class OnceGate: Sendable {
    private let stream = AsyncStream.makeStream(of: Never.self)
    func open() { stream.continuation.finish() }
    func wait() async { for await _ in stream.stream {} }
}

/// Bodies as nodes send them.
enum NodeBody {
    static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    static func header(_ height: UInt64) -> JSON {
        [
            "id": .string(hex(height)), "parent_id": .string(hex(height &- 1)), "height": .string("\(height)"),
            "timestamp": "2026-11-21T23:49:40.216Z", "parent_voter_signature": "",
        ]
    }

    static func block(_ height: UInt64, payload: Bool = true) -> JSON {
        var members: [JSON.Member] = [.init("header", header(height)), .init("block_status", "BLOCK_SEALED")]
        if payload { members.append(.init("payload", ["collection_guarantees": [], "block_seals": []])) }
        return .object(members + [.init("_expandable", [:])])
    }

    static func result(of id: UInt64, block: UInt64?, status: String = "Sealed") -> JSON {
        [
            "block_id": .string(block.map(hex) ?? ""), "collection_id": "", "execution": "Success",
            "status": .string(status), "status_code": 0, "error_message": "", "computation_used": "7", "events": [],
            "_links": ["_self": .string("/v1/transaction_results/\(hex(id))")],
        ]
    }

    static func error(_ code: Int, _ message: String) -> HTTPServerResponse {
        .json(["code": JSON(code), "message": .string(message)], status: code)
    }

    static let parameters = HTTPServerResponse.json(["chain_id": "flow-testnet"])
    static let version = HTTPServerResponse.json([
        "semver": "v1", "commit": "c", "spork_id": .string(hex(0)), "protocol_version": "1",
        "protocol_state_version": "1", "spork_root_block_height": "10", "node_root_block_height": "20",
    ])
}

extension BlockID {
    static func number(_ number: UInt64) -> BlockID { BlockID(hex: NodeBody.hex(number))! }
}

extension TransactionID {
    static func number(_ number: UInt64) -> TransactionID { TransactionID(hex: NodeBody.hex(number))! }
}
