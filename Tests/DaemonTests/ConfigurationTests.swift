import Secrets
import Testing

@testable import Daemon

private enum Mode: String, CaseIterable { case ingest, submit, serve }

private enum Keys {
    static let listen = Setting(
        "listen", .address, default: .tcp(host: "127.0.0.1", port: 8080), "Where the API listens.")
    static let url = Setting("database.url", .nonEmptyText, secret: true, "Postgres.")
    static let poolSize = Setting("database.pool_size", .integer(1...100), default: 8, "Connections.")
    static let grace = Setting(
        "grace_period", .duration(.zero ... .seconds(600)), default: .seconds(30), "Time to stop.")
    static let body = Setting("limits.body", .size(1...(1 << 30)), default: 1 << 20, "Largest body.")
    static let roles = Setting("roles", .list(of: SettingKind<Mode>.choice), default: Mode.allCases, "What it does.")
    static let contract = Setting("contract", SettingKind.text.optional, "Optional.")
    static let nodeURL = Setting("url", .url(schemes: ["grpc", "https"]), "Node.")
    static let nodeFrom = Setting("from", .integer(0...Int.max), default: 0, "First height.")
    static let nodes = Setting("nodes", .records([nodeURL, nodeFrom]), default: [], "Access nodes.")

    static let table = ConfigurationTable(
        [listen, url, poolSize, grace, body, roles, contract, nodes], otherVariables: ["WEIR_SHARED"],
        checks: [
            ConfigurationCheck(reading: [poolSize]) { configuration in
                configuration[poolSize] == 13 ? [.init(key: "database.pool_size", "13 brings bad luck")] : []
            }
        ])
}

private func mistakes(
    _ file: String, environment: ProcessEnvironment = ["WEIR_DATABASE_URL": "x"],
    flags: [(name: String, value: String)] = []
) -> [String] {
    do {
        _ = try Keys.table.load(file: ("weir.yaml", file), environment: environment, flags: flags)
        return []
    } catch let error as ConfigurationError { return error.mistakes.map(\.description) } catch { return ["\(error)"] }
}

struct ConfigurationTests {
    @Test func `flags win over the environment, which wins over the file, which wins over defaults`() throws {
        let file = """
            listen: 0.0.0.0:1
            database:
              url: from-file
              pool_size: 1
            grace_period: 1m
            """
        let configuration = try Keys.table.load(
            file: ("weir.yaml", file),
            environment: ["WEIR_LISTEN": "0.0.0.0:2", "WEIR_DATABASE_POOL_SIZE": "2", "HOME": "/"],
            flags: [("listen", "0.0.0.0:3")])
        #expect(configuration[Keys.listen] == .tcp(host: "0.0.0.0", port: 3))
        #expect(configuration[Keys.poolSize] == 2)
        #expect(configuration[Keys.grace] == .seconds(60))
        #expect(configuration[Keys.body] == 1 << 20)
        #expect(configuration[Keys.contract] == nil)
        #expect(configuration.origin(of: Keys.listen) == .flag("--listen"))
        #expect(configuration.origin(of: Keys.poolSize) == .environment("WEIR_DATABASE_POOL_SIZE"))
        #expect(configuration.origin(of: Keys.grace) == .file("weir.yaml", line: 5))
        #expect(configuration.origin(of: Keys.body) == .default)
    }

    @Test func `every mistake is named at once, with its place and the remedy`() {
        let found = mistakes(
            """
            listen: nowhere
            databas:
              pool_size: 4
            database:
              pool_size: 400
              poolsize: 4
            grace_period: 30
            """, environment: ["WEIR_LIMITS_BODY": "big", "WEIR_ROLE": "serve", "WEIR_SHARED": "/x"],
            flags: [("role", "x"), ("roles", "serve,surf")])
        #expect(
            found == [
                "weir.yaml:1: listen: expected host:port or unix:/path, found \"nowhere\"",
                "weir.yaml:2: databas: unknown key",
                "weir.yaml:5: database.pool_size: 400 is out of range 1…100",
                "weir.yaml:6: database.poolsize: unknown key. Did you mean database.pool_size?",
                "weir.yaml:7: grace_period: 30 needs a unit, such as 30s or 30ms",
                "WEIR_LIMITS_BODY: limits.body: expected a size such as 64KiB, found \"big\"",
                "WEIR_ROLE: WEIR_ROLE is not a setting. Did you mean WEIR_ROLES?",
                "--role: --role is not a setting. Did you mean --roles?",
                "--roles: roles: element 2: \"surf\" is not one of ingest, submit, serve",
                "database.url: must be set: text that is not empty; set WEIR_DATABASE_URL or put it into the file",
            ])
    }

    @Test(arguments: [
        ("a: [1", "weir.yaml:2: did not find"), ("- 1", "expected keys and values, found a list"),
        ("listen: a:1\nlisten: b:2", "listen is already set on line 1"), ("listen: *x", ""),
        ("contract: &a x\nlisten: *a", "aliases"), ("--- {}\n--- {}", "only one document"),
        ("[a]: b", "a key must be text"),
        ("database: 5", "expected a group of keys, found a single value"), ("listen: {a: b}", "found a group of keys"),
        ("listen: [a]", "found a list"), ("roles: {a: b}", "expected a list, found a group of keys"),
        ("listen: \u{1}", "weir.yaml:1"), (String(repeating: "[", count: 1000), "nested too deeply"),
        ("database_pool_size: 4", ""), ("pool_size: 4", "Did you mean database.pool_size?"),
        ("nodes: [{url: grpc://a:1, form: 3}]", "form is not a field here. Did you mean from?"),
        ("nodes:\n  - url: grpc://a:1\n  - from: 3", "weir.yaml:3: nodes: element 2: url is missing"),
        ("nodes:\n  - url: ftp://a", "element 1: url: expected grpc://… or https://…"),
        ("contract: |\n  a\n b: c\n - x", "weir.yaml"),
    ])
    func `a broken file is a mistake that says where`(file: String, says: String) {
        let found = mistakes(file)
        #expect(!found.isEmpty)
        #expect(found.contains { $0.contains(says) }, "\(found)")
    }

    @Test func `an empty file, comments and nulls leave the defaults`() {
        #expect(mistakes("").isEmpty)
        #expect(mistakes("# nothing\n").isEmpty)
        #expect(mistakes("listen:\ndatabase: ~\ngrace_period: null\n").isEmpty)
    }

    @Test func `what must hold between keys is checked last`() {
        #expect(mistakes("database: {pool_size: 13}") == ["database.pool_size: 13 brings bad luck"])
        #expect(mistakes("database: {pool_size: 13}\nlisten: x").count == 2)
        #expect(mistakes("database: {pool_size: x}").count == 1)
    }

    @Test func `lists and records come from the file, the environment and flags alike`() throws {
        let file = "roles: [ingest, serve]\nnodes:\n  - {url: 'grpc://a:9000', from: 5}\n  - url: https://b\n"
        let fromFile = try Keys.table.load(file: ("f", file), environment: ["WEIR_DATABASE_URL": "x"])
        let elsewhere = try Keys.table.load(
            environment: [
                "WEIR_DATABASE_URL": "x", "WEIR_NODES": "[{url: 'grpc://a:9000', from: 5}, {url: https://b}]",
            ],
            flags: [("roles", "ingest, serve")])
        for configuration in [fromFile, elsewhere] {
            #expect(configuration[Keys.roles] == [.ingest, .serve])
            #expect(configuration[Keys.nodes].map { $0[Keys.nodeURL] } == ["grpc://a:9000", "https://b"])
            #expect(configuration[Keys.nodes].map { $0[Keys.nodeFrom] } == [5, 0])
        }
    }

    @Test func `secrets are never printed, not even wrong ones`() throws {
        let table = ConfigurationTable([
            Setting("key", .integer(1...9), secret: true, "A secret number."),
            Setting("name", .text, default: "", "Plain."),
        ])
        let configuration = try table.load(environment: ["WEIR_KEY": "7", "WEIR_NAME": "a\nname = forged"])
        let text = configuration.effectiveText()
        #expect(text.contains("key = ***"))
        #expect(!text.contains("7"))
        #expect(text.split(separator: "\n").count == 2)
        let wrong = #expect(throws: ConfigurationError.self) { try table.load(environment: ["WEIR_KEY": "hunter2"]) }
        #expect(wrong?.description.contains("hunter2") == false)
    }

    @Test func `a secret may come from a file, and a file that is not there is a mistake`() throws {
        let configuration = try Keys.table.load(environment: ["WEIR_DATABASE_URL_FILE": "/run/secret"]) { path in
            SecretBytes(copying: Array(path == "/run/secret" ? "postgres://u:p@h/d\n".utf8 : "".utf8))
        }
        #expect(configuration[Keys.url] == "postgres://u:p@h/d")
        let error = #expect(throws: ConfigurationError.self) {
            try Keys.table.load(environment: ["WEIR_DATABASE_URL_FILE": "/nonexistent/secret"])
        }
        #expect(error?.mistakes.count == 1)
        #expect(error?.description.contains("/nonexistent/secret") == true)
    }

    @Test func `the reference names every key, its kind, its default and its other names`() {
        let reference = Keys.table.reference()
        for setting in Keys.table.settings {
            #expect(reference.contains("\n\(setting.name): ") || reference.hasPrefix(setting.name))
        }
        #expect(reference.contains("database.pool_size: a whole number, 1…100; default 8"))
        #expect(reference.contains("WEIR_DATABASE_POOL_SIZE, --database-pool-size"))
        #expect(reference.contains("database.url: text that is not empty; must be set; secret"))
        #expect(reference.contains("limits.body: a size such as 64KiB; default 1MiB"))
    }

    @Test(arguments: [
        ("0", 0.0), ("250ms", 0.25), ("1.5s", 1.5), ("2m", 120), ("1h30m", 5400), ("7d", 604_800), ("10us", 1e-5),
        ("1µs", 1e-6),
        ("1m0.5s", 60.5),
    ])
    func `durations are read`(text: String, seconds: Double) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(abs(duration.seconds - seconds) < 1e-9)
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "5x", "-5s", "1.s", "1..5s", "5 s", "99999999999999999999s", "200000000d", "٣s", "1e3s",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func `sizes are read and written`() {
        for (text, bytes) in [
            ("512", 512), ("64KiB", 65536), ("10MB", 10_000_000), ("1.5GiB", 1_610_612_736), ("0", 0), ("1b", 1),
        ] {
            #expect(SizeText.parse(text) == bytes)
            #expect(SizeText.parse(SizeText.format(bytes)) == bytes)
        }
        for text in ["", "KiB", "-1", "1.5", "9999999999GiB", "1e400MB", "nanMB", "infKiB"] {
            #expect(SizeText.parse(text) == nil)
        }
    }

    @Test func `addresses are read and written`() {
        #expect(SocketAddress("[::1]:80") == .tcp(host: "::1", port: 80))
        #expect(SocketAddress(":80") == .tcp(host: "0.0.0.0", port: 80))
        #expect(SocketAddress("unix:/tmp/s") == .unix(path: "/tmp/s"))
        for text in ["[::1]:80", "a.b:1", "unix:/tmp/s"] { #expect(SocketAddress(text)?.description == text) }
        for text in [
            "", "a", "a:", "a:65536", "a:-1", "::1:80", "unix:", "unix:rel", "http://a:80", "a b:1", "[a]:1",
            "unix:/" + String(repeating: "x", count: 107),
        ] {
            #expect(SocketAddress(text) == nil, "\(text)")
        }
    }

    @Test func `the nearest word is found, and nothing far`() {
        #expect(NearestWord.find("relpay", in: ["run", "replay", "status"]) == "replay")
        #expect(NearestWord.find("stats", in: ["run", "replay", "status"]) == "status")
        #expect(NearestWord.find("explode", in: ["run", "replay", "status"]) == nil)
        #expect(NearestWord.find("", in: ["run"]) == nil)
    }
}
