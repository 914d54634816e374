import AccessServing
import Devnet
import FlowClient

/// How a node is reached. Every one of them must say the same.
enum ConformanceTransport: String, CaseIterable, Sendable {
    case inProcess, grpc, http, poolOfGRPC, poolOfHTTP, mixedPool

    var isWire: Bool { self != .inProcess }

    /// Whether all answers come over HTTP.
    var isHTTPOnly: Bool { self == .http || self == .poolOfHTTP }

    /// Whether answers come over HTTP, which tells less: see `Told`.
    var isNarrow: Bool { isHTTPOnly || self == .mixedPool }

    private enum Wire { case grpc, http }

    /// One server of its own for each.
    private var wires: [Wire] {
        switch self {
        case .inProcess: []
        case .grpc: [.grpc]
        case .http: [.http]
        case .poolOfGRPC: [.grpc, .grpc]
        case .poolOfHTTP: [.http, .http]
        case .mixedPool: [.grpc, .http]
        }
    }

    /// Serves `node` as often as it takes, and lends the way to it.
    func reaching(_ node: any AccessAPI, _ body: @Sendable (any AccessAPI) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            var ways: [any AccessAPI] = []
            for wire in wires {
                switch wire {
                case .grpc:
                    let server = AccessServer(api: node)
                    let port = try server.start()
                    group.addTask { try await server.run() }
                    ways.append(GRPCAccessClient(target: "127.0.0.1:\(port)"))
                case .http:
                    let server = HTTPAccessServer(api: node)
                    try await server.start()
                    group.addTask { try await server.run() }
                    ways.append(try HTTPAccessClient(url: "http://127.0.0.1:\(server.port ?? 0)"))
                }
            }
            switch ways.count {
            case 0: try await body(node)
            case 1: try await body(ways[0])
            default: try await body(NodePool(ways.enumerated().map { .init(name: "\($0)", api: $1) }))
            }
        }
    }
}
