import Cadence
import FlowClient
import Foundation
import Postgres
import Recordings
import Schema
import TestSupport
import Testing

@testable import Indexer

@Suite(.timeLimit(.minutes(3))) struct ReplayTests {
    struct Truth: Decodable {
        struct Held: Decodable {
            var passes: [UInt64]?
            var collectibles: [UInt64]?
        }
        var height: UInt64
        var accounts: [String: Held]
        var lockers: [String: Held]
        var listings: [String: UInt64]
    }

    private func file(_ name: String) throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appendingPathComponent("fixtures/recordings/\(name)")))
    }

    private func replay(
        _ recording: [UInt8], at heights: [BlockHeight], on pool: PostgresPool
    ) async throws -> [ReplayAnswer] {
        try await Replay(database: pool.configuration, migrations: Schema.migrations).run(
            recording, contracts: TrackedContracts(accountsFile: file("story.accounts.json")), at: heights)
    }

    @Test(arguments: ["story", "history"])
    func `what the index says of a recording is what the chain's own scripts said`(_ name: String) async throws {
        let truth = try JSONDecoder().decode([Truth].self, from: Data(file("\(name).truth.json")))
        let contracts = try TrackedContracts(accountsFile: file("\(name).accounts.json"))
        try await TestPostgres.withDatabase(migrated: false) { pool in
            let answers = try await Replay(database: pool.configuration, migrations: Schema.migrations).run(
                file("\(name).jsonl.gz"), contracts: contracts, at: truth.map { BlockHeight($0.height) })
            #expect(answers.map(\.height) == truth.map(\.height))
            var compared = 0
            for (answer, truth) in zip(answers, truth) {
                for (said, held) in [(answer.accounts, truth.accounts), (answer.lockers, truth.lockers)] {
                    #expect(Set(said.keys).subtracting(held.keys).isEmpty)
                    for (who, held) in held {
                        #expect(said[who]?.passes.sorted() ?? [] == held.passes ?? [], "\(who) at \(truth.height)")
                        #expect(
                            said[who]?.collectibles.sorted() ?? [] == held.collectibles ?? [],
                            "\(who) at \(truth.height)")
                        compared += 2
                    }
                }
                #expect(answer.listings == truth.listings, "listings at \(truth.height)")
            }
            #expect(compared > 300)
        }
    }

    @Test func `the same in memory, without a database`() throws {
        let truth = try JSONDecoder().decode([Truth].self, from: Data(file("history.truth.json")))
        let contracts = try TrackedContracts(accountsFile: file("history.accounts.json"))
        let node = try RecordedNode(recording: file("history.jsonl.gz"))
        let reader = EventReader(contracts)
        var state = OwnershipState()
        for block in node.blocks {
            guard case .success(let results) = block.results else { continue }
            state.apply(
                try results.flatMap { try $0.events.compactMap { try reader.read($0, at: block.block.height) } })
        }
        for truth in truth {
            let height = BlockHeight(truth.height)
            for (who, held) in truth.accounts {
                let address = try #require(Address(who))
                let owner: Owner = address == contracts.pass ? .treasury(address) : .wallet(address)
                let tokens = state.holdings(of: owner, at: height)
                #expect(tokens.filter { $0.type == contracts.passType }.map(\.id) == held.passes ?? [])
                #expect(tokens.filter { $0.type == contracts.collectibleType }.map(\.id) == held.collectibles ?? [])
            }
            for (holder, held) in truth.lockers {
                let tokens = state.holdings(of: .locker(holder: holder), at: height)
                #expect(tokens.map(\.id).sorted() == ((held.passes ?? []) + (held.collectibles ?? [])).sorted())
            }
            let open = Dictionary(uniqueKeysWithValues: state.openListings(at: height).map { (String($0), $1) })
            #expect(open == truth.listings)
        }
    }

    // MARK: Damage

    private func lines() throws -> [[UInt8]] {
        Gunzip(try file("story.jsonl.gz")).bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    private func joined(_ lines: some Sequence<[UInt8]>) -> [UInt8] {
        lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    /// What is said of a file, and that no schema is left of it.
    private func complaint(about file: [UInt8]) async throws -> String {
        try await TestPostgres.withDatabase(migrated: false) { pool in
            let error = await #expect(throws: IndexerError.self) { try await replay(file, at: [10], on: pool) }
            let left = try await pool.query("select count(*) from pg_namespace where nspname like 'replay%'").one(
                Int.self)
            #expect(left == 0)
            #expect(error?.code == .recording)
            return error?.message ?? ""
        }
    }

    @Test(arguments: [0.2, 0.5, 0.9, 0.999]) func `a file that is cut off is refused with its last line`(_ part: Double)
        async throws
    {
        let whole = try file("story.jsonl.gz")
        let said = try await complaint(about: Array(whole[..<Int(Double(whole.count) * part)]))
        #expect(said.hasPrefix("line "))
        #expect(said.contains("cut off"))
    }

    @Test func `a byte that fell over is found`() async throws {
        var file = try file("story.jsonl.gz")
        file[file.count / 2] ^= 0x10
        #expect(try await complaint(about: file).hasPrefix("line "))
    }

    @Test func `a file that is empty, or no recording, is refused`() async throws {
        #expect(try await complaint(about: []).contains("line 1"))
        #expect(try await complaint(about: Array("hello\n".utf8)).contains("line 1"))
        #expect(try await complaint(about: [0x1f, 0x8b]).contains("line 1"))
        #expect(try await complaint(about: joined(lines().prefix(100))).contains("nothing can be replayed"))
    }

    @Test func `a recording that was cut between two lines is refused`() async throws {
        let lines = try lines()
        // In the blocks, after a block without its results, and in the events that follow.
        for count in [800, 801, 802, 803, 1_000, 1_190, 1_191, 1_200] {
            let said = try await complaint(about: joined(lines.prefix(count)))
            #expect(said.contains("cut off") || said.contains("missing"), "\(count): \(said)")
        }
    }

    @Test func `a line that is gone or changed is named`() async throws {
        var lines = try lines()
        lines.remove(at: 700)
        #expect(try await complaint(about: joined(lines)).hasPrefix("line 701: "))

        lines = try self.lines()
        lines[700] = Array(lines[700].dropLast(20))
        #expect(try await complaint(about: joined(lines)).hasPrefix("line 701: "))
    }

    @Test func `a height before the recording is refused, one behind it is answered as of the last block`() async throws
    {
        try await TestPostgres.withDatabase(migrated: false) { pool in
            let answers = try await replay(try file("story.jsonl.gz"), at: [150, 100_000], on: pool)
            #expect(answers.map(\.height) == [150, 100_000])
            #expect(answers.map(\.indexed) == [150, 150])
            #expect(answers[0].accounts == answers[1].accounts)
        }
    }
}
