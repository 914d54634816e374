import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import PlatformBridge
import Postgres
import Testing

/// The network is rolled back under a running daemon: it stops, a person looks and accepts, by commands alone, and what is
/// gone is done again, once.
@Suite(.timeLimit(.minutes(3)))
struct RollBackTests {
    private let brand = "vytxeTZskVKR7C7WgdSP3d"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"

    private func weir(_ world: World, _ command: String...) async throws -> WeirProcess.Ended {
        try await WeirProcess.run(command + world.arguments + ["--roles", "serve"])
    }

    @Test func `a roll-back stops all, and a person's word lets it go on`() async throws {
        let world = try await World.start()
        let (process, client) = try await world.daemon(options: ["--submit-expiry", "60"])
        let first = try await client.enqueue("create_brand", ["brand_id": JSON(brand), "name": "Nova"], key: "brand")
        #expect(try await client.finished(first)["outcome"]?.string == "done")
        let common = world.devnet.node.finalizedHeight
        let second = try await client.enqueue(
            "create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"], key: "pass")
        #expect(try await client.finished(second)["outcome"]?.string == "done")
        let fine = try await weir(world, "chain", "status")
        #expect(fine.status == 0 && fine.output.contains("has what is indexed"), "\(fine)")
        let idle = try await weir(world, "chain", "clear")
        #expect(idle.status == 1 && idle.errors.contains("nothing to clear"), "\(idle)")

        try world.devnet.node.rollBack(to: common)
        #expect(await process.line(containing: "ingest has stopped") != nil)
        let third = try await client.enqueue(
            "create_brand", ["brand_id": "mCDmHyQ6CBfZpFwbDkX8L3", "name": "Late"], key: "late")
        let stopped = try await weir(world, "chain", "status")
        #expect(stopped.status == 1 && stopped.output.contains("parts from the index above height"), "\(stopped)")
        let status = try await weir(world, "status")
        #expect(status.status == 1 && status.output.contains("see weir chain"), "\(status)")
        let unsure = try await weir(world, "chain", "accept")
        #expect(unsure.status == 1 && unsure.errors.contains("--yes"), "\(unsure)")
        #expect(await process.line(containing: "nothing is signed") != nil)
        #expect(try await client.get("/v1/operations/\(third)")["state"]?.string == "queued")

        let accepted = try await weir(world, "chain", "accept", "--yes")
        #expect(
            accepted.status == 0 && accepted.output.contains("1 items of 1 operations are open again"), "\(accepted)")
        #expect(await process.line(containing: "held back until the cause is gone") != nil)
        let held = try await client.get("/v1/operations/\(third)")["holds"]?.array?.first
        #expect(held?["scope"]?.string == "database")
        for id in [second, third] { #expect(try await client.finished(id)["outcome"]?.string == "done") }
        let told = try await weir(world, "operations", "show", second)
        #expect(told.status == 0 && told.output.contains("rolled back, 1 items"), "\(told)")
        let refused = try await weir(world, "operations", "resolve", second, "--as", "done")
        #expect(refused.status == 1 && refused.errors.contains("unproven"), "\(refused)")
        let wrong = try await weir(world, "operations", "resolve", second, "--as", "maybe")
        #expect(wrong.status == 2 && wrong.errors.contains("done, failed or retry"), "\(wrong)")
        process.send(signal: SIGTERM)
        #expect(await process.end().status == 0)
        await world.stop()
    }
}
