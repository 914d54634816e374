import Daemon
import Encoding
import Foundation
import Glibc
import HTTP
import PlatformBridge
import Postgres
import Synchronization
import TestSupport
import Testing

/// examples/django, as a platform would run it: a real Django on a real Postgres, a real control port, webhooks over real
/// sockets. The chain's part is played by the tables.
@Suite(.timeLimit(.minutes(2))) struct DjangoTests {
    static let folder = Fixtures.root.appendingPathComponent("examples/django").path
    static let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    static let brand = "7kX9mPqR2sTvWxYzA3bCdE"

    @Test(.enabled(if: Peers.python != nil, "no .build-venv: run scripts/peers"))
    func `a Django project enqueues in its own transaction, hears of the end, and turns the crons on`() async throws {
        let role = "django_\(UInt32.random(in: 0...UInt32.max))"
        try await TestPostgres.withDatabase { pool in
            let door = Door(pool: pool, allowsPrivateWebhooks: true)
            try await pool.execute("create role \(role) login")
            try await pool.execute("grant create, usage on schema public to \(role)")
            let isGranted = try await TenantRoles(pool: pool).grant(role, tenant: "default")
            #expect(isGranted)

            let server = HTTPServer(address: .tcp(host: "127.0.0.1", port: 0), logger: .silent, handler: door.handler)
            try await server.start()
            let intake = Intake(pool: pool, operations: door.operations, planner: door.planner, logger: .silent)
            try await intake.publishSchemas()
            let sender = WebhookSender(pool: pool, allowsPrivate: true, metrics: Metrics(), logger: .silent)
            let services = [intake.service(), sender] as [any Service]
            let tasks = services.map { service in Task { try await service.run() } }
            let port = try freePort()
            let environment = environment(pool, role, server.port)
            let django = Django(environment: environment)

            try await django.manage("migrate", "--run-syncdb", "--verbosity", "0")
            let site = try django.start("runserver", "--noreload", "127.0.0.1:\(port)")
            defer { kill(site.processIdentifier, SIGKILL) }
            try await answering(port)
            let made = try await door.send(
                "POST", "/v1/webhooks",
                ["url": JSON("http://127.0.0.1:\(port)/weir/webhook"), "secret": JSON(Self.secret)])
            #expect(made.status == 201)

            let said = try await django.python(
                """
                from django.db import IntegrityError, transaction
                from shop.models import Brand
                from weir_link.door import blockchain_transaction
                brand = Brand.objects.create(id="\(Self.brand)", name="Café Nova")
                try:
                    with transaction.atomic():
                        brand.approve()
                        raise RuntimeError("something else went wrong")
                except RuntimeError:
                    brand.refresh_from_db()
                print("after the rollback:", brand.status)
                try:
                    blockchain_transaction("create_brand", {"name": "x"}, key="wrong")
                except IntegrityError as error:
                    print("refused:", str(error).splitlines()[0])
                brand.approve()
                print("approving:", brand.status)
                """)
            #expect(
                said == "after the rollback: 0\nrefused: payload.brand_id is required\napproving: 1\n",
                Comment(rawValue: said))

            // The chain's part.
            while try await pool.query("select from operations").isEmpty {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await pool.query("select from operations").count == 1, "what was rolled back was never asked")
            try await pool.execute(
                """
                update operations set state = 'finished', outcome = 'done', items_done = 1, finished_at = now()
                """)
            let status = "select status from public.shop_brand"
            while try await pool.query(status).one().decode(Int.self, "status") != 2 {
                try await Task.sleep(for: .milliseconds(20))
            }
            // Told again, it is only acknowledged.
            let endpoint = made.json["id"]?.string ?? ""
            let seen = try await pool.query("select count(*) as n from public.weir_link_seenmessage").one().decode(
                Int.self, "n")
            _ = try await door.send("POST", "/v1/webhooks/\(endpoint)/replay", ["from": 0, "through": 1000])
            while try await pool.query("select from webhook_deliveries where state <> 'delivered'").isEmpty == false {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(
                try await pool.query("select count(*) as n from public.weir_link_seenmessage").one().decode(
                    Int.self, "n")
                    == seen)

            let crons = try await django.manage("weir_crons", "on")
            #expect(crons.split(separator: "\n").count == 5 && crons.contains("settle_purchase: next at "))
            #expect(try await pool.query("select from schedules where is_on").count == 5)
            _ = try await django.manage("weir_crons", "off", "signup_reminder")
            #expect(try await pool.query("select from schedules where is_on").count == 4)

            for task in tasks { task.cancel() }
            for task in tasks { try await task.value }
            await server.stop()
            _ = try await TenantRoles(pool: pool).revoke(role)
            kill(site.processIdentifier, SIGKILL)
            try await pool.execute("drop owned by \(role)")
            try await pool.execute("drop role \(role)")
        }
    }

    /// How Django finds the database that the pool is on, and the control port.
    private func environment(_ pool: PostgresPool, _ role: String, _ port: Int) -> [String: String] {
        var found: [String: String] = [:]
        for pair in pool.configuration.connectionString.split(separator: " ") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { found[String(sides[0])] = sides[1].trimmingCharacters(in: ["'"]) }
        }
        return [
            "PGHOST": found["host"] ?? "", "PGPORT": found["port"] ?? "", "PGDATABASE": found["dbname"] ?? "",
            "PGUSER": role, "WEIR_URL": "http://127.0.0.1:\(port)", "WEIR_WEBHOOK_SECRET": Self.secret,
            "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin",
        ]
    }

    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func answering(_ port: Int) async throws {
        let client = HTTPClient()
        while true {
            do {
                _ = try await client.send(HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)/weir/webhook"))
                return
            } catch let error as HTTPError where error.code == .cannotConnect {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}

private struct Django: Sendable {
    var environment: [String: String]

    struct Failed: Error, CustomStringConvertible { var description: String }

    @discardableResult func manage(_ arguments: String...) async throws -> String {
        try await run(["manage.py"] + arguments)
    }

    func python(_ text: String) async throws -> String {
        let setUp = "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\ndjango.setup()\n"
        return try await run(["-c", setUp + text])
    }

    func start(_ arguments: String...) throws -> Process {
        let process = prepared(["manage.py"] + arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func prepared(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = Peers.python
        process.currentDirectoryURL = URL(fileURLWithPath: DjangoTests.folder)
        process.environment = environment
        process.arguments = arguments
        return process
    }

    private func run(_ arguments: [String]) async throws -> String {
        let process = prepared(arguments)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                do {
                    try process.run()
                    let said = try output.fileHandleForReading.readToEnd() ?? Data()
                    let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    guard process.terminationStatus == 0 else {
                        throw Failed(description: String(decoding: complained, as: UTF8.self))
                    }
                    continuation.resume(returning: String(decoding: said, as: UTF8.self))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
