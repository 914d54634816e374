import CGRPC
import Daemon
import Synchronization

/// The state of a channel's connection.
public enum GRPCConnectivity: Int32, Sendable {
    case idle = 0
    case connecting = 1
    case ready = 2
    case transientFailure = 3
    case shutdown = 4

    init(_ state: grpc_connectivity_state) { self = GRPCConnectivity(rawValue: Int32(state.rawValue)) ?? .shutdown }
}

extension GRPCChannel {
    /// Hears of the next change, once; each change arms the next watch. A watch ends with its channel, whose shutdown is
    /// itself a change.
    func watchConnectivity(since state: GRPCConnectivity) {
        let tag = ConnectivityTag(self, since: state)
        grpc_channel_watch_connectivity_state(
            handle.pointer, grpc_connectivity_state(UInt32(state.rawValue)), gpr_inf_future(GPR_CLOCK_MONOTONIC),
            handle.queue.pointer, tag.retained())
    }

    /// Runs on the queue's thread: rare enough, and one line of log at most. Attempts to connect again are not news.
    func connectivityChanged(from old: GRPCConnectivity) {
        let new = handle.connectivity
        watchConnectivity(since: new)
        let lastNews = news.withLock { news in
            defer { if new == .ready || new == .transientFailure { news = new } }
            return news
        }
        guard new != lastNews else { return }
        if new == .ready { logger.info("connected") }
        if new == .transientFailure {
            logger.warning(
                lastNews == .ready ? "connection lost, and not there again at once" : "cannot connect; trying on")
        }
    }
}

/// Knows its channel weakly: a watch must not keep alive what it watches.
private final class ConnectivityTag: Tag, @unchecked Sendable {
    private weak let channel: GRPCChannel?
    private let queue: CompletionQueue
    private let since: GRPCConnectivity

    init(_ channel: GRPCChannel, since: GRPCConnectivity) {
        self.channel = channel
        queue = channel.handle.queue
        self.since = since
    }

    override func complete(_ succeeded: Bool) {
        super.complete(succeeded)
        channel?.connectivityChanged(from: since)
    }
}
