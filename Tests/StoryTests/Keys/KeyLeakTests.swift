import Daemon
import Devnet
import Encoding
import FlowClient
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Postgres
import Signer
import TestSupport
import Testing

/// The daemon and the commands are run with keys that are known here; then all that they said, wrote and showed to other
/// processes is searched for those keys, however they may be written.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct KeyLeakTests {
    private static func file(_ path: String) -> [UInt8] {
        // FileManager trusts sizes, and those of /proc are zero.
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    @Test func `the search finds a key in every form that it looks for`() {
        let key = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        let forms = SecretForms(key: key)
        #expect(forms.samples.count > 40)
        for sample in forms.samples { #expect(forms.find(in: sample.bytes) != nil, "\(sample.name)") }
        // As libraries and people would write it.
        let base64 = Data([1, 2] + key + [3]).base64EncodedString(options: .lineLength64Characters)
        for text in [
            "\(key)", key.hex.uppercased(), "\\x\(key.hex)", base64, key.map { "\($0)" }.joined(separator: " "),
            "d=\(Data(key).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_"))",
            "\(Data(key.hex.utf8).base64EncodedString())", "\(Data(key) as NSData)",
        ] { #expect(forms.find(in: text) != nil, "\(text)") }
        let other = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 3) }
        for sample in SecretForms(key: other).samples { #expect(forms.find(in: sample.bytes) == nil, "\(sample.name)") }
        let word = SecretForms(word: "correct horse battery staple")
        for sample in word.samples { #expect(word.find(in: sample.bytes) != nil, "\(sample.name)") }
    }

    /// Where the daemon's key comes from.
    enum Source: String, CaseIterable { case configuration, keyFile, environment, credentials }

    /// What must be found nowhere, and what is said where it is.
    private struct Search: Sendable {
        let secrets: [SecretForms]

        func check(_ bytes: [UInt8], _ place: String) {
            for secret in secrets {
                if let form = secret.find(in: bytes) { Issue.record("\(place) shows \(form)") }
            }
        }

        func check(_ text: String, _ place: String) { check(Array(text.utf8), place) }
    }

    private static let token = "control-token-of-the-leak-test"

    @Test(arguments: Source.allCases)
    func `a daemon at debug level shows its key nowhere`(source: Source) async throws {
        let world = try await World.start()
        let search = Search(secrets: [
            SecretForms(key: try #require(Hex.decode(world.platformScalar))),
            SecretForms(word: KeyFolder.passphrase, called: "the passphrase"),
            SecretForms(word: Self.token, called: "the token"),
        ])
        try await withKeyFolder { folder in
            let (environment, options) = try await Self.prepare(source, world, folder)
            let daemon = try await world.daemon(keys: environment, options: options)
            try checkProcess(daemon.process.identifier, search)
            try checkMemory(
                daemon.process.identifier, [world.platformScalar, KeyFolder.passphrase, Self.token])
            try await checkControlPort(daemon.client.base, search)
            // A node that goes away, which is logged at length.
            await world.stop()
            _ = await daemon.process.line(containing: "the sealed head can't be read")
            daemon.process.send(signal: SIGTERM)
            let ended = await daemon.process.end()
            search.check(ended.output + ended.errors, "the log")
            #expect(ended.errors.contains("debug"))
            try await checkDatabase(world.database, search)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where !["pass", "weir-key-payer"].contains(name) {
                search.check(Self.file("\(folder.path)/\(name)"), name)
            }
        }
    }

    private static func prepare(
        _ source: Source, _ world: World, _ folder: KeyFolder
    ) async throws -> (environment: [String: String], options: [String]) {
        var environment = ["WEIR_CONTROL_TOKEN": token]
        var options = ["--log-level", "debug"]
        let text = "ECDSA_P256 SHA3_256 \(world.platformScalar)"
        switch source {
        case .configuration: environment["WEIR_ACCOUNT_PRIVATE_KEY"] = world.platformScalar
        case .keyFile:
            try await folder.succeed(
                ["keys", "import", "payer", "--algorithm", "ECDSA_P256"] + folder.store, input: world.platformScalar)
            environment["WEIR_KEYS_PASSPHRASE"] = KeyFolder.passphrase
            options += ["--keys-store", "file:\(folder.path)/keys"]
        case .environment:
            environment["FLOW_KEY_PAYER"] = text
            options += ["--keys-store", "env"]
        case .credentials:
            try folder.write("weir-key-payer", text)
            environment["CREDENTIALS_DIRECTORY"] = folder.path
            options += ["--keys-store", "credentials"]
        }
        return (environment, options)
    }

    /// What other processes see of it.
    private func checkProcess(_ identifier: Int32, _ search: Search) throws {
        for name in ["cmdline", "environ", "status", "maps", "limits"] {
            let bytes = Self.file("/proc/\(identifier)/\(name)")
            // What is no secret can be read by all; the rest by root alone, for the process forbids it.
            let isOpen = geteuid() == 0 || !["environ", "maps"].contains(name)
            #expect(bytes.isEmpty == !isOpen, "\(name)")
            search.check(bytes, name)
        }
        let limits = String(decoding: Self.file("/proc/\(identifier)/limits"), as: UTF8.self)
        #expect(limits.firstMatch(of: #/Max core file size +0 +0 /#) != nil, "\(limits)")
    }

    /// Texts of secrets lie in memory that is locked and left out of dumps, or are gone. Root alone may look.
    private func checkMemory(_ identifier: Int32, _ texts: [String]) throws {
        guard geteuid() == 0 else { return print("not looked for in memory: only root may read it") }
        let memory = open("/proc/\(identifier)/mem", O_RDONLY)
        try #require(memory >= 0)
        defer { close(memory) }
        // The search sees what does lie there: the command line.
        var seesPlainText = false
        for region in try Self.dumpableRegions(identifier) {
            var bytes = [UInt8](repeating: 0, count: region.count)
            let count = pread(memory, &bytes, region.count, region.lowerBound)
            guard count > 0 else { continue }
            seesPlainText = seesPlainText || Self.contains("--log-level", bytes, count)
            for text in texts {
                #expect(!Self.contains(text, bytes, count), "\(text) lies in memory that a dump would have")
            }
        }
        #expect(seesPlainText)
    }

    /// By the C library's own loops: there are some hundred megabytes.
    private static func contains(_ text: String, _ bytes: [UInt8], _ count: Int) -> Bool {
        let wanted = Array(text.utf8)
        return bytes.withUnsafeBytes { memory in
            var from = 0
            while count - from >= wanted.count,
                let hit = memchr(memory.baseAddress! + from, Int32(wanted[0]), count - from - wanted.count + 1)
            {
                if memcmp(hit, wanted, wanted.count) == 0 { return true }
                from = UnsafeRawPointer(hit) - memory.baseAddress! + 1
            }
            return false
        }
    }

    /// Those that may be written and that the process has not taken out of its dumps (`dd` in smaps).
    private static func dumpableRegions(_ identifier: Int32) throws -> [Range<Int>] {
        var regions: [Range<Int>] = []
        var current: Range<Int>?
        for line in String(decoding: file("/proc/\(identifier)/smaps"), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 1, words[1].utf8.count == 4, let dash = words[0].firstIndex(of: "-") {
                let (start, end) = (
                    Int(words[0][..<dash], radix: 16), Int(words[0][words[0].index(after: dash)...], radix: 16)
                )
                current = words[1].hasPrefix("rw") ? start.flatMap { start in end.map { start..<$0 } } : nil
            } else if words.first == "VmFlags:", let region = current, !words.contains("dd") {
                regions.append(region)
            }
        }
        return regions
    }

    private func checkControlPort(_ base: String, _ search: Search) async throws {
        let control = ControlClient(base: base, token: Self.token)
        let brand: JSON = ["brand_id": "vytxeTZskVKR7C7WgdSP3d", "name": "Nova"]
        let id = try await control.enqueue("create_brand", brand, key: "one")
        let status = try await control.finished(id)
        #expect(status["outcome"]?.string == "done")
        for (method, path, body) in [
            ("GET", "/", ""), ("GET", "/metrics", ""), ("GET", "/healthz", ""), ("GET", "/readyz", ""),
            ("GET", "/openapi.json", ""), ("GET", "/v1/sync", ""), ("GET", "/v1/lanes", ""), ("GET", "/v1/none", ""),
            ("GET", "/v1/operations/x", ""), ("POST", "/v1/operations", "{"), ("POST", "/v1/operations", "{}"),
        ] {
            let answer = try await control.send(method, path, body: Array(body.utf8))
            let headers = answer.headers.map { "\($0.name): \($0.value)\n" }.joined()
            search.check(headers + answer.text, "\(method) \(path)")
        }
    }

    private func checkDatabase(_ database: String, _ search: Search) async throws {
        let pool = PostgresPool(PostgresConfiguration(connectionString: database), logger: .silent)
        defer { pool.close() }
        let tables = try await pool.query(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname = 'weir'"
        ).map { try $0.decode("name") as String }
        #expect(tables.count > 10)
        var count = 0
        for table in tables {
            let rows = try await pool.query("select t::text as line from \(table) t").map {
                try $0.decode("line") as String
            }
            for row in rows { search.check(row, table) }
            count += rows.count
        }
        #expect(count > 10)
    }

    @Test func `no command on keys shows one, whether it works or fails`() async throws {
        let scalar = (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow"
        let search = Search(secrets: [
            SecretForms(key: scalar), SecretForms(word: KeyFolder.passphrase, called: "the passphrase"),
            SecretForms(word: phrase, called: "the phrase"),
            SecretForms(word: "year wave sausage", called: "the phrase"),
        ])
        try await withKeyFolder { folder in
            func run(_ arguments: [String], _ environment: [String: String] = [:], input: String? = nil) async throws {
                let ended = try await folder.weir(arguments, environment: environment, input: input)
                search.check(ended.output + ended.errors, "weir \(arguments.joined(separator: " "))")
            }
            let keyFile = try folder.write("key", scalar.hex)
            let bad = try folder.write("bad", "zz" + scalar.hex.dropFirst(2))
            try folder.write(
                "pem", "-----BEGIN PRIVATE KEY-----\n\(Data(scalar).base64EncodedString())\n-----END PRIVATE KEY-----\n"
            )
            try folder.write(
                "flow.json",
                #"{"accounts": {"a": {"address": "1", "key": "\#(scalar.hex)00"}, "b": {"address": "1", "key": "\#(scalar.hex)"}}}"#
            )
            let curve = ["--algorithm", "ECDSA_P256"]
            let variables = ["FLOW_KEY_PAYER": "ECDSA_P256 SHA3_256 \(scalar.hex)"]
            for arguments in [
                ["keys", "import", "payer", "--from", keyFile] + curve,
                ["keys", "import", "payer", "--from", keyFile] + curve,
                ["keys", "import", "x", "--from", bad] + curve, ["keys", "import", "x", "--from", keyFile],
                ["keys", "import", "x", "--from", "pem"], ["keys", "derive", "x", "--from", keyFile],
                ["keys", "import", "x", "--from", "flow.json", "--account", "a"],
                ["keys", "import", "y", "--from", "flow.json", "--account", "b"],
                ["keys", "import", "x", "--from", "flow.json"] + curve, ["keys", "list"], ["keys", "list", "--json"],
                ["keys", "export-public", "payer", "--json"], ["sign", "payer", "--message", "hello"],
                ["sign", "payer", "--message", "hello", "--json"], ["sign", "none", "--message", "x"],
                ["keys", "rotate", "payer"], ["keys", "rotate", "payer", "--activate", "--unchecked"],
                ["keys", "rotate", "payer", "--send"], ["keys", "remove", "payer"],
            ] {
                try await run(arguments + folder.store)
            }
            try await run(["keys", "derive", "words"] + folder.store, input: phrase)
            try await run(["keys", "derive", "words"] + folder.store, input: phrase)
            try await run(["keys", "derive", "w2"] + folder.store, input: phrase.replacing("yellow", with: "winner"))
            try await run(["keys", "list", "--store", "file:keys", "--passphrase-file", keyFile])
            try await run(["keys", "list", "--store", "env"], variables)
            try await run(["keys", "list", "--store", "env"], ["FLOW_KEY_PAYER": "ECDSA_P256 SHA9 \(scalar.hex)"])
            try await run(
                ["keys", "list", "--store", "env"], ["FLOW_KEY_PAYER": "ECDSA_P256 SHA3_256 \(scalar.hex)00"])
            let configured = ["WEIR_ACCOUNT_PRIVATE_KEY": scalar.hex, "WEIR_KEYS_PASSPHRASE": KeyFolder.passphrase]
            let account = ["--account-address", "179b6b1cb6755e31", "--log-level", "debug"]
            try await run(["config"] + account, configured)
            for broken in [
                ["--database-url", "host=/nonexistent-socket dbname=weir"], ["--flow-network", "nowhere"],
                ["--account-signature-algorithm", "RSA"],
            ] {
                try await run(["run"] + account + broken, configured)
            }
            try await run(["run"] + account, ["WEIR_ACCOUNT_PRIVATE_KEY": scalar.hex + "00"])
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where !["pass", "key", "bad", "pem", "flow.json"].contains(name) {
                search.check(Self.file("\(folder.path)/\(name)"), name)
            }
        }
    }
}
