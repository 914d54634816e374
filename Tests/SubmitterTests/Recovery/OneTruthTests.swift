import Cadence
import Daemon
import Devnet
import FlowClient
import Foundation
import Indexer
import Postgres
import Testing

@testable import Submitter

/// Where what is recorded and what the chain is do not agree, nothing is signed until it is known which of the two is right.
@Suite(.timeLimit(.minutes(3))) struct OneTruthTests {
    @Test func `ingest that has stopped holds all signing, in every process, until it is cleared`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            #expect(try await submitter.mayWork())
            _ = try await bench.pool.execute(
                "update ingest_cursors set stopped_by = 'fork', error = 'fork: two blocks'")
            let id = try await bench.enqueue("drop", bench.drops(2))
            #expect(try await submitter.dispatch().isEmpty)
            let restarted = try await bench.submitter()
            #expect(try await restarted.dispatch().isEmpty)
            let indexer = bench.indexer
            await #expect(throws: IndexerError.self) { try await indexer.ingestOnce() }
            #expect(bench.log.all.contains { $0.message.hasPrefix("nothing is signed") })

            #expect(try await IngestStop.clear(on: bench.pool)?.code == .fork)
            #expect(try await bench.finish(id, restarted).items.done == 2)
        }
    }

    @Test func `a head that stays below what is indexed holds signing without anyone's word`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            #expect(try await submitter.mayWork())
            _ = try await bench.pool.execute(
                "update ingest_cursors set sealed_height = height - 3, sealed_below_since_at = now() - interval '6 seconds'"
            )
            _ = try await bench.enqueue("drop", bench.drops(2))
            #expect(try await submitter.dispatch().isEmpty)
            #expect(try await SyncStatus.read(from: bench.pool).isAhead)
            _ = try await bench.pool.execute("update ingest_cursors set sealed_below_since_at = null")
            #expect(try await submitter.dispatch().count == 1)
        }
    }

    @Test func `after a roll-back what is gone is done again once, and what the new chain has is not`() async throws {
        try await Bench.with(adjust: { $0.expiry = 20 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let before = try await bench.enqueue("drop", bench.drops(2, named: "before"))
            try await bench.finish(before, submitter)
            let common = bench.node.finalizedHeight

            let kept = try await bench.enqueue("drop", bench.drops(3, named: "kept"))
            let made = try await submitter.dispatch()
            for attempt in made { try await submitter.send(attempt) }
            try await bench.settle(submitter)
            try await bench.finish(kept, submitter)
            let gone = try await bench.enqueue("airdrop_pass", bench.airdrops(4, named: "gone"))
            try await bench.finish(gone, submitter)

            try bench.node.rollBack(to: common)
            // Of what was rolled back somebody sends one again: the new chain has it.
            for attempt in made { _ = try await bench.node.send(attempt.transaction) }
            for _ in 0..<6 { bench.node.makeBlock(at: Timestamp(seconds: Timestamp.now().seconds + 60)) }
            let indexer = bench.indexer
            await #expect(throws: IndexerError.self) { try await indexer.ingestOnce() }
            _ = try await bench.pool.execute("update ingest_cursors set stopped_by = 'fork'")
            let during = try await bench.enqueue("drop", bench.drops(1, named: "during"))
            #expect(try await submitter.dispatch().isEmpty)

            let parting = try await ChainParting.find(on: bench.pool, api: bench.node)
            guard case .at(common, let above) = parting else { Issue.record("\(parting)"); return }
            #expect(above >= 2)
            let reopened = try await bench.operations.rollBack(to: common)
            #expect(reopened.items == 7)
            try await Rewind(to: common).run(on: bench.pool)
            _ = try await IngestStop.clear(on: bench.pool)

            // Held until what was on its way there has expired.
            #expect(try await bench.round(submitter) == 0)
            #expect(try await bench.operations.submitterStatus().holds.map(\.scope) == [.database])
            for id in [kept, gone, during] {
                #expect(try await bench.finish(id, submitter, rounds: 80).outcome == .done, "\(id)")
            }
            #expect(try await bench.events("Dropped", before) == 2)
            #expect(try await bench.events("Dropped", kept) == 3)
            #expect(try await bench.events("Held", gone) == 4)
            #expect(try await bench.events("Rejected", kept) == 0)
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
            #expect(try await bench.expectTidy() == [])
        }
    }

    @Test func `a database that was restored signs nothing until what it lost can't be executed any more`() async throws
    {
        try await Bench.with(adjust: { $0.expiry = 12 }) { bench in
            try await bench.prepareChain()
            let submitter = try await bench.submitter()
            let id = try await bench.enqueue("drop", bench.drops(2))
            try await bench.finish(id, submitter)
            // A backup of before the operation was carried out, on another server.
            _ = try await bench.pool.execute("update server_identity set timeline = '00000009'")
            let next = try await bench.enqueue("drop", bench.drops(2, named: "next"))
            let from = bench.node.finalizedHeight
            #expect(try await bench.finish(next, submitter).items.done == 2)
            #expect(bench.node.finalizedHeight.rawValue >= from.rawValue + 12)
            #expect(try await bench.operations.submitterStatus().holds.isEmpty)
        }
    }
}
