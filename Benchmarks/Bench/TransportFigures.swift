import FlowClient
import GRPC

/// Unary calls over loopback, bytes in and bytes out: our channel beside grpcio's grpc.aio, against the same devnet in a
/// process of its own. Where that server has one core, it is full before our client is: what a client by itself could do is
/// told by its rate per second of its own process's computing, which no server and no neighbour slows.
enum TransportFigures {
    static let all: [Figure] = [
        unary("grpc.unary.sequential", "the latest block's header asked for over gRPC, one at a time", atOnce: 1),
        unary("grpc.unary.32", "the same, 32 in flight", atOnce: 32),
        unary("grpc.unary.sequential.per-core", "one at a time, by the client's computing", atOnce: 1, computing: true),
        unary("grpc.unary.32.per-core", "32 in flight, by the client's computing", atOnce: 32, computing: true),
    ]

    private static func unary(_ name: String, _ meaning: String, atOnce: Int, computing: Bool = false) -> Figure {
        Figure(name, meaning, target: computing ? nil : .times(2.5)) { tools in
            let server = try tools.server()
            let client = GRPCAccessClient(target: server.target)
            let ours = WaitingRate(computing: computing) { count in
                try await withThrowingDiscardingTaskGroup { group in
                    for _ in 0..<atOnce {
                        group.addTask {
                            for _ in 0..<(count / atOnce) {
                                consume(
                                    try await client.channel.unary(
                                        "/flow.access.AccessAPI/GetLatestBlockHeader", [8, 1]))
                            }
                        }
                    }
                }
            }
            guard let python = try tools.python() else {
                return .noPeer(ours: try await ours.measure(seconds: Rounds.seconds), why: "grpcio")
            }
            // GetLatestBlockHeaderRequest { is_sealed: true }
            let job = PythonPeer.Request(
                job: "unary", target: server.target, method: "/flow.access.AccessAPI/GetLatestBlockHeader",
                message: "0801", atOnce: atOnce, computing: computing)
            let best = try await Rounds.best(
                ours: { try await ours.measure(seconds: $0) }, peer: { try python.rate(job, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: python.grpc)
        }
    }
}
