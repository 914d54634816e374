import Daemon
import Encoding
import FlowClient
import HTTP

/// How much may be asked of each node, as the configuration says it.
extension Wiring {
    /// What is said of all nodes, then what is said of this one. Nodes on loopback are one's own: they are limited only by
    /// what names them.
    static func budgets(for url: String, _ configuration: Configuration) -> RequestBudgets {
        func budget(_ setting: Setting<Double>) -> RequestBudget { RequestBudget(perSecond: configuration[setting]) }
        var budgets =
            isLoopback(url)
            ? RequestBudgets.unlimited
            : RequestBudgets(
                send: budget(Settings.sendsPerSecond), script: budget(Settings.scriptsPerSecond),
                events: budget(Settings.eventQueriesPerSecond), other: budget(Settings.otherCallsPerSecond))
        for record in configuration[Settings.budgets]
        where record[Settings.NodeBudget.node] == nil && !isLoopback(url) { budgets.take(record) }
        for record in configuration[Settings.budgets] where record[Settings.NodeBudget.node] == url {
            budgets.take(record)
        }
        return budgets
    }

    /// Whether the configuration limits this node, wherever it is.
    static func isLimited(_ url: String, _ configuration: Configuration) -> Bool {
        !isLoopback(url) || configuration[Settings.budgets].contains { $0[Settings.NodeBudget.node] == url }
    }

    static func isLoopback(_ url: String) -> Bool {
        guard let authority = WebAddress(url, schemes: Settings.nodeSchemes)?.authority else { return false }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return host == "localhost" || host == "[::1]" || host.wholeMatch(of: /127(\.[0-9]{1,3}){3}/) != nil
    }
}

extension RequestBudgets {
    fileprivate mutating func take(_ record: ConfigurationRecord) {
        let budget = RequestBudget(
            perSecond: record[Settings.NodeBudget.perSecond], burst: record[Settings.NodeBudget.burst])
        switch record[Settings.NodeBudget.calls] {
        case .kind(let kind): self[kind] = budget
        case .method(let method): methods[method] = budget
        }
    }
}

/// What a budget of the configuration is of.
enum BudgetedCalls: Hashable, Sendable {
    case kind(RequestKind)
    case method(String)

    /// The kinds have the names that they have in `flow.…_per_second`.
    static let kinds: [(name: String, kind: RequestKind)] = [
        ("sends", .send), ("scripts", .script), ("event_queries", .events), ("other_calls", .other),
    ]

    var name: String {
        switch self {
        case .kind(let kind): Self.kinds.first { $0.kind == kind }?.name ?? kind.rawValue
        case .method(let method): method
        }
    }
}

extension SettingKind where Value == BudgetedCalls {
    static var budgetedCalls: Self {
        let names = BudgetedCalls.kinds.map(\.name) + RequestBudgets.methodNames
        return custom(
            "sends, scripts, event_queries, other_calls or a method such as GetAccount",
            parse: { text in
                if let kind = BudgetedCalls.kinds.first(where: { $0.name == text }) { return .kind(kind.kind) }
                if RequestBudgets.methodNames.contains(text) { return .method(text) }
                // GetAccountAtLatestBlock and GetLatestBlock are no budgets of their own.
                let short = text.replacing(/^GetLatest/, with: "Get")
                let whole = RequestBudgets.methodNames.filter { short.hasPrefix($0) }.max { $0.count < $1.count }
                if let whole { throw SettingProblem("\(text) is counted under \(whole)") }
                let hint = NearestWord.find(text, in: names).map { ". Did you mean \($0)?" } ?? ""
                throw SettingProblem(
                    "\(PlainText.jsonString(text)) is not one of \(names.joined(separator: ", "))\(hint)")
            }, show: \.name)
    }
}

extension Settings {
    static let sendsPerSecond = perSecond("sends", 50, "transactions sent")
    static let scriptsPerSecond = perSecond("scripts", 5, "scripts run")
    static let eventQueriesPerSecond = perSecond("event_queries", 30, "queries of events")
    static let otherCallsPerSecond = perSecond("other_calls", 100, "other calls made")
    static let budgets = Setting(
        "flow.budgets",
        .records([NodeBudget.node, NodeBudget.calls, NodeBudget.perSecond, NodeBudget.burst], count: 0...500),
        default: [],
        "budgets of single methods or nodes, such as [{calls: GetAccount, per_second: 20}, {node: grpc://…, calls: scripts, per_second: 50}]; a method that has one is counted apart from the others"
    )

    enum NodeBudget {
        static let node = Setting(
            "node", SettingKind<String>.nonEmptyText.optional, "as flow.nodes or flow.history_nodes have it; none: all")
        static let calls = Setting("calls", .budgetedCalls, "what is counted")
        static let perSecond = Setting("per_second", .number(budgetRange), "so many a second, at most")
        static let burst = Setting(
            "burst", SettingKind<Double>.number(1...1e6).optional,
            "so many at once after a pause; none: those of a second"
        )
    }

    private static let budgetRange = 0.1...1e6

    private static func perSecond(_ name: String, _ limit: Double, _ what: String) -> Setting<Double> {
        Setting(
            "flow.\(name)_per_second", .number(budgetRange), default: limit,
            "\(what) at each node a second, at most; nodes on loopback have no limit. Default: that of public nodes")
    }

    /// A budget of a node that nobody asks would limit nothing, and two of one thing contradict each other.
    @Sendable static func budgetsFitNodes(_ configuration: Configuration) -> [ConfigurationMistake] {
        let published = Wiring.publishedHistory(configuration)?.sporks.flatMap(\.nodes).map { "grpc://\($0)" } ?? []
        let known = Set(
            Wiring.nodeURLs(configuration) + configuration[historyNodes].map { $0[HistoryNode.url] } + published)
        var seen: Set<[String]> = []
        return configuration[budgets].enumerated().compactMap { index, record in
            let (node, calls) = (record[NodeBudget.node], record[NodeBudget.calls].name)
            let problem: String
            if let node, !known.contains(node) {
                problem = "node \(Wiring.nodeName(node)) is not in flow.nodes or flow.history_nodes"
            } else if !seen.insert([node ?? "", calls]).inserted {
                problem = "\(calls) has a budget already\(node.map { " at \(Wiring.nodeName($0))" } ?? "")"
            } else {
                return nil
            }
            return ConfigurationMistake(
                key: budgets.name, "element \(index + 1): \(problem)", origin: configuration.origin(of: budgets))
        }
    }
}
