import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ValueTests {
    /// Sends a value, and reads back both the value and the server's own text for it.
    private func roundTrip<T: PostgresDecodable & Equatable>(
        _ pool: PostgresPool, _ value: PostgresValue, _ type: String, as wanted: T, text: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let row = try await pool.query("select $1::\(type) as v, $1::\(type)::text as t", [value]).one()
        #expect(try row.decode(T.self, "v") == wanted, sourceLocation: sourceLocation)
        if let text { #expect(try row.decode("t") == text, sourceLocation: sourceLocation) }
    }

    @Test func `numbers come back as they went`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            for value in [Int16.min, -1, 0, 1, .max] { try await roundTrip(pool, .int2(value), "int2", as: value) }
            for value in [Int32.min, -1, 0, .max] { try await roundTrip(pool, .int4(value), "int4", as: value) }
            for value in [Int64.min, -1, 0, .max] {
                try await roundTrip(pool, .int8(value), "int8", as: value, text: "\(value)")
                try await roundTrip(pool, .int8(value), "numeric", as: value)
            }
            for value in [0, -0.0, 1.5, -2.25e300, .infinity, .leastNonzeroMagnitude] {
                try await roundTrip(pool, .float8(value), "float8", as: value)
            }
            #expect(try await pool.query("select 'NaN'::float8").one(Double.self).isNaN)
            for value in [true, false] { try await roundTrip(pool, .bool(value), "bool", as: value) }
        }
    }

    @Test func `numeric(20,0) holds every UInt64`() async throws {
        var values: [UInt64] = [0, 1, 9999, 10_000, 10_001, 99_999_999, 100_000_000, 1 << 63, .max - 1, .max]
        for shift in stride(from: 0, to: 64, by: 3) { values += [1 << shift, (1 << shift) &- 1] }
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            values += [power, power - 1, power + 1]
        }
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let rows = try await pool.query(
                "select v::numeric(20,0), v::text from unnest($1::numeric[]) with ordinality as u (v, n) order by n",
                [.numericArray(values)])
            #expect(try rows.map { try $0.decode(UInt64.self, at: 0) } == values)
            #expect(try rows.map { try $0.decode(String.self, at: 1) } == values.map { "\($0)" })
            for value in [UInt64(0), 1 << 63, .max] {
                try await roundTrip(pool, .numeric(value), "numeric", as: value, text: "\(value)")
            }
        }
    }

    @Test(arguments: ["-1", "18446744073709551616", "0.5", "NaN", "1e30", "Infinity"])
    func `a numeric that is no UInt64 is refused`(_ text: String) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let rows = try await pool.query("select $1::numeric as v", [.text(text)])
            #expect { try rows[0].decode(UInt64.self, "v") } throws: { "\($0)".contains("column v") }
        }
    }

    @Test(arguments: [
        "0", "0.00", "-12.50", "1", "0.0001", "0.00001", "123456789012345678901234567890.000000000000000001", "-0.1",
        "10000", "100000000.5", "99999999999999999999", ".5", "+7",
    ])
    func `decimals are read by the server as they were written`(_ text: String) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let row = try await pool.query(
                "select $1::numeric as ours, $2::numeric::text as theirs", [.decimal(text), .text(text)]
            )
            .one()
            #expect(try row.decode(String.self, "ours") == row.decode(String.self, "theirs"))
        }
    }

    @Test(arguments: ["", "-", ".", "1.2.3", "1e5", "12a", " 1", "٣", "--1", "0x10"])
    func `a decimal that is none is refused before it is sent`(_ text: String) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            await #expect(throws: PostgresError.self) { try await pool.query("select $1::numeric", [.decimal(text)]) }
        }
    }

    @Test(arguments: ["", "plain", "zażółć gęślą", "日本語", "👩‍👩‍👧‍👦", "'; drop table t; --", "back\\slash\n\t", "\u{FFFD}"])
    func `text keeps every character`(_ text: String) async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let row = try await pool.query("select $1::text as v, octet_length($1::text) as n", [.text(text)]).one()
            #expect(try row.decode("v") == text)
            #expect(try row.decode(Int.self, "n") == text.utf8.count)
        }
    }

    @Test func `a zero byte in text is refused, and the parameter is named`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            await #expect {
                try await pool.query("select $1::text, $2::text", ["fine", .text("a\0b")])
            } throws: { "\($0)".contains("$2") && "\($0)".contains("zero byte") && !"\($0)".contains("a\0b") }
            await #expect(throws: PostgresError.self) { try await pool.query("select $1", [.textArray(["a\0"])]) }
            await #expect(throws: PostgresError.self) { try await pool.query("select '\0'") }
            await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try await $0.script("select 1;\0") }
            }
            #expect(try await pool.query("select 1").one(Int.self) == 1)
        }
    }

    @Test func `bytes, ids, times and documents come back as they went`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let all = (0...255).map { UInt8($0) }
            try await roundTrip(pool, .bytea(all), "bytea", as: all)
            try await roundTrip(pool, .bytea([]), "bytea", as: [UInt8]())
            let id = UUID()
            try await roundTrip(pool, .uuid(id), "uuid", as: id, text: id.uuidString.lowercased())
            try await roundTrip(pool, .jsonb(#"{"a": [1, null]}"#), "jsonb", as: #"{"a": [1, null]}"#)
            // Microseconds, before and after both epochs.
            for seconds in [0, 946_684_800, -1.5, 1_763_712_000.123456, -62_135_596_800] {
                let date = Date(timeIntervalSince1970: seconds)
                let back: Date = try await pool.query("select $1::timestamptz", [.timestamptz(date)]).one()
                #expect(abs(back.timeIntervalSince(date)) < 0.000_001)
            }
            let text: String = try await pool.query(
                "select to_char($1::timestamptz at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
                [.timestamptz(Date(timeIntervalSince1970: 1_763_712_000.123456))]
            ).one()
            #expect(text == "2025-11-21 08:00:00.123456")
            #expect(
                try await pool.query("select '2025-11-21'::date").one(Date.self)
                    == Date(timeIntervalSince1970: 1_763_683_200))
            await #expect(throws: PostgresError.self) {
                try await pool.query("select 'infinity'::timestamptz").one(Date.self)
            }
            await #expect(throws: PostgresError.self) {
                try await pool.query("select $1", [.timestamptz(.distantFuture.addingTimeInterval(1e18))])
            }
        }
    }

    @Test func `arrays come back as they went, empty and with NULLs too`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let ids = [UUID(), UUID()]
            try await roundTrip(pool, .boolArray([true, false]), "bool[]", as: [true, false])
            try await roundTrip(pool, .int4Array([1, -2]), "int4[]", as: [Int32(1), -2])
            try await roundTrip(pool, .int8Array([.min, .max]), "int8[]", as: [Int64.min, .max])
            try await roundTrip(pool, .float8Array([1.5]), "float8[]", as: [1.5])
            try await roundTrip(pool, .textArray(["a", "", "{,\"}"]), "text[]", as: ["a", "", "{,\"}"])
            try await roundTrip(pool, .textArrayNullable(["a", nil]), "text[]", as: ["a", nil] as [String?])
            try await roundTrip(pool, .byteaArray([[0, 255], []]), "bytea[]", as: [[UInt8(0), 255], []])
            try await roundTrip(pool, .uuidArray(ids), "uuid[]", as: ids)
            try await roundTrip(pool, .numericArray([0, .max]), "numeric[]", as: [UInt64(0), .max])
            try await roundTrip(pool, .jsonbArray(["{}"]), "jsonb[]", as: ["{}"])
            try await roundTrip(pool, .array(of: .int8, [.int8(1), .null]), "int8[]", as: [Int64(1), nil] as [Int64?])
            try await roundTrip(
                pool, .array(of: .numeric, [.numeric(1), .decimal("2.5")]), "numeric[]", as: ["1", "2.5"])
            try await roundTrip(pool, .int8Array([]), "int8[]", as: [Int64]())
            try await roundTrip(pool, .textArray([]), "text[]", as: [String](), text: "{}")
            await #expect(throws: PostgresError.self) {
                try await pool.query("select $1", [.array(of: .int8, [.text("a")])])
            }
            await #expect(throws: PostgresError.self) {
                try await pool.query("select array[[1,2],[3,4]]").one([Int].self)
            }
            await #expect(throws: PostgresError.self) { try await pool.query("select array[1,null]").one([Int].self) }
        }
    }

    @Test func `NULL is nil, and an error for what is not optional`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let row = try await pool.query(
                "select $1::int8 as a, $2::text as b, $3::bytea as c, null as d", [nil, nil, .null]
            ).one()
            #expect(try row.decode(Int?.self, "a") == nil)
            #expect(try row.decode(String?.self, "b") == nil)
            #expect(try row.decode([UInt8]?.self, "c") == nil)
            #expect(try row.isNull("d"))
            #expect { try row.decode(Int.self, "a") } throws: { "\($0)".contains("column a is NULL") }
            #expect { try row.decode(Int.self, "x") } throws: { "\($0)".contains("no column x") }
            #expect(
                try await pool.query("select $1::int8", [.optional(7 as Int64?, PostgresValue.int8)]).one(Int?.self)
                    == 7)
        }
    }

    @Test func `a value of another type or out of range is refused, never truncated`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let row = try await pool.query("select 'a'::text as t, 70000 as i, -1::int8 as n, true as b").one()
            #expect(throws: PostgresError.self) { try row.decode(Int.self, "t") }
            #expect(throws: PostgresError.self) { try row.decode(Int16.self, "i") }
            #expect(throws: PostgresError.self) { try row.decode(UInt64.self, "n") }
            #expect(throws: PostgresError.self) { try row.decode(Bool.self, "i") }
            #expect(throws: PostgresError.self) { try row.decode([UInt8].self, "t") }
            #expect(throws: PostgresError.self) { try row.decode(UUID.self, "b") }
            #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 4) }
            #expect(try row.decode(String.self, "i") == "70000")
        }
    }

    @Test func `untyped text fits enums, json and times`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create type mood as enum ('sad', 'happy')")
            try await pool.query("create table t (m mood, j jsonb, at timestamptz, n numeric(20,0))")
            try await pool.query(
                "insert into t values ($1, $2, $3, $4)",
                ["happy", "{}", "2025-11-21T08:00:00Z", "18446744073709551615"])
            let row = try await pool.query("select * from t where m = $1", ["happy"]).one()
            #expect(try row.decode("m") == "happy")
            #expect(try row.decode(UInt64.self, "n") == .max)
        }
    }

    @Test func `too many parameters are refused with a way out`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            await #expect {
                try await pool.query("select 1", Array(repeating: .int8(1), count: 65536))
            } throws: { "\($0)".contains("65535") && "\($0)".contains("unnest") }
        }
    }

    @Test func `an answer of many megabytes arrives whole`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let big = [UInt8]((0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            #expect(try await pool.query("select $1::bytea", [.bytea(big)]).one([UInt8].self) == big)
            let rows = try await pool.query("select g, repeat('x', 100) from generate_series(1, 50000) g")
            #expect(rows.count == 50000)
            #expect(try rows[49999].decode(Int.self, at: 0) == 50000)
        }
    }
}
