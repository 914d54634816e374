import Daemon
import FlowClient
import Foundation
import Glibc
import Postgres
import Schema
import TestSupport
import Testing

@testable import Indexer

/// Reads on a real hot standby, made by pg_basebackup of a server of this test's own.
@Suite(.timeLimit(.minutes(2))) struct StandbyReadsTests {
    private struct Failure: Error, CustomStringConvertible { var description: String }

    /// As the account that Postgres runs as: it refuses root.
    private func shell(_ script: String) throws {
        let path = "PATH=\"$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)\""
        let command = getuid() == 0 ? "runuser -u postgres -- /bin/sh -c '\(path); \(script)'" : "\(path); \(script)"
        // Not by Foundation's Process: it waits until nobody has its socket any more, and the server that is started has it.
        let status = system("{ \(command); } >/dev/null 2>&1")
        guard status == 0 else { throw Failure(description: "exit status \(status): \(script)") }
    }

    @Test func `a standby that is near answers, one that lags or is gone is passed over`() async throws {
        let folder = "/tmp/weir-standby-\(UUID().uuidString.lowercased().prefix(8))"
        var options = PrivateServer.Options()
        options.isTemporary = true
        let server = try await PrivateServer.start(in: folder + "-primary", options: options)
        let primary = PostgresPool(
            PostgresConfiguration(connectionString: server.connectionString(), schema: "weir"))
        try await Schema.migrator.migrate(on: primary)
        let socket = server.connectionString().split(separator: " ")[0].dropFirst("host=".count)
        try shell(
            "mkdir -m 700 \(folder) && pg_basebackup -c fast -h \(socket) -p 5432 -U weir -D \(folder)/data -R -X stream && "
                + "pg_ctl -D \(folder)/data -l \(folder)/log -w -o \"-k \(folder) -p 5433 -c max_connections=200 -c listen_addresses=\" start"
        )
        func end() async {
            try? shell("pg_ctl -D \(folder)/data -m immediate stop; rm -rf \(folder)")
            primary.close()
            await server.stop()
        }
        do {
            try await check(primary, "host=\(folder) port=5433 user=weir dbname=weir") {
                try shell("pg_ctl -D \(folder)/data -m immediate stop")
            }
        } catch {
            await end()
            throw error
        }
        await end()
    }

    private func check(_ primary: PostgresPool, _ url: String, stop: () throws -> Void) async throws {
        let standby = PostgresPool(PostgresConfiguration(connectionString: url, schema: "weir"))
        let standbys = StandbyReads(primary: primary, standbys: [standby], tolerated: 5, logger: .silent)
        let reader = OwnershipReader(pool: primary, standbys: standbys)
        var chain = RandomChain(seed: 41, blocks: 40)
        try await ChainIndexer(chain.node, primary).ingestOnce()
        // Nobody has looked at it yet: it is not asked.
        #expect(try await reader.holdings(of: .wallet(Nova.wallet(1))).standbyLag == nil)
        func near() async throws {
            repeat { await standbys.look() } while standbys.next()?.lag != 0
        }
        try await near()
        let told = try await reader.everything(at: .latest)
        #expect(told.standbyLag == 0 && told.height == 40)
        #expect(Dictionary(uniqueKeysWithValues: told.value.map { ($0.token, $0.owner) }) == chain.owners[40])

        try await standby.query("select pg_wal_replay_pause()")
        while try await standby.query("select pg_get_wal_replay_pause_state()").one(String.self) != "paused" {}
        chain.grow(by: 3)
        try await ChainIndexer(chain.node, primary).ingestOnce()
        await standbys.look()
        let behind = try await reader.everything(at: .latest)
        #expect(behind.standbyLag == 3 && behind.height == 40)
        // What it has not reached is the primary's to answer.
        let ahead = try await reader.everything(at: .at(43))
        #expect(ahead.standbyLag == nil && ahead.height == 43)
        chain.grow(by: 10)
        try await ChainIndexer(chain.node, primary).ingestOnce()
        await standbys.look()
        let passed = try await reader.everything(at: .latest)
        #expect(passed.standbyLag == nil && passed.height == 53)

        try await standby.query("select pg_wal_replay_resume()")
        try await near()
        #expect(try await reader.everything(at: .latest).standbyLag == 0)
        try stop()
        let alone = try await reader.everything(at: .latest)
        #expect(alone.standbyLag == nil && alone.height == 53)
        #expect(standbys.next() == nil)
        standby.close()
    }
}
