import Foundation
import Glibc
import PlatformBridge
import TestSupport
import Testing

/// The examples of docs/api.md, as they stand there.
@Suite(.timeLimit(.minutes(2)))
struct APIExamplesTests {
    @Test func `the examples of docs/api.md do what they say, one after the other`() async throws {
        let text = try String(contentsOf: Fixtures.root.appendingPathComponent("docs/api.md"), encoding: .utf8)
        let blocks = text.matches(of: /```sh\n((?:.|\n)*?)```/).map { String($0.1) }
        #expect(blocks.count > 8 && blocks.joined().matches(of: /\bcurl -/).count > 25)
        let world = try await World.start()
        let (process, client) = try await world.daemon()
        let script = "set -eux -o pipefail\nWEIR=\(client.base)\n" + blocks.joined(separator: "\n")
        let result = try await ToolRun.run(["bash", "-c", script])
        #expect(result.status == 0, "\(result.output.suffix(3000))")
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }
}
