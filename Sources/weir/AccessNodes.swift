import Daemon
import FlowClient

/// The nodes of a configuration, with the heights that each serves and how much may be asked of it.
extension Wiring {
    /// Those that serve the head, and those of earlier sporks.
    static func allNodes(_ configuration: Configuration, logger: Logger) throws -> [NodePool.Node] {
        if let table = publishedHistory(configuration) {
            let history = try publishedNodes(table, configuration, logger: logger)
            return try history
                + nodes(configuration, from: table.sporks[table.sporks.count - 1].rootHeight, logger: logger)
        }
        let history = try historyNodes(configuration, logger: logger)
        let end = history.compactMap(\.heights.last).max()
        let live = try nodes(configuration, from: end.map { BlockHeight($0.rawValue + 1) } ?? 0, logger: logger)
        let urls =
            configuration[Settings.historyNodes].map { $0[Settings.HistoryNode.url] } + configuration[Settings.nodes]
        guard Set(urls).count == urls.count else {
            throw ConfigurationError([
                ConfigurationMistake(key: Settings.historyNodes.name, "names a node twice, or one of flow.nodes")
            ])
        }
        return history + live
    }

    /// The network's published sporks, where the configuration asks for them.
    static func publishedHistory(_ configuration: Configuration) -> SporkTable? {
        guard configuration[Settings.publishedHistory] else { return nil }
        return SporkTable.published(for: chain(of: configuration[Settings.network]))
    }

    /// Those of earlier sporks, down to where the index begins.
    private static func publishedNodes(
        _ table: SporkTable, _ configuration: Configuration, logger: Logger
    ) throws -> [NodePool.Node] {
        let start = BlockHeight(UInt64(configuration[Settings.startHeight] ?? 0))
        return try table.nodes(from: start) { try client(for: "grpc://\($0)", configuration, logger: logger) }
            .filter { !$0.heights.isLive }
            .map { node in
                var node = node
                let url = "grpc://\(node.name)"
                node.budgets = budgets(for: url, configuration)
                node.name = "\(url) \(node.heights.first)…\(node.heights.last ?? 0)"
                return node
            }
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

    static let publishedHistory = Setting(
        "flow.published_history", .flag, default: false,
        "whether what lies below mainnet's or testnet's live spork is asked of Flow's own historic nodes, from ingest.start_height on, in place of flow.history_nodes"
    )

    @Sendable static func historyIsOne(_ configuration: Configuration) -> [ConfigurationMistake] {
        guard configuration[publishedHistory] else { return [] }
        var mistakes: [String] = []
        if Wiring.publishedHistory(configuration) == nil {
            mistakes.append("there are no published sporks of \(configuration[network]) (flow.network)")
        }
        if !configuration[historyNodes].isEmpty {
            mistakes.append("can't be true beside \(historyNodes.name): one history")
        }
        return mistakes.map {
            ConfigurationMistake(
                key: publishedHistory.name, $0, origin: configuration.origin(of: publishedHistory))
        }
    }

    enum HistoryNode {
        static let url = Setting("url", .url(schemes: Settings.nodeSchemes), "the node")
        static let first = Setting("first", .integer(0...Int.max), "the first height that it serves")
        static let last = Setting("last", .integer(0...Int.max - 1), "the last one")
    }
}
