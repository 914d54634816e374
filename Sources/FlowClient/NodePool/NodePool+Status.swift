import Synchronization

extension NodePool {
    /// One node as the pool sees it, for the status page.
    public struct NodeStatus: Hashable, Sendable {
        public var name: String
        public var isUp: Bool
        /// Of answers, moving average; nil before the first.
        public var latency: Duration?
        /// 0 to 1, moving average.
        public var errorRate: Double
        /// Highest sealed height it has shown.
        public var head: BlockHeight
        public var heights: HeightRange
        /// Of each budget, the part that the node lately let us have: below 1 after "resource exhausted".
        public var budgetShare: [RequestKind: Double]
        /// The same of methods that have a budget of their own.
        public var methodShare: [String: Double]
        /// Methods that it does not offer; `… in CCF` where it offers them in JSON-CDC alone.
        public var lacks: Set<String>
    }

    public var status: [NodeStatus] {
        state.withLock { state in
            state.nodes.map { node in
                NodeStatus(
                    name: node.name, isUp: node.health.state == .up, latency: node.health.latency,
                    errorRate: node.health.errorRate, head: node.head, heights: node.heights,
                    budgetShare: node.buckets.kinds.mapValues(\.share),
                    methodShare: node.buckets.methods.mapValues(\.share), lacks: Set(node.lacks.keys))
            }
        }
    }

    /// Highest sealed height that any node has shown.
    public var head: BlockHeight { state.withLock { $0.head } }
}
