import Devnet
import FlowClient
import GRPC
import Testing

/// What was asked of the recorded node beside its transactions, asked of the devnet over the wire, byte for byte.
@Suite(.timeLimit(.minutes(2)))
struct RecordedQueriesTests {
    /// What takes a parser, a type checker or an interpreter: the devnet says that it does not know the script.
    private static let unknown: Set<String> = ["script: does not parse", "script: does not check", "script: loops"]
    /// Named with blocks or results of the recorded chain.
    private static let ofThatChain: Set<String> = ["query: result by an index past the end", "script: at a block id"]

    /// Refused by the codec, in its own words.
    private static let malformed: Set<String> = ["query: block id too short"]

    @Test func `what was refused is refused with the same code and the same words, and scripts answer the same bytes`()
        async throws
    {
        let retelling = try Retelling("story")
        try await retelling.tell()
        let devnet = Devnet(node: retelling.node)
        let channel = GRPCChannel(target: "127.0.0.1:\(try devnet.start())")
        var refused = 0
        var answered = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await devnet.run() }
            for exchange in retelling.recorded.exchanges where exchange.transport == "grpc" {
                guard exchange.step.hasPrefix("query:") || exchange.step.hasPrefix("script:"),
                    !Self.ofThatChain.contains(exchange.step)
                else { continue }
                let expected = Int32(exchange.code ?? 0)
                guard expected != 0 || exchange.step.hasPrefix("script:") else { continue }
                do {
                    let answer = try await channel.unary(exchange.method, exchange.requestBytes, deadline: .seconds(30))
                    #expect(expected == 0, "\(exchange.step)")
                    #expect(
                        Wire(answer.message.bytes)[bytes: 1] == Wire(exchange.responseBytes)[bytes: 1],
                        "\(exchange.step)")
                    answered += 1
                } catch let error as GRPCError {
                    #expect(error.code.rawValue == expected, "\(exchange.step): \(error.message)")
                    if Self.unknown.contains(exchange.step) {
                        #expect(error.message.contains("this devnet does not run Cadence"))
                    } else if !Self.malformed.contains(exchange.step) {
                        #expect(error.message == exchange.message, "\(exchange.step)")
                    }
                    refused += 1
                }
            }
            group.cancelAll()
        }
        #expect(refused >= 20)
        #expect(answered >= 2)
    }
}
