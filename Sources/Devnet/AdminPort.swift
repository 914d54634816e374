import Cadence
public import Daemon
import Encoding
import FlowClient
import HTTP
import Synchronization

/// The devnet's faults at run time, over HTTP on loopback: what a test or a person wants to see go wrong. It has no password:
/// whoever reaches it owns the chain, and a browser's page does not (it names its origin).
///
///     GET    /admin                            heights, rules and faults as they are
///     POST   /admin                            a step as scenarios have it: {"blocks": 3, "faults": {…}, "rules": {…}}
///     PUT    /admin/faults                     those that are named; null takes one back
///     DELETE /admin/faults                     all of them back
///     PUT    /admin/rules                      {"weights": "flip370", "surge_factor": "2.5"}
///     POST   /admin/blocks                     {"count": 3}: makes blocks
///     POST   /admin/rollback                   {"height": 12}, or {"blocks": 5}: takes blocks away
///     PUT    /admin/accounts/{address}/balance {"flow": "1.5"}
///     POST   /admin/accounts/{address}/fill    stores as much as its FLOW pays for, and a little more
///     POST   /admin/keys/{address}/{index}/use {"times": 1}: others used the key
///     PUT    /admin/siblings/{number}/faults   those of another node over the same chain; 1 is the first
public final class AdminPort: StartableService {
    public let name = "devnet admin port"
    private let server: HTTPServer

    /// - Parameters:
    ///   - siblings: other nodes over the same chain, with faults of their own.
    ///   - port: 0 takes any free one; `port` tells which after `start`.
    public init(
        node: DevnetNode, siblings: [DevnetNode] = [], host: String = "127.0.0.1", port: Int = 0,
        logger: Logger = .silent
    ) {
        let routes = Self.routes(node, siblings)
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

    private static func routes(_ node: DevnetNode, _ siblings: [DevnetNode]) -> Router {
        /// Does a step that the request makes up.
        func step(_ make: @escaping @Sendable (HTTPServerRequest) throws -> JSON) -> Router.Handler {
            { request in
                try DevnetAction(step: make(request)).perform(on: node)
                return .json(state(of: node))
            }
        }
        var router = Router()
        router.get("/admin") { _ in .json(state(of: node)) }
        router.post("/admin", step { try body(of: $0) })
        router.put("/admin/faults", step { ["faults": try body(of: $0)] })
        router.delete("/admin/faults", step { _ in ["clear_faults": true] })
        router.put("/admin/rules", step { ["rules": try body(of: $0)] })
        router.post("/admin/blocks", step { ["blocks": try body(of: $0)["count"] ?? .null] })
        router.post("/admin/rollback", step { ["rollback": try body(of: $0)] })
        router.put(
            "/admin/accounts/{address}/balance",
            step { ["accounts": .object([.init(account($0), ["balance": try body(of: $0)["flow"] ?? .null])])] })
        router.post(
            "/admin/accounts/{address}/fill",
            step { ["accounts": .object([.init(account($0), ["full": true])])] })
        router.post(
            "/admin/keys/{address}/{index}/use",
            step { request in
                let times = request.body.isEmpty ? JSON(1) : try body(of: request)["times"] ?? 1
                return ["keys": .object([.init("\(account(request))/\(request.parameters["index"] ?? "")", times)])]
            })
        router.put("/admin/siblings/{number}/faults") { request in
            guard let number = Int(request.parameters["number"] ?? ""), siblings.indices.contains(number - 1) else {
                throw ProblemDocument(status: 404, detail: "there are \(siblings.count) siblings, from 1 on")
            }
            try DevnetAction(step: ["faults": try body(of: request)]).perform(on: siblings[number - 1])
            return .json(state(of: siblings[number - 1]))
        }
        return router
    }

    private static func state(of node: DevnetNode) -> JSON {
        node.shared.withLock { shared in
            [
                "height": JSON(shared.chain.finalizedHeight.rawValue),
                "sealed_height": JSON(shared.visibleSealedHead.rawValue),
                "waiting": JSON(shared.chain.pending.count),
                "rules": RuleReader.json(shared.chain.rules),
                "faults": FaultReader.json(shared.misbehaviour),
            ]
        }
    }

    private static func account(_ request: HTTPServerRequest) -> String { request.parameters["address"] ?? "" }

    private static func body(of request: HTTPServerRequest) throws -> JSON {
        do { return try JSON(parsing: request.body) } catch {
            throw ProblemDocument(status: 400, detail: "the body is no JSON: \(error)")
        }
    }

    static func refusal(_ field: String, _ rule: String) -> ProblemDocument {
        ProblemDocument(status: 400, detail: "\(field) \(rule)")
    }
}
