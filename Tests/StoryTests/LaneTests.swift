import Devnet
import Encoding
import FlowClient
import Glibc
import HTTP
import PlatformBridge
import Testing

/// `submit.lanes`: a daemon sees to it that the account has that many proposal keys.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct LaneTests {
    @Test func `two daemons that start at once add the missing lanes once, and a killed one does not add them again`()
        async throws
    {
        let world = try await World.start(lanes: 1)
        // The key of full weight is a lane too: there are two.
        let options = ["--submit-lanes", "6"]
        var (first, second) = (
            try await world.daemon(crashAt: "after_send_before_reply", options: options + ["--worker-id", "a"]),
            try await world.daemon(options: options + ["--worker-id", "b"])
        )
        try await reach(6, world)
        first.process.send(signal: SIGKILL)
        _ = await first.process.end()
        first = try await world.daemon(options: options + ["--worker-id", "a"])
        for client in [first.client, second.client] {
            let brand: JSON = ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": "Nova"]
            let id = try await client.enqueue("create_brand", brand, key: "brand")
            #expect(try await client.finished(id)["outcome"]?.string == "done")
        }
        let keys = try await world.bootstrap.client.api.accountKeys(world.platform.address, at: .latest).value
        #expect(keys.count == 6 && keys.dropFirst().allSatisfy { $0.weight == 0 && !$0.revoked })
        let status = try await WeirProcess.run(["status"] + world.arguments + ["--roles", "serve"])
        #expect(status.output.contains("lanes     6 free"), "\(status.output)\(status.errors)")
        for process in [first.process, second.process] {
            process.send(signal: SIGTERM)
            #expect(await process.end().status == 0)
        }
        await world.stop()
    }

    /// Block after block, until the account has so many keys.
    private func reach(_ count: Int, _ world: World) async throws {
        for try await _ in world.devnet.node.subscribeBlockHeaders(from: .latest, status: .sealed) {
            let keys = try await world.devnet.node.accountKeys(world.platform.address, at: .latest).value
            if keys.count >= count { return }
        }
    }
}
