import Devnet
import FlowClient
import Testing

/// One list of claims, over every way to a node: the same values, the same refusals in the same words, the same streams.
/// What a transport cannot carry is said at the claim, and is refused as `unimplemented` in plain words.
@Suite(.timeLimit(.minutes(2)))
struct AccessConformanceTests {
    private static func names(stated: Bool) -> [String] {
        AccessConformance.claims.filter { $0.isStated == stated }.map(\.name)
    }

    /// Where the transport can carry what is claimed; where it cannot, that is what is claimed of it.
    private func asking(
        _ name: String, over transport: ConformanceTransport,
        _ body: @Sendable (AccessClaim, ConformanceWorld, Told) async throws -> Void
    ) async throws {
        let claim = try #require(AccessConformance.claims.first { $0.name == name })
        try await ConformanceWorld.with(transport) { world in
            if try await isMissing(claim, over: transport, world) { return }
            try await body(claim, world, Told(isNarrow: transport.isNarrow))
        }
    }

    @Test(arguments: ConformanceTransport.allCases.filter(\.isWire), names(stated: false))
    func `a node says over every wire what it says in process`(
        transport: ConformanceTransport, claim name: String
    ) async throws {
        try await asking(name, over: transport) { claim, world, told in
            let words = try await claim.ask(world.api, world, told)
            expect(words, try await claim.ask(world.node, world, told))
        }
    }

    @Test(arguments: ConformanceTransport.allCases, names(stated: true))
    func `what is stated holds over every wire and in process`(
        transport: ConformanceTransport, claim name: String
    ) async throws {
        try await asking(name, over: transport) { claim, world, told in
            switch claim.outcome {
            case .whatTheNodeSays: Issue.record("nothing is stated")
            case .words(let expected): expect(try await claim.ask(world.api, world, told), expected)
            case .refusal(let code, let words):
                let refused = await #expect(throws: AccessError.self) { try await claim.ask(world.api, world, told) }
                let error = try #require(refused)
                #expect(error.code == code, "\(error)")
                let possible = [words] + (transport.isNarrow ? [claim.overHTTP].compactMap { $0 } : [])
                #expect(possible.contains { error.message.contains($0) }, "\(error)")
                // Where one of a pool's nodes speaks for itself, it may be either's.
                guard !transport.isNarrow || claim.overHTTP == nil && claim.notOverHTTP == nil else { return }
                let own = await #expect(throws: AccessError.self) { try await claim.ask(world.node, world, told) }
                #expect(error.message == own?.message)
            }
        }
    }

    @Test func `every claim has a name of its own`() {
        #expect(Set(AccessConformance.claims.map(\.name)).count == AccessConformance.claims.count)
    }

    @Test func `a transaction's statuses can be watched over HTTP after it was sent, to its result and the end`()
        async throws
    {
        try await ConformanceWorld.with(.http) { world in
            let http = try #require(world.api as? HTTPAccessClient)
            for result in [world.succeeded, world.failed] {
                var statuses: [TransactionResult] = []
                for try await status in http.subscribeStatuses(of: result.transactionID) { statuses.append(status) }
                #expect(statuses.map(\.status) == [.pending, .finalized, .executed, .sealed])
                let own = try await world.node.transactionResult(
                    result.transactionID, blockID: nil, collectionID: nil, encoding: .jsonCDC
                ).value
                #expect(statuses.last == own)
            }
        }
    }

    @Test(arguments: ConformanceTransport.allCases.filter { $0 != .mixedPool })
    func `what a node says of itself beside an answer comes with it, but over HTTP`(transport: ConformanceTransport)
        async throws
    {
        try await ConformanceWorld.with(transport) { (world) async throws in
            let own = try await world.node.blockHeader(.latestSealed).metadata
            #expect(own.latestFinalizedHeight == world.node.finalizedHeight)
            let told = try await world.api.blockHeader(.latestSealed).metadata
            #expect(told == (transport.isHTTPOnly ? ResponseMetadata() : own))
        }
    }

    @Test(arguments: ConformanceTransport.allCases.filter(\.isWire))
    func `an answer above four megabytes comes whole`(transport: ConformanceTransport) async throws {
        let node = LongAnswers()
        try await transport.reaching(node) { (api) async throws in
            let answer = try await api.executeScript([1], arguments: [], at: .latestSealed).value
            let isWhole = answer == node.answer
            #expect(isWhole, "\(answer.count) bytes came")
        }
    }

    /// Whether nobody here has what is asked for. Then it must be refused as such.
    private func isMissing(
        _ claim: AccessClaim, over transport: ConformanceTransport, _ world: ConformanceWorld
    ) async throws -> Bool {
        guard let words = claim.notOverHTTP, transport.isHTTPOnly else { return false }
        let refused = await #expect(throws: AccessError.self) {
            try await claim.ask(world.api, world, Told(isNarrow: true))
        }
        let error = try #require(refused)
        #expect(error.code == .unimplemented)
        // A pool says it in the words of its node, or in its own.
        #expect(error.message == words || transport == .poolOfHTTP && error.message.hasPrefix("no node offers "))
        return true
    }

    private func expect(_ words: [String], _ expected: [String]) {
        #expect(words.count == expected.count)
        for (ours, theirs) in zip(words, expected) { #expect(ours == theirs) }
    }
}

/// Above the 4 MiB at which gRPC stops where nothing else is said.
private struct LongAnswers: PartialAccessAPI {
    let answer = (0..<5 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    func executeScript(_ script: [UInt8], arguments: [[UInt8]], at block: BlockReference) async throws -> Reply<[UInt8]>
    { Reply(answer) }
}
