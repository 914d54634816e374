import Foundation
import Glibc
import TestSupport
import Testing

/// The devnet's commands, as they are typed.
@Suite(.timeLimit(.minutes(2)))
struct DevnetCommandTests {
    @Test func `a recording agrees and the exit says so; one whose answer was changed does not`() async throws {
        let recording = projectRoot + "/fixtures/recordings/expiry"
        let whole = try await WeirProcess.run(["devnet", "check", recording])
        #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
        #expect(whole.output.contains("312 of 312 answers agree (grpc 312 of 312)"))
        #expect(whole.output.contains("view: the emulator raises it"))
        try await withTemporaryDirectory { folder in
            // Unpacked, with one text changed.
            let plain = String(decoding: try Fixtures.gunzip("recordings/expiry.jsonl.gz"), as: UTF8.self)
            try plain.replacing("transaction is expired: ref_height=47", with: "transaction is old: ref_height=47")
                .write(toFile: folder + "/other.jsonl.gz", atomically: true, encoding: .utf8)
            try FileManager.default.copyItem(
                atPath: recording + ".accounts.json", toPath: folder + "/other.accounts.json")
            let other = try await WeirProcess.run(["devnet", "check", folder + "/other"])
            #expect(other.status == 1)
            #expect(other.output.contains("311 of 312 answers agree"))
            #expect(other.output.contains("recorded: transaction is old"))
            let missing = try await WeirProcess.run(["devnet", "check", folder + "/nothing"])
            #expect(missing.status != 0 && missing.errors.contains("nothing.accounts.json can't be read"))
        }
    }

    @Test func `a scenario of one's own is played, and one that is wrong is refused before anything starts`()
        async throws
    {
        try await withTemporaryDirectory { folder in
            try """
            name: mine
            summary: a stop and a start
            steps:
              - {at: 10s, say: it stands, faults: {seals_up_to: head}}
              - {at: 20s, say: it goes on, faults: {seals_up_to: null}}
            """.write(toFile: folder + "/mine.yaml", atomically: true, encoding: .utf8)
            let devnet = try WeirProcess(
                ["devnet", "--scenario", "mine.yaml", "--block-time", "1s", "--speed", "100"], directory: folder)
            #expect(await devnet.line(containing: "scenario mine: a stop and a start") != nil)
            #expect(await devnet.line(containing: "it stands")?.hasPrefix("10s (height ") == true)
            #expect(await devnet.line(containing: "it goes on")?.hasPrefix("20s (height ") == true)
            devnet.send(signal: SIGTERM)
            #expect(await devnet.end().status == 0)
            try "name: mine\nsteps: [{at: 1s, faults: {head_lag: far}}]".write(
                toFile: folder + "/mine.yaml", atomically: true, encoding: .utf8)
            let wrong = try await WeirProcess.run(["devnet", "--scenario", "mine.yaml"], directory: folder)
            #expect(wrong.status != 0 && wrong.errors.contains("step 1: head_lag must be a number of blocks"))
            #expect(!wrong.output.contains("grpc://"))
        }
    }

    @Test(arguments: [
        (["--fees", "much"], "--fees"), (["--weights", "flip1"], "--weights"),
        (["--surge-factor", "0.5"], "--surge-factor"),
        (["--speed", "0"], "--speed"), (["--history", "tokens=none"], "tokens=none"), (["--as", "mainnet"], "--as"),
        (["--history", "tokens=5", "--journal", "/tmp/x"], "--history"), (["--siblings", "17"], "--siblings"),
    ])
    func `what an option can't be is said by its name`(_ options: [String], _ word: String) async throws {
        let ended = try await WeirProcess.run(["devnet"] + options)
        #expect(ended.status != 0 && ended.errors.contains(word), "\(ended.errors)")
    }

    @Test func `the shipped scenarios are listed and printed, and a history is there when it listens`() async throws {
        let list = try await WeirProcess.run(["devnet", "scenarios"])
        #expect(list.status == 0 && list.output.contains("2025-12-27"))
        let one = try await WeirProcess.run(["devnet", "scenarios", "2026-02-23"])
        #expect(one.output.hasPrefix("name: 2026-02-23\n"))
        #expect(try await WeirProcess.run(["devnet", "scenarios", "never"]).status != 0)
        let devnet = try WeirProcess(["devnet", "--history", "tokens=1000,transfers=500", "--block-time", "1h"])
        let address = try #require(await devnet.line(containing: "grpc://"))
        let port = try #require(address.firstMatch(of: /127\.0\.0\.1:([0-9]+)/)).1
        let head = try await WeirProcess.run(["flow", "head", "--node", "127.0.0.1:\(port)"])
        #expect(head.output.contains("sealed     15 "), "\(head.output)")
        devnet.send(signal: SIGTERM)
        _ = await devnet.end()
    }

    @Test func `a recording is served with its own ids`() async throws {
        let server = try WeirProcess(["devnet", "serve", projectRoot + "/fixtures/recordings/fees.jsonl.gz"])
        let address = try #require(await server.line(containing: "grpc://"))
        let port = try #require(address.firstMatch(of: /127\.0\.0\.1:([0-9]+)/)).1
        let head = try await WeirProcess.run(["flow", "head", "--node", "127.0.0.1:\(port)"])
        #expect(head.status == 0 && head.output.contains("sealed     26 "), "\(head.output)\(head.errors)")
        let events = try await WeirProcess.run([
            "flow", "events", "A.e5a8b7f23e8b548f.FlowFees.FeesDeducted", "--from", "1", "--to", "26", "--node",
            "127.0.0.1:\(port)",
        ])
        #expect(events.status == 0 && events.output.contains("0.00001000"), "\(events.output)\(events.errors)")
        server.send(signal: SIGTERM)
        _ = await server.end()
    }
}
