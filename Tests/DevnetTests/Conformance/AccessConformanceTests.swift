import Devnet
import FlowClient
import Testing

/// One list of claims, over every way to a node: the same values, the same kinds of refusal, the same streams. What a
/// transport honestly lacks is in `ConformanceTransport.missing`, and is refused as `unimplemented`.
@Suite(.timeLimit(.minutes(2)))
struct AccessConformanceTests {
    @Test(arguments: ConformanceTransport.allCases, AccessConformance.claims.map(\.name))
    func `a node says the same whoever carries it`(transport: ConformanceTransport, claim name: String) async throws {
        let claim = try #require(AccessConformance.claims.first { $0.name == name })
        try await ConformanceWorld.with(transport) { world in
            let told = Told(isNarrow: world.isNarrow)
            if ConformanceTransport.missing[transport]?.contains(name) == true {
                let words = try await AccessConformance.said {
                    try await claim.ask(world.api, world, told).joined(separator: "\n")
                }
                #expect(words == "refused: unimplemented")
                return
            }
            if ConformanceTransport.waiting[transport]?.contains(name) == true {
                let ahead = BlockHeight(world.node.finalizedHeight.rawValue + 3)
                async let came = AccessConformance.first(
                    1, world.api.subscribeBlockDigests(from: .height(ahead), status: .sealed)
                ) { "\($0.height)" }
                world.node.makeBlocks(3)
                #expect(try await came == ["\(ahead)"])
                return
            }
            let expected =
                if let known = claim.expected { known } else { try await claim.ask(world.node, world, told) }
            let words = try await claim.ask(world.api, world, told)
            #expect(words.count == expected.count)
            for (ours, theirs) in zip(words, expected) {
                #expect(ours == theirs)
            }
        }
    }

    @Test func `the tables name claims that there are, each by a name of its own`() {
        let names = Set(AccessConformance.claims.map(\.name))
        #expect(names.count == AccessConformance.claims.count)
        for table in [ConformanceTransport.missing, ConformanceTransport.waiting] {
            for claims in table.values { #expect(claims.isSubset(of: names)) }
        }
    }
}
