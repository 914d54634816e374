import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PipelineTests {
    @Test func `answers come in the order of the statements`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.withConnection { connection async throws in
                for _ in 0..<2 {
                    let rows = try await connection.pipeline((0..<1000).map { ("select $1::int8", [.int8(Int64($0))]) })
                    #expect(try rows.map { try $0.one(Int.self) } == Array(0..<1000))
                }
                #expect(try await connection.pipeline([]).isEmpty)
            }
        }
    }

    @Test func `one statement that fails undoes the whole pipeline, and the connection goes on`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int8 primary key)")
            try await pool.withConnection { connection async throws in
                for _ in 0..<3 {
                    let error = try await #require(throws: PostgresError.self) {
                        try await connection.pipeline([
                            ("insert into t values ($1)", [1]), ("insert into t values ($1)", [1]),
                            ("insert into t values ($1), (3)", [2]), ("select * from nowhere", []),
                        ])
                    }
                    #expect(error.sqlState == .uniqueViolation)
                    #expect(try await connection.query("select count(*) from t").one(Int.self) == 0)
                }
                // What was never prepared, because the pipeline was given up before it, is prepared when it is needed.
                try await connection.query("insert into t values ($1), (3)", [2])
                #expect(try await connection.query("select count(*) from t").one(Int.self) == 2)
            }
        }
    }

    @Test func `a pipeline in a transaction is part of it`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            try await pool.query("create table t (a int8)")
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection async throws in
                    let rows = try await connection.pipeline([
                        ("insert into t values (1)", []), ("select a from t", []),
                    ])
                    #expect(rows[0].affected == 1 && rows[1].count == 1)
                    throw Stop()
                }
            }
            #expect(try await pool.query("select count(*) from t").one(Int.self) == 0)
        }
    }

    @Test func `a pipeline larger than every buffer on the way does not lock up`() async throws {
        try await TestPostgres.withDatabase(migrated: false) { pool async throws in
            let block = [UInt8](repeating: 7, count: 100_000)
            let rows = try await pool.withConnection { connection async throws in
                try await connection.pipeline((0..<200).map { _ in ("select $1::bytea", [.bytea(block)]) })
            }
            #expect(rows.count == 200)
            #expect(try rows[199].one([UInt8].self) == block)
        }
    }
}
