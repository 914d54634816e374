import Daemon
import Devnet
import Encoding
import FlowClient
import FoundationEssentials
import Signer

extension Weir {
    static let devnetCommand = Command(
        "devnet", summary: "the embedded Flow access node alone, on loopback",
        discussion: """
            Speaks the Access API over gRPC, and over HTTP with its websocket topics; checks signatures, weights, sequence
            numbers, reference blocks and expiry as a node does, and runs the project's own transactions and scripts. Prints a
            line for each of its two addresses, the first with the service account's key, and where its private half is. Without
            --journal and --service-key-file that half is printed too: it is a toy chain's, and worth nothing.
            """,
        options: [
            .value("port", "PORT", "where to listen for gRPC; any free port by default"),
            .value("http-port", "PORT", "where to listen for HTTP; any free port by default"),
            .value("block-time", "DURATION", "between blocks, empty ones too (default 250ms)"),
            .value("journal", "PATH", "keep the chain in this file, and go on from it"),
            .value(
                "service-key-file", "PATH",
                "the service account's private key (P-256), as hex or PEM; made where there is none (default: PATH of --journal with .key behind it, or a new key for this run)"
            ),
            .value("height", "HEIGHT", "begin with empty blocks up to this height"),
            .value(
                "history", "PLAN",
                "begin with a generated history, such as tokens=1000000,transfers=10000000,per-block=100,wallets=10000,seed=7: events and no state"
            ),
            .value(
                "scenario", "NAME|FILE",
                "what goes wrong and when: one of `weir devnet scenarios`, or a YAML file"),
            .value("speed", "FACTOR", "how much faster than the clock the chain's time goes, 1 to 10000 (default 1)"),
            .value("siblings", "COUNT", "more nodes over the same chain, each with faults of its own (default 0)"),
            .value("seed", "NUMBER", "of what faults leave to chance (default 1)"),
            .value("admin-port", "PORT", "where to listen for faults at run time (docs/devnet.md); nowhere by default"),
            .value(
                "expiry", "BLOCKS", "blocks after its reference block in which a transaction is taken (default 600)"),
            .value("seal-lag", "BLOCKS", "how far the sealed head is behind the finalized one (default 0)"),
            .value("maximum-computation", "UNITS", "the highest computation limit of a transaction (default 9999)"),
            .value("fees", "SCHEDULE", "take fees, with their events: emulator, flip351 or before351"),
            .value("surge-factor", "FACTOR", "what fees are multiplied by (default 1)"),
            .value("weights", "NAME", "what computation weighs: flip346 (default) or flip370, some five times as much"),
            .flag("least-balance", "a payer with less than the least balance has nothing executed (1118)"),
            .value(
                "as", "NODE", "whose manners it has where they differ: emulator (default) or public-node"),
            .flag("public-node", "the same as --as public-node"),
        ],
        examples: [
            .init(
                "weir devnet --journal chain.log",
                "a chain that goes on where it was; the service key is in chain.log.key"),
            .init("weir devnet --port 3569 --http-port 8888 --block-time 1s", "where the real emulator would be"),
            .init(
                "weir devnet --admin-port 8889 --least-balance",
                "things can go wrong: curl -X PUT …/admin/faults -d '{…}'"),
            .init(
                "weir devnet --scenario 2025-12-27 --block-time 1s --speed 600",
                "the worst day of a year, each ten minutes of it in a second"),
            .init(
                "weir devnet --fees flip351 --weights flip370 --surge-factor 3", "what things cost on a busy network"),
        ]
    ) { try await runDevnet($0) }

    private static func runDevnet(_ context: CommandContext) async throws {
        let keyFile = context.option("service-key-file") ?? context.option("journal").map { $0 + ".key" }
        let service = try keyFile.map { try serviceKey(in: $0) } ?? PrivateKey.generate(.ecdsaP256)
        let scenario = try context.option("scenario").map { try readScenario($0) }
        let speed = try context.option("speed").map { try number($0, "--speed", in: 1...10_000) } ?? 1
        let blockTime = try context.option("block-time", as: .duration(.milliseconds(1) ... .seconds(3600)))
        var configuration = DevnetConfiguration(
            servicePublicKey: service.publicKey, blockMaking: .paced((blockTime ?? .milliseconds(250)) / speed))
        let time = ScaledClock(speed: speed)
        configuration.now = { time.now }
        configuration.journalPath = context.option("journal")
        switch context.option("as") {
        case nil, "emulator": configuration.style = context.flag("public-node") ? .publicNode : .emulator
        case "public-node": configuration.style = .publicNode
        case let other?: throw UsageError("--as: \(other) is neither emulator nor public-node")
        }
        let blocks = SettingKind<Int>.integer(0...1_000_000)
        if let expiry = try context.option("expiry", as: .integer(1...1_000_000)) {
            configuration.expiry = UInt64(expiry)
        }
        if let lag = try context.option("seal-lag", as: blocks) { configuration.sealLag = UInt64(lag) }
        if let seed = try context.option("seed", as: .integer(0...Int.max)) { configuration.seed = UInt64(seed) }
        let rules = try readRules(context)
        configuration.rules = rules
        let logger = Logger(sink: StandardErrorLogSink())
        let devnet = try Devnet(
            configuration: configuration, port: try context.option("port", as: .port) ?? 0,
            httpPort: try context.option("http-port", as: .port) ?? 0, logger: logger)
        // A journal goes on by the rules that it had, unless others are asked for.
        if rules != ChainRules() { devnet.node.changeRules { $0 = rules } }
        try prepare(devnet.node, context)
        let port = try devnet.start()
        let httpPort = try await devnet.startHTTP()
        context.print("grpc://127.0.0.1:\(port) service account f8d6e0586b0a20c7, public key \(service.publicKey.hex)")
        context.print("http://127.0.0.1:\(httpPort)/v1")
        if let keyFile {
            context.print("the service account's private key is in \(keyFile)")
        } else {
            let scalar = service.withScalar { Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) }
            context.print(
                "the service account's private key is \(scalar), P-256 with SHA3_256: of this run, worth nothing")
        }
        var services: [any Service] = [devnet]
        let siblings = max(try context.option("siblings", as: .integer(0...16)) ?? 0, scenario?.siblings ?? 0)
        var nodes = [devnet.node]
        for number in 0..<siblings {
            let sibling = Devnet(
                node: devnet.node.sibling(seed: configuration.seed &+ UInt64(number) &+ 1), logger: logger)
            let port = try sibling.start()
            let httpPort = try await sibling.startHTTP()
            context.print("grpc://127.0.0.1:\(port) and http://127.0.0.1:\(httpPort)/v1: sibling \(number + 1)")
            nodes.append(sibling.node)
            services.append(SiblingService(devnet: sibling))
        }
        if let scenario {
            context.print("scenario \(scenario.name): \(scenario.summary)")
            services.append(ScenarioPlayer(scenario, nodes: nodes, speed: speed) { context.print($0) })
        }
        if let adminPort = try context.option("admin-port", as: .port) {
            let admin = AdminPort(
                node: devnet.node, siblings: Array(nodes.dropFirst()), port: adminPort, logger: logger)
            try await admin.start()
            context.print("http://127.0.0.1:\(admin.port ?? adminPort)/admin")
            services.append(admin)
        }
        try await ServiceGroup(services, logger: logger).run()
    }

    /// What stands in the chain before anybody can ask.
    private static func prepare(_ node: DevnetNode, _ context: CommandContext) throws {
        if let text = context.option("history") {
            guard context.option("journal") == nil else {
                throw UsageError("--history: a journal keeps what was executed, and not a generated history")
            }
            let plan: HistoryPlan
            do throws(HistoryPlanError) { plan = try HistoryPlan(text) } catch {
                throw UsageError("--history: \(error)")
            }
            let progress = ProgressReporter("history", total: plan.blocks, unit: "blocks")
            try node.generate(plan) { progress.update(done: $0) }
            progress.finish()
        }
        if let height = try context.option("height", as: .integer(0...100_000_000)) {
            let progress = ProgressReporter("blocks", total: UInt64(height), unit: "blocks")
            while node.finalizedHeight.rawValue < UInt64(height) {
                node.makeBlocks(min(10_000, height - Int(node.finalizedHeight.rawValue)))
                progress.update(done: node.finalizedHeight.rawValue)
            }
            progress.finish()
        }
    }

    private static func readRules(_ context: CommandContext) throws -> ChainRules {
        var rules = ChainRules()
        if let most = try context.option("maximum-computation", as: .integer(1...1_000_000)) {
            rules.maximumComputation = UInt64(most)
        }
        if let name = context.option("fees") {
            guard let fees = FeeSchedule(rawValue: name) else {
                throw UsageError(
                    "--fees: \(name) is none of \(FeeSchedule.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            rules.fees = fees
        }
        if let name = context.option("weights") {
            guard let weights = ExecutionWeights(rawValue: name) else {
                throw UsageError(
                    "--weights: \(name) is none of \(ExecutionWeights.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            rules.weights = weights
        }
        if let text = context.option("surge-factor") {
            rules.surgeFactor = UInt64(try number(text, "--surge-factor", in: 1...1000) * 1e8)
        }
        rules.checksPayerBalance = context.flag("least-balance")
        return rules
    }

    private static func number(_ text: String, _ option: String, in range: ClosedRange<Double>) throws -> Double {
        guard let value = Double(text), range.contains(value) else {
            throw UsageError("\(option): \(text) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// By its name, or from a file.
    private static func readScenario(_ name: String) throws -> Scenario {
        if let shipped = Scenario.shipped(name) { return shipped }
        guard let bytes = FileManager.default.contents(atPath: name) else {
            throw UsageError(
                "--scenario: \(name) is neither one of `weir devnet scenarios` nor a file that can be read")
        }
        do throws(ScenarioError) {
            return try Scenario(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw UsageError("--scenario: \(name): \(error)")
        }
    }

    /// The key that the file holds, or a new one that it holds from now on, in hex.
    private static func serviceKey(in path: String) throws -> PrivateKey {
        if FileManager.default.fileExists(atPath: path) {
            return try PrivateKey.importing(SecretInput.read(path: path), algorithm: .ecdsaP256)
        }
        let key = PrivateKey.generate(.ecdsaP256)
        try KeyFileAccess.write(
            key.withScalar { Array((Hex.encode(UnsafeBufferPointer(start: $0, count: 32)) + "\n").utf8) }, to: path)
        return key
    }
}

/// A sibling's servers: the blocks are the first node's.
private struct SiblingService: Service {
    let devnet: Devnet
    var name: String { "devnet sibling" }
    func run() async throws { try await devnet.serve() }
}
