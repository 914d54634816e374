import Cadence
import Devnet
import Encoding
import FlowClient
import GRPC
import Glibc
import Signer

/// The devnet in a process of its own, called over loopback: what a test, a trial and a benchmark of something else wait for.
enum DevnetFigures {
    static let all: [Figure] = [
        Figure("devnet.start", "how long from starting the process to its first answer", target: .within(seconds: 0.2)) {
            tools in
            var best = Double.infinity
            for _ in 0..<5 {
                let start = Rounds.seconds(of: CLOCK_MONOTONIC)
                let server = try BenchServer(.devnet, core: tools.core)
                _ = try await GRPCAccessClient(target: server.target).ping()
                best = min(best, Rounds.seconds(of: CLOCK_MONOTONIC) - start)
                server.end()
            }
            return .seconds(best)
        },
        Figure(
            "devnet.transactions", "FLOW transfers sent, checked, executed and sealed, of 32 payers, 50 ms blocks",
            target: .rate(2000)
        ) { tools in .rate(try await transactions(on: tools)) },
        range("devnet.range.ccf", .ccf), range("devnet.range.json-cdc", .jsonCDC),
        Figure(
            "devnet.history", "10 million transfers: blocks made, then each block's events of both types told",
            target: .within(seconds: 60)
        ) { _ in
            let key = try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 7, count: 32))
            let node = try DevnetNode(configuration: .init(servicePublicKey: key.publicKey, blockMaking: .onDemand))
            let start = Rounds.seconds(of: CLOCK_MONOTONIC)
            try node.generate(HistoryPlan("tokens=1000000,transfers=10000000,per-block=100"))
            var events = 0
            let last = node.finalizedHeight.rawValue
            for type in ["Withdrawn", "Deposited"] {
                for from in stride(from: UInt64(1), through: last, by: 250) {
                    let heights = BlockHeight(from)...BlockHeight(min(from + 249, last))
                    let blocks = try await node.events(
                        ofType: "A.f8d6e0586b0a20c7.NonFungibleToken.\(type)", heights: heights, encoding: .ccf)
                    events += blocks.value.reduce(0) { $0 + $1.events.count }
                }
            }
            precondition(events == 21_000_000, "\(events) events of 21,000,000")
            return .seconds(Rounds.seconds(of: CLOCK_MONOTONIC) - start)
        },
    ]

    private static func range(_ name: String, _ encoding: EventEncoding) -> Figure {
        Figure(name, "bytes of 250-block ranges with 10,000 events over gRPC", target: .rate(200e6)) { tools in
            let server = try BenchServer(.devnetHistory, core: tools.core)
            defer { server.end() }
            let channel = GRPCAccessClient(target: server.target).channel
            var bytes = 0
            var request = GetEventsForHeightRangeRequest()
            request.type = "A.f8d6e0586b0a20c7.NonFungibleToken.Deposited"
            request.encoding = encoding
            let rounds = WaitingRate { count in
                for round in 0..<count {
                    request.startHeight = BlockHeight(UInt64(1 + round % 16 * 250))
                    request.endHeight = BlockHeight(UInt64(250 + round % 16 * 250))
                    let answer = try await channel.unary(
                        AccessMethods.getEventsForHeightRange.path, request.protobuf)
                    bytes = answer.message.count
                }
            }
            var best = 0.0
            for _ in 0..<4 { best = max(best, try await rounds.measure(seconds: 1)) }
            return .rate(best * Double(bytes))
        }
    }

    /// Signed beforehand, each payer's in the order of its sequence numbers.
    private static func transactions(on tools: Tools) async throws -> Double {
        let server = try BenchServer(.devnet, core: tools.core)
        defer { server.end() }
        let client = DevnetClient(api: GRPCAccessClient(target: server.target))
        let key = try PrivateKey(algorithm: .ecdsaP256, scalar: [UInt8](repeating: 7, count: 32))
        let signer = InMemorySigner(key: key, hashAlgorithm: .sha3_256)
        let bootstrap = DevnetBootstrap(api: client.api, serviceSigner: signer)
        var payers: [DevnetAccount] = []
        for _ in 0..<32 { payers.append(try await bootstrap.makeAccount(signer: signer, flow: 10)) }
        let each = 250
        var prepared: [[Transaction]] = []
        for payer in payers {
            let first = try await client.transaction(
                "transfer_flow", [.ufix64(1000), .address(payers[0].address)], by: payer)
            prepared.append(
                try (0..<each).map { number in
                    var transaction = first
                    transaction.envelopeSignatures = []
                    transaction.proposalKey.sequenceNumber = SequenceNumber(UInt64(number))
                    transaction.addEnvelopeSignature(
                        .init(
                            address: payer.address, keyIndex: 0,
                            signature: try signer.signNow(transaction.envelopeMessage())))
                    return transaction
                })
        }
        let api = client.api
        let start = Rounds.seconds(of: CLOCK_MONOTONIC)
        try await withThrowingDiscardingTaskGroup { group in
            for own in prepared {
                group.addTask {
                    for transaction in own { _ = try await api.send(transaction) }
                    guard let last = own.last else { return }
                    while try await api.transactionResult(
                        last.id, blockID: nil, collectionID: nil, encoding: .ccf
                    ).value.status < .sealed {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
            }
        }
        let taken = Rounds.seconds(of: CLOCK_MONOTONIC) - start
        for own in prepared {
            let result = try await api.transactionResult(
                own[each - 1].id, blockID: nil, collectionID: nil, encoding: .ccf
            ).value
            precondition(result.statusCode == 0, result.errorMessage)
        }
        return Double(each * payers.count) / taken
    }
}
