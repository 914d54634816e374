import Postgres
import Schema
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct MigratorTests {
    private static let first = Migration(
        version: 1, name: "animals",
        up: "create table animals (name text primary key); insert into animals values ('otter')",
        down: Migration.refuseToLose("animals") + "drop table animals")
    private static let second = Migration(
        version: 2, name: "legs", up: "alter table animals add legs int4 not null default 4",
        down: "alter table animals drop legs")

    private func withPool(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestPostgres.withDatabase(migrated: false, adjust: { $0.schema = "zoo" }, body)
    }

    @Test func `the program's own history goes up, down and up again`() async throws {
        try await withPool { pool async throws in
            #expect(try await Schema.migrator.migrate(on: pool) == Schema.migrations)
            try await Schema.migrator.verify(on: pool)
            #expect(try await Schema.migrator.migrate(on: pool).isEmpty)
            #expect(try await Schema.migrator.rollback(on: pool, to: 0) == Schema.migrations.reversed())
            let left = try await pool.query(
                "select relname from pg_class where relnamespace = 'zoo'::regnamespace and relname not like 'schema_migrations%'"
            )
            #expect(try left.map { try $0.decode(String.self, at: 0) } == [], "down leaves nothing behind")
            let functions = try await pool.query("select proname from pg_proc where pronamespace = 'zoo'::regnamespace")
            #expect(try functions.map { try $0.decode(String.self, at: 0) } == [], "down leaves nothing behind")
            #expect(try await Schema.migrator.migrate(on: pool) == Schema.migrations)
        }
    }

    @Test func `what is pending is applied, in order, into the schema asked for`() async throws {
        try await withPool { pool async throws in
            let migrator = Migrator(migrations: [Self.first])
            #expect(try await migrator.status(on: pool).map(\.state) == [.pending])
            let error = try await #require(throws: PostgresError.self) { try await migrator.verify(on: pool) }
            #expect("\(error)".contains("1 animals") && "\(error)".contains("weir migrate"))
            #expect(try await migrator.migrate(on: pool) == [Self.first])
            let both = Migrator(migrations: [Self.first, Self.second])
            #expect(try await both.status(on: pool).map(\.state) == [.applied, .pending])
            #expect(try await both.migrate(on: pool) == [Self.second])
            try await both.verify(on: pool)
            #expect(try await pool.query("select legs from zoo.animals").one(Int.self) == 4)
            #expect(try await both.status(on: pool).allSatisfy { $0.appliedAt != nil })
        }
    }

    @Test func `a migration that fails leaves nothing of itself, and the ones before it stay`() async throws {
        try await withPool { pool async throws in
            let broken = Migration(version: 2, name: "broken", up: "create table half (); select 1/0", down: "")
            let error = try await #require(throws: PostgresError.self) {
                try await Migrator(migrations: [Self.first, broken]).migrate(on: pool)
            }
            #expect("\(error)".contains("2 broken"))
            #expect(
                try await pool.query(
                    "select to_regclass('zoo.half') is null and to_regclass('zoo.animals') is not null"
                ).one(Bool.self))
            #expect(try await Migrator(migrations: [Self.first, Self.second]).migrate(on: pool) == [Self.second])
        }
    }

    @Test func `eight processes that start at once apply each step once`() async throws {
        try await withPool { pool async throws in
            let migrator = Migrator(migrations: [Self.first, Self.second])
            let done = try await withThrowingTaskGroup(of: [Migration].self) { group in
                for _ in 0..<8 { group.addTask { try await migrator.migrate(on: pool) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(done.map(\.version).sorted() == [1, 2])
            try await migrator.verify(on: pool)
        }
    }

    @Test func `an edited migration is said plainly, and nothing is done`() async throws {
        try await withPool { pool async throws in
            _ = try await Migrator(migrations: [Self.first]).migrate(on: pool)
            var edited = Self.first
            edited.up += " -- better"
            let migrator = Migrator(migrations: [edited, Self.second])
            for action in [
                migrator.migrate(on:),
                {
                    try await migrator.verify(on: $0); return []
                },
            ] {
                let error = try await #require(throws: PostgresError.self) { _ = try await action(pool) }
                #expect(error.code == .schema && "\(error)".contains("1 animals"))
            }
            #expect(try await migrator.status(on: pool).map(\.state) == [.changed, .pending])
        }
    }

    @Test func `a database from a newer program stops an older one`() async throws {
        try await withPool { pool async throws in
            _ = try await Migrator(migrations: [Self.first, Self.second]).migrate(on: pool)
            let older = Migrator(migrations: [Self.first])
            let error = try await #require(throws: PostgresError.self) { try await older.verify(on: pool) }
            #expect("\(error)".contains("2 legs") && "\(error)".contains("does not know"))
            await #expect(throws: PostgresError.self) { try await older.migrate(on: pool) }
            await #expect(throws: PostgresError.self) { try await older.rollback(on: pool, to: 0) }
            #expect(try await older.status(on: pool).map(\.state) == [.applied, .unknown])
        }
    }

    @Test func `a step back that would lose data raises, and stays`() async throws {
        try await withPool { pool async throws in
            let migrator = Migrator(migrations: [Self.first, Self.second])
            #expect(try await migrator.rollback(on: pool, to: 0).isEmpty)
            _ = try await migrator.migrate(on: pool)
            let error = try await #require(throws: PostgresError.self) { try await migrator.rollback(on: pool, to: 0) }
            #expect("\(error)".contains("table animals holds rows") && "\(error)".contains("undoing 1 animals"))
            #expect(try await migrator.status(on: pool).map(\.state) == [.applied, .pending])
            try await pool.query("delete from zoo.animals")
            #expect(try await migrator.rollback(on: pool, to: 0) == [Self.first])
            #expect(try await migrator.status(on: pool).map(\.state) == [.pending, .pending])
        }
    }

    @Test func `schemas of one database do not know of each other`() async throws {
        try await withPool { pool async throws in
            _ = try await Migrator(migrations: [Self.first]).migrate(on: pool)
            let other = Migrator(migrations: [Self.first], schema: "other zoo")
            #expect(try await other.status(on: pool).map(\.state) == [.pending])
            #expect(try await other.migrate(on: pool).count == 1)
            #expect(try await pool.query("select count(*) from \"other zoo\".animals").one(Int.self) == 1)
        }
    }
}
