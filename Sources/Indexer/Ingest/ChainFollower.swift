import Daemon
import FlowClient
import Foundation
import Postgres

/// Carries out what the state machine decides: fetches while it commits.
struct ChainFollower {
    private(set) var machine: IngestStateMachine
    private(set) var writer: BatchWriter
    let source: BlockSource
    let window: Int
    let board: ProgressBoard
    let logger: Logger

    init(
        machine: IngestStateMachine, writer: BatchWriter, source: BlockSource, window: Int, board: ProgressBoard,
        logger: Logger
    ) {
        self.machine = machine
        self.writer = writer
        self.source = source
        self.window = window
        self.board = board
        self.logger = logger
    }

    /// A sealed head. Where it is not above what we have, the node's block at our height must be ours.
    mutating func observed(_ tip: BlockMark) async throws {
        guard case .compare(let mark) = try machine.observedTip(tip) else { return }
        let rows = try await writer.pool.query("select id from blocks where height = $1", [.height(mark.height)])
        guard let row = rows.first else { return }
        let ours = try row.blockID("id")
        guard ours == mark.id else {
            throw IndexerError(
                .otherChain, "the node's head is \(mark.id), and ours at this height is \(ours)", height: mark.height)
        }
    }

    /// Commits everything up to the tip, or as far as the node gives.
    mutating func catchUp() async throws {
        guard let first = machine.window(limit: window) else { return }
        board.update { $0.phase = first.count > 1 ? .catchingUp : .following }
        var fetched = try await source.blocks(first)
        while true {
            let started = ContinuousClock.now
            let (blocks, contradiction) = accept(fetched)
            guard !blocks.isEmpty || contradiction != nil else { return try machine.receivedNothing() }
            let next = contradiction == nil ? machine.window(limit: window) : nil
            let source = source
            async let following = source.blocks(next)
            if let last = blocks.last {
                try await writer.commit(blocks)
                let took = (ContinuousClock.now - started).seconds
                board.committed(last.link.height, blocksPerSecond: Double(blocks.count) / max(took, 1e-6))
                logger.debug("committed", ["height": "\(last.link.height)", "blocks": "\(blocks.count)"])
            }
            if let contradiction { throw contradiction }
            fetched = try await following
            if next == nil || gracefulShutdownRequested { break }
        }
        board.update { $0.phase = .following }
    }

    /// What stands before a contradiction is good, and is committed before it is thrown.
    private mutating func accept(_ fetched: [IngestedBlock]) -> ([IngestedBlock], IndexerError?) {
        var blocks: [IngestedBlock] = []
        do throws(IndexerError) {
            for block in fetched {
                switch try machine.received(block.link) {
                case .commit: blocks.append(block)
                case .ignore: continue
                case .fetch: return (blocks, nil)
                }
            }
        } catch {
            return (blocks, error)
        }
        return (blocks, nil)
    }
}
