import Daemon
import Foundation
import HTTP
import TestSupport
import Testing

/// What the program says, and does not do, when it is started wrong.
@Suite(.timeLimit(.minutes(2)))
struct BadStartTests {
    private let account = ["--account-address", "179b6b1cb6755e31"]
    private let environment = ["WEIR_ACCOUNT_PRIVATE_KEY": String(repeating: "1", count: 64)]

    @Test func `every mistake of a configuration is named at once, with exit status 78`() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory + "/weir.yaml"
            try Data(
                """
                databse: {url: "x"}
                flow: {network: moonnet}
                control: {listen: "everywhere"}
                """.utf8
            ).write(to: URL(fileURLWithPath: file))
            let ended = try await WeirProcess.run(["run", "--config", file])
            #expect(ended.status == 78)
            for word in ["databse", "flow.network", "control.listen", "account.address", "account.private_key"] {
                #expect(ended.errors.contains(word), "\(word) is not named in: \(ended.errors)")
            }
            #expect(ended.output.isEmpty)
        }
    }

    @Test func `an address of another network is refused before anything is asked`() async throws {
        for setting in ["account-address", "flow-contracts-address", "flow-storefront-address"] {
            let ended = try await WeirProcess.run(
                ["config", "--roles", "serve", "--flow-network", "mainnet", "--\(setting)", "179b6b1cb6755e31"])
            #expect(ended.status == 78)
            #expect(ended.errors.contains("0x179b6b1cb6755e31 is no address of mainnet"), "\(ended.errors)")
            let fits = try await WeirProcess.run(
                ["config", "--roles", "serve", "--flow-network", "mainnet", "--\(setting)", "1654653399040a61"])
            #expect(fits.status == 0, "\(fits.errors)")
        }
    }

    @Test func `a silence that every look at the head would break is refused, and so is one without a unit`()
        async throws
    {
        for (silence, rule) in [("1s", "out of range 2s…1h"), ("2h", "out of range"), ("60", "needs a unit")] {
            let ended = try await WeirProcess.run(["config", "--roles", "serve", "--control-maximum-silence", silence])
            #expect(ended.status == 78)
            #expect(ended.errors.contains("control.maximum_silence"), "\(ended.errors)")
            #expect(ended.errors.contains(rule), "\(ended.errors)")
        }
        let told = try await WeirProcess.run(["config", "--roles", "serve", "--control-maximum-silence", "2m"])
        #expect(told.status == 0, "\(told.errors)")
        #expect(told.output.contains("maximum_silence"), "\(told.output)")
    }

    @Test func `a database that is not there is said plainly`() async throws {
        let ended = try await WeirProcess.run(
            ["run", "--database-url", "host=/nonexistent-socket dbname=weir", "--log-format", "text"] + account,
            environment: environment)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("/nonexistent-socket"), "\(ended.errors)")
    }

    @Test func `a database without tables is said plainly, and stays without`() async throws {
        let database = try await TestPostgres.makeConnectionString(migrated: false)
        let ended = try await WeirProcess.run(["run", "--database-url", database] + account, environment: environment)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("weir migrate"), "\(ended.errors)")
    }

    @Test func `a node that is not there is said plainly`() async throws {
        let database = try await TestPostgres.makeConnectionString()
        let ended = try await WeirProcess.run(
            [
                "run", "--database-url", database, "--flow-nodes", "grpc://127.0.0.1:1", "--control-listen",
                "127.0.0.1:0",
            ] + account, environment: environment)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("no access node answers"), "\(ended.errors)")
    }

    @Test func `a port in use is said plainly`() async throws {
        let taken = HTTPServer(host: "127.0.0.1", port: 0, logger: .silent) { _ in .noContent }
        try await taken.start()
        let world = try await World.start()
        let ended = try await WeirProcess.run(
            ["run"] + world.arguments + ["--control-listen", "127.0.0.1:\(taken.port)"], environment: world.environment)
        await taken.stop()
        await world.stop()
        #expect(ended.status == 1)
        #expect(ended.errors.contains("port \(taken.port) on 127.0.0.1 is in use"), "\(ended.errors)")
    }

    @Test func `a secret on the command line is refused, since every user of the machine would see it`() async throws {
        let secret = String(repeating: "1", count: 64)
        for arguments in [
            ["--account-private-key", secret], ["--control-token", secret],
            ["--database-url", "postgresql://weir:\(secret)@db/weir"],
        ] {
            let ended = try await WeirProcess.run(["run"] + account + arguments)
            #expect(ended.status == 78)
            #expect(ended.errors.contains("command line"), "\(ended.errors)")
            #expect(!(ended.errors + ended.output).contains(secret))
        }
    }

    @Test func `an unknown command is refused with a hint`() async throws {
        let ended = try await WeirProcess.run(["rnu"])
        #expect(ended.status == 2)
        #expect(ended.errors.contains("run"))
    }
}
