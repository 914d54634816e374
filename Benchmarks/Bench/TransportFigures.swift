import FlowClient
import GRPC

/// Unary calls over loopback, bytes in and bytes out: our channel beside grpcio's grpc.aio, against the same devnet in a
/// process of its own. Ours are made by tasks that prefer the channel's executor, as grpc.aio's are by its event loop.
///
/// One call at a time never keeps more than one core busy: client and server share one, and what it costs to wake a core
/// that has gone to sleep is left out. That, and tasks of the common pool, are figures beside, without a promise.
enum TransportFigures {
    static let all: [Figure] = [
        unary(
            "grpc.unary.sequential", "the latest block's header asked for over gRPC, one at a time, all on one core",
            target: .times(2.5), server: .onOurCore),
        unary(
            "grpc.unary.32", "the same, 32 in flight, the server on a core of its own", target: .times(2.5), atOnce: 32),
        bare(
            "grpc.core.sequential", "one at a time, all on one core, beside a bare loop of the same C core in C",
            server: .onOurCore, atOnce: 1),
        bare(
            "grpc.core.32", "32 in flight, the server on a core of its own, beside the same bare loop",
            server: .onAnotherCore, atOnce: 32),
        unary("grpc.unary.sequential.apart", "one at a time, the server on a core of its own"),
        unary("grpc.unary.32.pooled", "32 in flight, made by tasks of the common pool", atOnce: 32, pooled: true),
    ]

    private static let method = "/flow.access.AccessAPI/GetLatestBlockHeader"

    private static func rate(_ channel: GRPCChannel, atOnce: Int, pooled: Bool = false) -> WaitingRate {
        WaitingRate { count in
            try await withThrowingDiscardingTaskGroup { group in
                for _ in 0..<atOnce {
                    group.addTask(executorPreference: pooled ? nil : channel.executor) {
                        for _ in 0..<(count / atOnce) { consume(try await channel.unary(method, [8, 1])) }
                    }
                }
            }
        }
    }

    private static func bare(
        _ name: String, _ meaning: String, server place: BenchServer.Place, atOnce: Int
    ) -> Figure {
        Figure(name, meaning, target: .percent(80)) { tools in
            let target = try tools.server(place).target
            let ours = rate(GRPCAccessClient(target: target).channel, atOnce: atOnce)
            let bare = BareChannel(target: target, method: method)
            let best = try await Rounds.best(
                ours: { try await ours.measure(seconds: $0) },
                peer: { try bare.rate([8, 1], atOnce: atOnce, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: "the C core alone")
        }
    }

    private static func unary(
        _ name: String, _ meaning: String, target: Target? = nil, server place: BenchServer.Place = .onAnotherCore,
        atOnce: Int = 1, pooled: Bool = false
    ) -> Figure {
        Figure(name, meaning, target: target) { tools in
            let server = try tools.server(place)
            let channel = GRPCAccessClient(target: server.target).channel
            let ours = rate(channel, atOnce: atOnce, pooled: pooled)
            guard let python = try tools.python() else {
                return .noPeer(ours: try await ours.measure(seconds: Rounds.seconds), why: "grpcio")
            }
            // GetLatestBlockHeaderRequest { is_sealed: true }
            let job = PythonPeer.Request(
                job: "unary", target: server.target, method: method,
                message: "0801", atOnce: atOnce)
            let best = try await Rounds.best(
                ours: { try await ours.measure(seconds: $0) }, peer: { try python.rate(job, seconds: $0) })
            return .rates(ours: best.ours, peer: best.peer, of: python.grpc)
        }
    }
}
