import Daemon
import FlowClient
import FoundationEssentials
import Postgres

/// Carries out what the state machine decides: fetches while it commits.
struct ChainFollower {
    private(set) var machine: IngestStateMachine
    private(set) var writer: BatchWriter
    let source: BlockSource
    let window: Int
    let board: ProgressBoard
    let metrics: IndexerMetrics
    let logger: Logger

    init(
        machine: IngestStateMachine, writer: BatchWriter, source: BlockSource, window: Int, board: ProgressBoard,
        metrics: IndexerMetrics, logger: Logger
    ) {
        self.machine = machine
        self.writer = writer
        self.source = source
        self.window = window
        self.board = board
        self.metrics = metrics
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
        var fetched = try await fetch(first)
        while true {
            let (blocks, contradiction) = accept(fetched)
            guard !blocks.isEmpty || contradiction != nil else { return try machine.receivedNothing() }
            let next = contradiction == nil ? machine.window(limit: window) : nil
            let fetcher = self
            async let following = fetcher.fetch(next)
            if !blocks.isEmpty { try await commit(blocks) }
            if let contradiction { throw contradiction }
            fetched = try await following
            if next == nil || gracefulShutdownRequested { break }
        }
        board.update { $0.phase = .following }
    }

    private func fetch(_ heights: ClosedRange<BlockHeight>?) async throws -> [IngestedBlock] {
        guard let heights else { return [] }
        let started = ContinuousClock.now
        let blocks = try await source.blocks(heights)
        metrics.fetch.observe((ContinuousClock.now - started).seconds)
        return blocks
    }

    private mutating func commit(_ blocks: [IngestedBlock]) async throws {
        let started = ContinuousClock.now
        try await writer.commit(blocks)
        let took = (ContinuousClock.now - started).seconds
        let events = blocks.reduce(0) { $0 + $1.events.count }
        metrics.commit.observe(took)
        metrics.blocks.increment(by: UInt64(blocks.count))
        metrics.events.increment(by: UInt64(events))
        let height = blocks[blocks.count - 1].link.height
        board.committed(height, blocksPerSecond: Double(blocks.count) / max(took, 1e-6))
        logger.debug(
            "committed",
            [
                "height": "\(height)", "blocks": "\(blocks.count)", "events": "\(events)",
                "seconds": "\((took * 10_000).rounded() / 10_000)",
            ])
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
