import FlowClient
import GRPC

/// Unary calls over loopback, bytes in and bytes out: our channel beside grpcio's grpc.aio, against the same devnet in a
/// process of its own. Rates by the clock on the wall.
enum TransportFigures {
    static let all: [Figure] = [
        unary("grpc.unary.sequential", "the latest block's header asked for over gRPC, one at a time", atOnce: 1),
        unary("grpc.unary.32", "the same, 32 in flight", atOnce: 32),
    ]

    private static func unary(_ name: String, _ meaning: String, atOnce: Int) -> Figure {
        Figure(name, meaning, target: .times(2.5)) { tools in
            let server = try tools.server()
            let client = GRPCAccessClient(target: server.target)
            let ours = WaitingRate { count in
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
                message: "0801", atOnce: atOnce)
            let best = try await Rounds.best(
                ours: { try await ours.measure(seconds: $0) }, peer: { try python.rate(job, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: python.grpc)
        }
    }
}
