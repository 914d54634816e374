import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test func `a statement with parameters answers rows`() async throws {
        try await TestPostgres.withDatabase { pool in
            let rows = try await pool.query("select $1::int8 as a, $2 as b", [7, "seven"])
            #expect(rows.columns == ["a", "b"])
            #expect(try rows[0].decode(Int.self, "a") == 7)
            #expect(try rows[0].decode("b") == "seven")
        }
    }

    @Test func `a body that throws is rolled back`() async throws {
        struct Stop: Error {}
        try await TestPostgres.withDatabase { pool in
            try await pool.query("create table t (a int8 primary key)")
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { connection in
                    #expect(try await connection.execute("insert into t values ($1)", [1]) == 1)
                    throw Stop()
                }
            }
            #expect(try await pool.query("select count(*) from t").one(Int.self) == 0)
        }
    }
}
