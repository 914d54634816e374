import Daemon
import FlowClient

/// The nodes of a configuration, with the heights that each serves and how much may be asked of it.
extension Wiring {
    /// Those that serve the head, and those of earlier sporks.
    static func allNodes(_ configuration: Configuration, logger: Logger) throws -> [NodePool.Node] {
        let history = try historyNodes(configuration, logger: logger)
        guard let end = history.compactMap(\.heights.last).max() else {
            return try nodes(configuration, logger: logger)
        }
        let live = try nodes(configuration, logger: logger).map { node in
            var node = node
            node.heights = HeightRange(first: BlockHeight(end.rawValue + 1))
            return node
        }
        let urls =
            configuration[Settings.historyNodes].map { $0[Settings.HistoryNode.url] } + configuration[Settings.nodes]
        guard Set(urls).count == urls.count else {
            throw ConfigurationError([
                ConfigurationMistake(key: Settings.historyNodes.name, "names a node twice, or one of flow.nodes")
            ])
        }
        return history + live
    }

    /// Throws where their heights leave a gap or overlap: then some height would be nobody's, or two histories'.
    private static func historyNodes(_ configuration: Configuration, logger: Logger) throws -> [NodePool.Node] {
        func mistake(_ message: String) -> ConfigurationError {
            ConfigurationError([ConfigurationMistake(key: Settings.historyNodes.name, message)])
        }
        let nodes = try configuration[Settings.historyNodes].map { record in
            let (first, last) = (record[Settings.HistoryNode.first], record[Settings.HistoryNode.last])
            let url = record[Settings.HistoryNode.url]
            let name = nodeName(url)
            guard first <= last else { throw mistake("\(name): first \(first) comes after last \(last)") }
            return NodePool.Node(
                name: "\(name) \(first)…\(last)", api: try client(for: url, configuration, logger: logger),
                heights: HeightRange(first: BlockHeight(UInt64(first)), last: BlockHeight(UInt64(last))),
                budgets: budgets(for: url, configuration))
        }
        let ranges = Set(nodes.map(\.heights)).sorted { ($0.first, $0.last!) < ($1.first, $1.last!) }
        for (older, newer) in zip(ranges, ranges.dropFirst()) where older.last!.rawValue + 1 != newer.first.rawValue {
            throw mistake(
                "heights must follow one another: \(older.first)…\(older.last!) is followed by \(newer.first)…\(newer.last!)"
            )
        }
        return nodes
    }
}

extension Settings {
    static let historyNodes = Setting(
        "flow.history_nodes", .records([HistoryNode.url, HistoryNode.first, HistoryNode.last], count: 0...200),
        default: [],
        "nodes of earlier sporks with the heights that they serve, such as [{url: grpc://…, first: 0, last: 99}]; flow.nodes serve what follows"
    )

    enum HistoryNode {
        static let url = Setting("url", .url(schemes: ["grpc", "grpcs", "http", "https"]), "the node")
        static let first = Setting("first", .integer(0...Int.max), "the first height that it serves")
        static let last = Setting("last", .integer(0...Int.max - 1), "the last one")
    }
}
