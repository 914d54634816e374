import Daemon
import FlowClient

/// The steps of ingest, in numbers. What others can see of it without this process is in `SyncStatus`.
struct IndexerMetrics: Sendable {
    let fetch: Histogram
    let commit: Histogram
    let blocks: Counter
    let events: Counter
    let interruptions: Counter
    let backfilled: Counter

    init(_ metrics: Metrics, board: ProgressBoard) {
        fetch = metrics.histogram(
            "weir_indexer_fetch_seconds", help: "Time to fetch one window of blocks and their results from the node.")
        commit = metrics.histogram(
            "weir_indexer_commit_seconds", help: "Time to commit one batch of blocks with all that follows from them.")
        blocks = metrics.counter("weir_indexer_blocks_total", help: "Blocks committed by this process.")
        events = metrics.counter(
            "weir_indexer_events_total", help: "Events of tracked contracts committed by this process.")
        interruptions = metrics.counter(
            "weir_indexer_interruptions_total", help: "Times that ingest was interrupted and began again at the cursor."
        )
        backfilled = metrics.counter(
            "weir_indexer_backfilled_blocks_total", help: "Blocks below the index's beginning that were filled in.")
        metrics.gauge("weir_indexer_height", help: "The last height committed, as this process knows it.") {
            Double(board.current.height?.rawValue ?? 0)
        }
        metrics.gauge("weir_indexer_sealed_height", help: "The sealed head, observed apart from ingest.") {
            Double(board.current.tip?.rawValue ?? 0)
        }
        metrics.gauge("weir_indexer_lag_heights", help: "Sealed blocks that are not in the index.") {
            Double(board.current.lag ?? 0)
        }
    }
}
