import Daemon
import Encoding
import FlowClient

/// What the commands on a Flow network share: which nodes are asked, how long they may take, how the answer is printed.
enum FlowOptions {
    static let node = Command.Option.value(
        "node", "URL",
        "whom to ask: grpc://HOST:PORT, grpcs://…, http://… or https://…, several with commas; or mainnet, testnet, emulator. Default: flow.nodes"
    )
    static let network = Command.Option.value(
        "network", "NAME", "mainnet, testnet, emulator or testing: its nodes, and its addresses in flow.json")
    static let config = Command.Option.value("config", "PATH", "the YAML file with flow.nodes and flow.network")
    static let timeout = Command.Option.value(
        "timeout", "DURATION", "how long a node may take for an answer (default 10s)")
    static let json = Command.Option.flag("json", "JSON, one object a line")

    static let connection = [node, network, config, timeout]

    /// The settings in force once the options have been read. A network that is named means that network's own nodes,
    /// whatever the file says.
    /// - Parameter roles: what a daemon of other roles must have is not asked for.
    static func configuration(_ context: CommandContext, roles: String = "serve") throws -> Configuration {
        var flags = [(name: "roles", value: roles)]
        if let path = context.option("config") { flags.append(("config", path)) }
        var network = try context.option("network", as: Settings.network.kind)
        var nodes = network == nil ? nil : ""
        if let text = context.option("node") {
            if FlowJSON.project.networks[text] != nil {
                guard network == nil || network == text else {
                    throw UsageError("--node \(text) and --network \(network ?? "") are two networks")
                }
                (network, nodes) = (text, "")
            } else {
                nodes = try urls(text)
            }
        }
        if let network { flags.append(("flow-network", network)) }
        // Who is named serves all heights that it has: the file's history and budgets are of the file's nodes.
        if let nodes {
            flags += [("flow-nodes", nodes), ("flow-history-nodes", "[]"), ("flow-budgets", "[]")]
            flags.append(("flow-published-history", "false"))
        }
        return try context.loadConfiguration(also: flags)
    }

    /// `host:port` alone means gRPC in cleartext, as public nodes have it.
    private static func urls(_ text: String) throws -> String {
        let networks = FlowJSON.project.networks.keys.sorted()
        if !text.contains(where: { ":,/.".contains($0) }), text != "localhost" {
            let hint = NearestWord.find(text, in: networks).map { ". Did you mean \($0)?" } ?? ""
            throw UsageError(
                "--node: \(PlainText.jsonString(text)) is no address (grpc://HOST:PORT) and no network (\(networks.joined(separator: ", ")))\(hint)"
            )
        }
        let urls = text.split(separator: ",", omittingEmptySubsequences: false).map { url in
            url.contains("://") ? String(url) : "grpc://\(url)"
        }
        let joined = urls.joined(separator: ",")
        do { _ = try Settings.nodes.kind.read(YAMLNode(text: joined)) } catch let problem as SettingProblem {
            throw UsageError("--node: \(problem.message)")
        }
        guard
            urls.allSatisfy({ $0.split(separator: "://", maxSplits: 1).last?.isEmpty == false && !$0.hasSuffix("://") })
        else {
            throw UsageError("--node: \(PlainText.jsonString(text)) names no host")
        }
        return joined
    }
}
