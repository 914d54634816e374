import Devnet
import FlowClient
import Testing

@Suite(.timeLimit(.minutes(2)))
struct StoryAgreementTests {
    @Test func `the devnet tells the recorded story with its events, types, order, fields and rejections`() async throws
    {
        let retelling = try Retelling("story")
        try await retelling.tell()
        #expect(retelling.compared == 81)
    }

    @Test func `the devnet refuses and fails what the recorded node does, in its words`() async throws {
        let retelling = try Retelling("errors")
        // Why an update does not fit is found by checking types, which the devnet does not: it says that it does not know
        // the contract. That it fails, how and where is the same.
        retelling.differing["contract update that is not compatible"] = { difference in
            let common = difference.expected.prefix { $0 != "^" }
            return difference.found.hasPrefix(common) && difference.found.contains("does not know this NovaBrand")
        }
        try await retelling.tell()
        #expect(retelling.compared >= 70)
    }
}
