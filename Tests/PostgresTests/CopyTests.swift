import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CopyTests {
    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection {
                try await $0.script(
                    """
                    create type mood as enum ('sad', 'happy');
                    create domain height as int8 check (value >= 0);
                    create table t (h height, small int2, n numeric(20,0), body text, doc jsonb, m mood, raw bytea, at timestamptz,
                        tags text[], "odd ""name" int4)
                    """)
            }
            try await body(pool)
        }
    }

    @Test func `every kind of value arrives, converted where nothing is lost`() async throws {
        try await withTable { pool async throws in
            let now = Date(timeIntervalSince1970: 1_763_712_000.25)
            let copied = try await pool.withConnection { connection async throws in
                try await connection.copyIn(
                    "t", columns: ["h", "small", "n", "body", "doc", "m", "raw", "at", "tags", "odd \"name"],
                    rows: [
                        [
                            .numeric(5), .int8(-3), .numeric(.max), "żółw", "{\"a\": 1}", "happy", .bytea([0, 1]),
                            .timestamptz(now), .textArray(["x"]), 9,
                        ],
                        [
                            .int8(6), .int4(4), .int8(-7), "", .jsonb("[]"), "sad", .bytea([]), .timestamptz(now),
                            .textArray([]), .int2(1),
                        ],
                        [.null, .null, .null, .null, .null, .null, .null, .null, .null, .null],
                    ])
            }
            #expect(copied == 3)
            let rows = try await pool.query("select * from t order by h")
            #expect(try rows[0].decode(Int.self, "h") == 5)
            #expect(try rows[0].decode(UInt64.self, "n") == .max)
            #expect(try rows[0].decode("body") == "żółw")
            #expect(try rows[0].decode("m") == "happy")
            #expect(try rows[0].decode(Date.self, "at") == now)
            #expect(try rows[0].decode(Int.self, "odd \"name") == 9)
            #expect(try rows[1].decode(Int.self, "n") == -7)
            #expect(try rows[1].decode([String].self, "tags") == [])
            #expect(try rows[2].decode(String?.self, "body") == nil)
        }
    }

    @Test func `a hundred thousand rows arrive, and the connection takes statements again`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                let copied = try await connection.copyIn("t", columns: ["h", "raw"]) { writer in
                    let block = [UInt8](repeating: 1, count: 64)
                    for i in 0..<100_000 {
                        try await writer.row { (row) throws(PostgresError) in
                            try row.append(.int8(Int64(i)))
                            try row.append(.bytea(block))
                        }
                    }
                }
                #expect(copied == 100_000)
                #expect(try await connection.query("select sum(h)::int8 from t").one(Int.self) == 4_999_950_000)
                #expect(try await connection.copyIn("t", columns: ["h"], rows: []) == 0)
            }
        }
    }

    @Test func `a body that throws leaves nothing`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                for rows in [0, 10, 100_000] {
                    await #expect(throws: Stop.self) {
                        try await connection.copyIn("t", columns: ["h"]) { writer in
                            for i in 0..<rows { try await writer.write([.int8(Int64(i))]) }
                            throw Stop()
                        }
                    }
                    #expect(try await connection.query("select count(*) from t").one(Int.self) == 0)
                }
            }
            #expect(pool.statistics == .init(open: 1, idle: 1, leased: 0, waiting: 0))
        }
    }

    @Test(arguments: [
        ("small", PostgresValue.int8(70_000)), ("n", .text("1")), ("h", .numeric(.max)), ("m", .int8(1)),
        ("raw", .text("a")),
        ("body", .text("a\0")), ("at", .text("now")), ("tags", .int8Array([1])),
    ])
    func `a value that does not fit is refused, its column is named, and nothing stays`(
        _ column: String, _ value: PostgresValue
    )
        async throws
    {
        try await withTable { pool async throws in
            await #expect {
                try await pool.withConnection {
                    try await $0.copyIn(
                        "t", columns: ["h", column == "h" ? "small" : column],
                        rows: [[1, column == "h" ? .int8(70_000) : value]])
                }
            } throws: { "\($0)".contains(column == "h" ? "small" : column) }
            #expect(try await pool.query("select count(*) from t").one(Int.self) == 0)
        }
    }

    @Test func `what the server refuses is its error, and nothing stays`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                await #expect {
                    try await connection.copyIn("t", columns: ["h"], rows: [[1], [-1], [2]])
                } throws: { PostgresError.integrityViolation ~= $0 }
                await #expect {
                    try await connection.copyIn("t", columns: ["m"], rows: [["angry"]])
                } throws: { PostgresError.dataException ~= $0 && !"\($0)".contains("angry") }
                await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("missing", columns: ["h"], rows: [])
                }
                await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("t", columns: ["missing"], rows: [])
                }
                await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("t", columns: ["h"], rows: [[1, 2]])
                }
                await #expect(throws: PostgresError.self) {
                    try await connection.copyIn("t", columns: ["h", "n"], rows: [[1]])
                }
                #expect(try await connection.query("select count(*) from t").one(Int.self) == 0)
            }
        }
    }

    @Test func `a row that fails half-way leaves the rows before it whole`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                try await connection.copyIn("t", columns: ["h", "small"]) { writer in
                    try await writer.write([1, 1])
                    await #expect(throws: PostgresError.self) { try await writer.write([2, 70_000]) }
                    try await writer.write([3, 3])
                }
                #expect(
                    try await connection.query("select array_agg(h::int8 order by h) from t").one([Int].self) == [1, 3])
            }
        }
    }

    @Test func `a copy that is cancelled leaves nothing, and its connection lives on`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                let (started, signal) = AsyncStream.makeStream(of: Void.self)
                let task = Task {
                    try await connection.copyIn("t", columns: ["h"]) { writer in
                        signal.yield()
                        while true { try await writer.write([1]) }
                    }
                }
                for await _ in started { break }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(try await connection.query("select count(*) from t").one(Int.self) == 0)
            }
        }
    }

    @Test func `a server that goes away in mid-copy is an error, not a hang`() async throws {
        try await withTable { pool async throws in
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection async throws in
                    try await connection.copyIn("t", columns: ["h"]) { writer in
                        try await writer.write([1])
                        try await pool.query("select pg_terminate_backend($1)", [.int4(connection.processID)])
                        while true { try await writer.write([1]) }
                    }
                }
            }
            #expect(try await pool.query("select count(*) from t").one(Int.self) == 0)
        }
    }

    @Test func `copying out gives what COPY says, whole`() async throws {
        try await withTable { pool async throws in
            try await pool.withConnection { connection async throws in
                let messages = try await connection.copyOut("select g::int8 from generate_series(1, 50000) g")
                #expect(messages[0].starts(with: Array("PGCOPY\n".utf8)))
                // A header of 19 bytes, 50,000 rows of 14, a trailer of two.
                let bytes = messages.reduce(0) { $0 + $1.count }
                #expect(bytes == 700_021)
                await #expect(throws: PostgresError.self) { try await connection.copyOut("select 1/0") }
                #expect(try await connection.query("select 1").one(Int.self) == 1)
            }
        }
    }

    @Test(arguments: [0, 1, 999, 1000, 1001, 2500])
    func `batches hand over every row once, in order`(_ count: Int) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                var all: [Int] = []
                try await connection.forEachBatch("select g from generate_series(1, $1::int4) g", [.int4(Int32(count))])
                { rows in
                    #expect(rows.count <= 1000)
                    all += try rows.map { try $0.decode(at: 0) }
                }
                #expect(all == Array(1..<count + 1))
                await #expect(throws: Stop.self) {
                    try await connection.forEachBatch("select 1") { _ in throw Stop() }
                }
                #expect(try await connection.query("select 1").one(Int.self) == 1)
            }
        }
    }
}
