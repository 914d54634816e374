import Foundation
import TestSupport
import Testing

/// The control port tried with requests that schemathesis makes from its own description; `make contract` makes thousands.
@Suite(.timeLimit(.minutes(3)))
struct ContractTests {
    @Test(.enabled(if: Peers.python != nil, "needs schemathesis from PyPI"))
    func `generated requests meet no server error, and no answer that is not described`() async throws {
        let result = try await ToolRun.run(
            ["scripts/contract", "--weir", WeirProcess.path, "--phases", "fuzzing", "--examples", "2"],
            in: Fixtures.root)
        #expect(result.status == 0, "\(result.output.suffix(4000))")
        let count = try #require(result.output.firstMatch(of: /([0-9,]+) generated/))
        #expect(Int(count.1.replacing(",", with: "")) ?? 0 > 100)
    }
}
