import Cadence
public import Daemon
import Encoding
import FlowClient
import HTTP
import Synchronization

/// The devnet's faults at run time, over HTTP on loopback: what a test or a person wants to see go wrong. It has no password:
/// whoever reaches it owns the chain, and a browser's page does not (it names its origin).
///
///     GET    /admin                            heights, limits and faults as they are
///     PUT    /admin/faults                     those that are named; null takes one back
///     DELETE /admin/faults                     all of them back
///     POST   /admin/blocks                     {"count": 3}: makes blocks
///     POST   /admin/rollback                   {"height": 12}: takes the blocks above away
///     PUT    /admin/limits                     {"maximum_computation": 1000}
///     PUT    /admin/accounts/{address}/balance {"flow": "1.5"}
///     POST   /admin/accounts/{address}/fill    stores as much as its FLOW pays for, and a little more
public final class AdminPort: StartableService {
    public let name = "devnet admin port"
    private let server: HTTPServer

    /// - Parameter port: 0 takes any free one; `port` tells which after `start`.
    public init(node: DevnetNode, host: String = "127.0.0.1", port: Int = 0, logger: Logger = .silent) {
        let routes = Self.routes(node)
        server = HTTPServer(
            address: .tcp(host: host, port: port), name: "devnet admin port", logger: logger,
            admission: { head in
                head.headers["Origin"] == nil
                    ? nil : ProblemDocument(status: 403, detail: "no page may change the chain")
            }, handler: { try await routes.respond(to: $0) })
    }

    public func start() async throws { try await server.start() }
    public func run() async throws { try await server.run() }
    /// Nil before `start`.
    public var port: Int? { server.port == 0 ? nil : server.port }

    private static func routes(_ node: DevnetNode) -> Router {
        var router = Router()
        router.get("/admin") { _ in .json(state(of: node)) }
        router.put("/admin/faults") { request in
            let changes = try FaultReader.read(body(of: request))
            node.misbehave { faults in for change in changes { change(&faults) } }
            return .json(state(of: node))
        }
        router.delete("/admin/faults") { _ in
            node.misbehave { $0 = Misbehaviour() }
            return .json(state(of: node))
        }
        router.post("/admin/blocks") { request in
            let count = try number(body(of: request), "count", in: 1...100_000)
            node.makeBlocks(Int(count))
            return .json(state(of: node))
        }
        router.post("/admin/rollback") { request in
            let height = try number(body(of: request), "height", in: 0...UInt64(Int64.max))
            do { try node.rollBack(to: BlockHeight(height)) } catch {
                throw refusal("height", "\(error)")
            }
            return .json(state(of: node))
        }
        router.put("/admin/limits") { request in
            node.setMaximumComputation(try number(body(of: request), "maximum_computation", in: 1...1_000_000))
            return .json(state(of: node))
        }
        router.put("/admin/accounts/{address}/balance") { request in
            let address = try account(request, node)
            guard let text = try body(of: request)["flow"]?.string, let flow = UFix64(text) else {
                throw refusal("flow", "must be an amount of FLOW in text, such as \"1.5\"")
            }
            node.setBalance(of: address, to: flow.rawValue)
            return .json(state(of: node))
        }
        router.post("/admin/accounts/{address}/fill") { request in
            node.fillStorage(of: try account(request, node))
            return .json(state(of: node))
        }
        return router
    }

    private static func state(of node: DevnetNode) -> JSON {
        node.shared.withLock { shared in
            [
                "height": JSON(shared.chain.finalizedHeight.rawValue),
                "sealed_height": JSON(shared.visibleSealedHead.rawValue),
                "maximum_computation": JSON(shared.chain.maximumComputation),
                "faults": FaultReader.json(shared.misbehaviour),
            ]
        }
    }

    private static func account(_ request: HTTPServerRequest, _ node: DevnetNode) throws -> Address {
        guard let address = Address(request.parameters["address"] ?? "") else {
            throw refusal("address", "must be an address in hex")
        }
        guard node.hasAccount(address) else {
            throw ProblemDocument(status: 404, detail: "there is no account \(address)")
        }
        return address
    }

    private static func body(of request: HTTPServerRequest) throws -> JSON {
        do { return try JSON(parsing: request.body) } catch {
            throw ProblemDocument(status: 400, detail: "the body is no JSON: \(error)")
        }
    }

    private static func number(_ body: JSON, _ name: String, in range: ClosedRange<UInt64>) throws -> UInt64 {
        guard let value = body[name]?.uint64, range.contains(value) else {
            throw refusal(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    static func refusal(_ field: String, _ rule: String) -> ProblemDocument {
        ProblemDocument(status: 400, detail: "\(field) \(rule)")
    }
}
