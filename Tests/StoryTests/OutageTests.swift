import Devnet
import Encoding
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Postgres
import Testing

/// What the daemon lives on goes away and comes back: it says so, is not ready meanwhile, and goes on by itself.
@Suite(.timeLimit(.minutes(3)), .serialized)
struct OutageTests {
    private let brand = "vytxeTZskVKR7C7WgdSP3d"
    private let pass = "FbVzVFnAAgWFP9h3kTSt2y"

    /// Asks until /readyz says so.
    private func until(_ client: ControlClient, ready: Bool) async throws {
        while true {
            if try await (client.send("GET", "/readyz").status == 200) == ready { return }
            try Task.checkCancellation()
        }
    }

    private func carryOut(_ client: ControlClient, _ type: String, _ payload: JSON) async throws {
        let id = try await client.enqueue(type, payload, key: type)
        #expect(try await client.finished(id)["outcome"]?.string == "done")
    }

    @Test func `a database that dies and comes back`() async throws {
        try await withTemporaryDirectory { directory async throws in
            var options = PrivateServer.Options()
            options.isDurable = false  // survives its own death, though not the machine's
            let first = try await PrivateServer.start(in: directory + "/postgres", options: options)
            let database = first.connectionString()
            #expect(try await WeirProcess.run(["migrate", "--database-url", database]).status == 0)
            let world = try await World.start(database: database)
            let daemon = try await world.daemon()
            try await carryOut(daemon.client, "create_brand", ["brand_id": JSON(brand), "name": "Nova"])
            try await until(daemon.client, ready: true)

            let pid = try String(contentsOfFile: first.directory + "/data/postmaster.pid", encoding: .utf8)
            kill(try #require(pid.split(separator: "\n").first.flatMap { Int32($0) }), SIGKILL)
            await first.stop()
            try await until(daemon.client, ready: false)
            let second = try await PrivateServer.start(in: directory + "/postgres", options: options)
            #expect(second.connectionString() == database)
            try await until(daemon.client, ready: true)
            try await carryOut(
                daemon.client, "create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"])

            daemon.process.send(signal: SIGTERM)
            let ended = await daemon.process.end()
            #expect(ended.status == 0, "\(ended.errors.suffix(1000))")
            #expect(ended.errors.contains("connecting again"), "\(ended.errors.suffix(1000))")
            await world.stop()
            await second.stop()
            try? FileManager.default.removeItem(atPath: second.directory)
        }
    }

    @Test func `a node that dies and comes back`() async throws {
        let world = try await World.start()
        let daemon = try await world.daemon(options: ["--control-maximum-silence", "3s"])
        try await carryOut(daemon.client, "create_brand", ["brand_id": JSON(brand), "name": "Nova"])
        try await until(daemon.client, ready: true)

        await world.stop()
        // What is asked for meanwhile is taken in, and waits.
        let id = try await daemon.client.enqueue(
            "create_pass", ["pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Gold"], key: "meanwhile")
        try await until(daemon.client, ready: false)
        let again = Devnet(node: world.devnet.node, port: world.port)
        _ = try again.start()
        let task = Task { try await again.run() }
        try await until(daemon.client, ready: true)
        #expect(try await daemon.client.finished(id)["outcome"]?.string == "done")

        daemon.process.send(signal: SIGTERM)
        let ended = await daemon.process.end()
        #expect(ended.status == 0, "\(ended.errors.suffix(1000))")
        task.cancel()
        _ = await task.result
    }
}
