import Daemon

/// Brings a database to the schema that the program knows, one step and one transaction at a time.
///
/// Any number of processes may start at once: an advisory lock lets one work while the others wait and then find nothing to
/// do. What is applied is kept in `schema_migrations`, with the SHA-256 of its text.
public struct Migrator: Sendable {
    public let migrations: [Migration]
    /// Nil: the pool's own, or weir.
    public let schema: String?

    /// - Precondition: versions run 1, 2, 3, … without a gap.
    public init(migrations: [Migration], schema: String? = nil) {
        precondition(
            migrations.map(\.version) == Array(1..<migrations.count + 1),
            "migrations are numbered 1, 2, 3, … in order: \(migrations.map(\.version))")
        self.migrations = migrations
        self.schema = schema
    }

    /// Applies what is pending, and returns it.
    /// - Throws: `PostgresError` with code `schema` where the database holds a changed or an unknown step; then nothing is done.
    @discardableResult
    public func migrate(on pool: PostgresPool) async throws -> [Migration] {
        try await withLock(pool) { connection, schema in
            try await prepare(connection, schema)
            let known = try await read(connection)
            try check(known)
            var done: [Migration] = []
            for migration in migrations where !known.contains(where: { $0.version == migration.version }) {
                try await apply(migration, connection, pool)
                done.append(migration)
            }
            return done
        }
    }

    /// Undoes every step above `version`, newest first, and returns what was undone.
    /// - Throws: what a `down` raises to keep data from being lost; that step and those below it stay.
    @discardableResult
    public func rollback(on pool: PostgresPool, to version: Int) async throws -> [Migration] {
        try await withLock(pool) { connection, schema in
            guard try await exists(connection, schema) else { return [] }
            let known = try await read(connection)
            try check(known)
            var undone: [Migration] = []
            for migration in migrations.reversed()
            where migration.version > version && known.contains(where: { $0.version == migration.version }) {
                try await named("undoing \(Self.title(migration))") {
                    try await connection.withTransaction { connection in
                        try await connection.script(migration.down)
                        try await connection.query(Self.delete, [.int4(Int32(migration.version))])
                    }
                }
                pool.logger.info("migration undone", ["migration": Self.title(migration)])
                undone.append(migration)
            }
            return undone
        }
    }

    /// Every step that the program or the database knows, in order.
    public func status(on pool: PostgresPool) async throws -> [MigrationStatus] {
        try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { connection in
            let schema = name(pool)
            try await connection.query("select set_config('search_path', $1, true)", [.text(quotedIdentifier(schema))])
            let known = try await exists(connection, schema) ? try await read(connection) : []
            return compare(known)
        }
    }

    /// For a daemon's start: throws, and says what to do, unless the database is exactly where the program wants it.
    public func verify(on pool: PostgresPool) async throws {
        let all = try await status(on: pool)
        try check(all)
        let pending = all.filter { $0.state == .pending }
        guard pending.isEmpty else {
            throw PostgresError(
                .schema, "the database lacks \(pending.map { "\($0.version) \($0.name)" }.joined(separator: ", "))",
                remedy: "apply it with `weir migrate`", doing: "checking schema \(name(pool))")
        }
    }

    // MARK: Statements

    private static let exists = "select to_regclass($1) is not null"
    private static let create = """
        create table if not exists schema_migrations (
            version integer primary key check (version > 0),
            name text not null,
            checksum text not null,
            applied_at timestamptz not null default now()
        )
        """
    private static let select = """
        select m.version, m.name, m.applied_at::text as applied_at,
            m.checksum = encode(sha256(convert_to(p.up, 'UTF8')), 'hex') as same
        from schema_migrations m
        left join unnest($1::integer[], $2::text[]) as p (version, up) on p.version = m.version
        order by m.version
        """
    private static let insert = """
        insert into schema_migrations (version, name, checksum)
        values ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
        """
    private static let delete = "delete from schema_migrations where version = $1"
    /// The key is "weir" in ASCII and the schema's own number: other schemas do not wait.
    private static let tryLock = "select pg_try_advisory_lock(2003134834, hashtext($1))"
    private static let lock = "select pg_advisory_lock(2003134834, hashtext($1))"

    // MARK: Steps

    private func name(_ pool: PostgresPool) -> String { schema ?? pool.configuration.schema ?? "weir" }

    private static func title(_ migration: Migration) -> String { "\(migration.version) \(migration.name)" }

    /// On a connection of its own: the lock goes with it, whatever happens.
    private func withLock<R>(
        _ pool: PostgresPool, _ body: (PostgresConnection, String) async throws -> R
    ) async throws -> R {
        let schema = name(pool)
        var configuration = pool.configuration
        configuration.schema = schema
        configuration.statementTimeout = nil  // building an index takes what it takes
        configuration.idleTransactionTimeout = nil
        let connection = try await PostgresConnection.connect(configuration, logger: pool.logger)
        defer { connection.close() }
        if try await !connection.query(Self.tryLock, [.text(schema)]).one(Bool.self) {
            pool.logger.info("another process migrates; waiting for it", ["schema": schema])
            try await connection.query(Self.lock, [.text(schema)])
        }
        return try await body(connection, schema)
    }

    private func prepare(_ connection: PostgresConnection, _ schema: String) async throws {
        // Asked first: an account without the right to create schemas may find everything in place.
        let there: Bool = try await connection.query(
            "select exists (select from pg_namespace where nspname = $1)", [.text(schema)]
        ).one()
        if !there { try await connection.query("create schema \(quotedIdentifier(schema))") }
        if try await !exists(connection, schema) { try await connection.query(Self.create) }
    }

    private func exists(_ connection: PostgresConnection, _ schema: String) async throws -> Bool {
        try await connection.query(Self.exists, [.text("\(quotedIdentifier(schema)).schema_migrations")]).one()
    }

    private func read(_ connection: PostgresConnection) async throws -> [MigrationStatus] {
        let parameters: [PostgresValue] = [
            .int4Array(migrations.map { Int32($0.version) }), .textArray(migrations.map(\.up)),
        ]
        return try await connection.query(Self.select, parameters).map { row in
            let same: Bool? = try row.decode("same")
            return MigrationStatus(
                version: try row.decode("version"), name: try row.decode("name"),
                state: same.map { $0 ? .applied : .changed } ?? .unknown, appliedAt: try row.decode("applied_at"))
        }
    }

    private func compare(_ known: [MigrationStatus]) -> [MigrationStatus] {
        let pending = migrations.filter { migration in !known.contains { $0.version == migration.version } }
            .map { MigrationStatus(version: $0.version, name: $0.name, state: .pending, appliedAt: nil) }
        return (known + pending).sorted { $0.version < $1.version }
    }

    private func check(_ all: [MigrationStatus]) throws(PostgresError) {
        if let changed = all.first(where: { $0.state == .changed }) {
            throw PostgresError(
                .schema,
                "migration \(changed.version) \(changed.name) was applied with another text than this program has",
                remedy: "run the program it was applied with; a released migration is never edited")
        }
        if let unknown = all.first(where: { $0.state == .unknown }) {
            throw PostgresError(
                .schema,
                "the database holds migration \(unknown.version) \(unknown.name), which this program does not know: it knows 1 to \(migrations.count)",
                remedy: "run a newer program, or step back with the one that applied it")
        }
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection, _ pool: PostgresPool) async throws {
        try await named("applying \(Self.title(migration))") {
            try await connection.withTransaction { connection in
                try await connection.script(migration.up)
                try await connection.query(
                    Self.insert, [.int4(Int32(migration.version)), .text(migration.name), .text(migration.up)])
            }
        }
        pool.logger.info("migration applied", ["migration": Self.title(migration)])
    }

    private func named(_ doing: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch var error as PostgresError {
            error.doing = doing
            throw error
        }
    }
}
