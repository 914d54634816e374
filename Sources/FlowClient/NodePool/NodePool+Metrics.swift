public import Daemon

extension NodePool {
    /// Each node's health, as the pool sees it when the numbers are read.
    public func addMetrics(to metrics: Metrics) {
        for node in names.indices {
            let labels = ["node": names[node]]
            func gauge(
                _ name: String, _ help: String, _ more: [String: String] = [:],
                _ read: @escaping @Sendable (NodeStatus) -> Double
            ) {
                metrics.gauge("weir_node_\(name)", help: help, labels: labels.merging(more) { $1 }) { [self] in
                    read(status[node])
                }
            }
            gauge("up", "1 while the node is asked, 0 while it is left alone.") { $0.isUp ? 1 : 0 }
            gauge("latency_seconds", "Of answers, moving average.") { $0.latency?.inSeconds ?? 0 }
            gauge("error_rate", "Of calls, moving average, 0 to 1.") { $0.errorRate }
            gauge("head_height", "Highest sealed height that the node has shown.") { Double($0.head.rawValue) }
            func share(_ kind: String, _ read: @escaping @Sendable (NodeStatus) -> Double?) {
                gauge("budget_share", "Of the request budget, what the node lately let us have.", ["kind": kind]) {
                    read($0) ?? 1
                }
            }
            for kind in RequestKind.allCases { share(kind.rawValue) { $0.budgetShare[kind] } }
            for method in status[node].methodShare.keys.sorted() { share(method) { $0.methodShare[method] } }
        }
    }
}
